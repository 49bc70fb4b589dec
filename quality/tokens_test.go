package quality

import (
	"slices"
	"strings"
	"testing"

	"feilun/internal/spark"
)

// TestMurmur holds the hash to values of other programs: the published vectors
// of MurmurHash3 need seed 0, so these are HashingTF's own. Spark's manual shows
// ["a","b","c"] with ten features as indices 5, 7, 8 (3.x) and 0, 1, 2 (2.x).
func TestMurmur(t *testing.T) {
	var three, two []int
	for _, s := range []string{"a", "b", "c"} {
		three = append(three, spark.Bucket(spark.Murmur3([]byte(s)), 10))
		two = append(two, spark.Bucket(spark.Murmur3Spark2([]byte(s)), 10))
	}
	slices.Sort(three)
	slices.Sort(two)
	if !slices.Equal(three, []int{5, 7, 8}) || !slices.Equal(two, []int{0, 1, 2}) {
		t.Errorf("indices %v and %v, want [5 7 8] and [0 1 2]", three, two)
	}
	if got := spark.Bucket(spark.Murmur3([]byte("b")), 10); got != 5 {
		t.Errorf(`indexOf("b") = %d, want 5`, got)
	}
}

func tokensOf(v vectorizer, text string) []string {
	var out []string
	newReader(v).read(text, func(token []byte, _ uint32) { out = append(out, string(token)) })
	return out
}

func TestSparkTokens(t *testing.T) {
	v := vectorizer{Form: FormSpark, Features: 1 << 18, Grams: 1}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{""}}, // Java returns the text itself where nothing is split
		{" ", nil},
		{"Hi I heard about Spark", []string{"hi", "i", "heard", "about", "spark"}},
		{" a  B\n\nc \t", []string{"", "a", "", "b", "", "c"}},
		{"ÀÉ ΣΑΣ", []string{"àé", "σας"}},
		{"a\u00a0b\u3000c", []string{"a\u00a0b\u3000c"}}, // \s is ASCII
	} {
		if got := tokensOf(v, tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("tokens of %q = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCharacterTokens(t *testing.T) {
	v := vectorizer{Form: FormCharacters, Features: 1 << 18, Grams: 2}
	want := []string{"我", "爱", "我爱", "go", "语", "言", "语言", "。", "言。", "\n", "。\n", "hi", "\n", "a"}
	if got := tokensOf(v, "我爱Go语言。\n Hi\nA"); !slices.Equal(got, want) {
		t.Errorf("tokens = %q, want %q", got, want)
	}
}

// FuzzFeatures holds the fast paths to the plain one.
func FuzzFeatures(f *testing.F) {
	for _, s := range []string{"", " ", "a  b", "İ Σ x", "我爱𠮷Go语言𠮷野家。\n\nhi\n𠮷\n", "é我\xff我\xe4\xbd", "\xed\xa0\x80我", "⺀a\u2e7f我", strings.Repeat("数据", 9)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, v := range []vectorizer{
			{Form: FormSpark, Features: 1 << 18, Grams: 1}, {Form: FormCharacters, Features: 1 << 18, Grams: 2},
			{Form: FormCharacters, Features: 1 << 10, Grams: 3}, {Form: FormCharacters, Features: 1 << 10, Grams: 1},
		} {
			r := newReader(v)
			got := r.features(nil, text)
			var want []uint32
			r.read(text, func(_ []byte, x uint32) { want = append(want, x) })
			if !slices.Equal(got, want) {
				t.Fatalf("%+v on %q: %v, want %v", v, text, got, want)
			}
		}
	})
}
