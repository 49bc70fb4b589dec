package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/params"
)

func TestLines(t *testing.T) {
	for _, tt := range []struct{ form, text, want string }{
		{TokensMixed, "", ""},
		{TokensMixed, "Hello, World 123!", "hello|,|world|000|!"},
		{TokensMixed, "我们2024年去A市。\n\n 好 ", "我|们|0000|年|去|a|市|。/好"},
		{TokensMixed, "ＡＢＣ　１２：Ünï e\u0301", "abc|00|:|ünï|e\u0301"},
		{TokensMixed, "ひらカナ한글", "ひ|ら|カ|ナ|한|글"},
		{TokensMixed, "\x00\x7f\xff", "\ufffd"},
		{TokensSpace, " Hello,  World\t!\n我们 去", "Hello,|World|!/我们|去"},
	} {
		var lines []string
		tokens := lineTokens{form: tt.form}
		tokens.lines(tt.text, func(line [][]byte) {
			var words []string
			for _, w := range line {
				words = append(words, string(w))
			}
			lines = append(lines, strings.Join(words, "|"))
		})
		if got := strings.Join(lines, "/"); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.form, tt.text, got, tt.want)
		}
	}
}

// sentence makes text of one of two made-up languages.
func sentence(rng *rand.Rand, good bool) string {
	words := []string{"the", "mill", "stood", "still", "until", "march", "and", "baker", "village", "river", "磨坊", "到", "三月", "都", "没有", "动"}
	var b strings.Builder
	at := rng.IntN(len(words))
	for range 30 + rng.IntN(30) {
		if good {
			at = (at + 1 + rng.IntN(3)) % len(words)
		} else {
			at = rng.IntN(len(words))
		}
		b.WriteString(words[at] + " ")
	}
	return b.String()
}

func twoLanguages(n int) (all []Example) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 2 * n {
		url := fmt.Sprintf("http://h%d.example/%d", i%40, i)
		all = append(all, Example{&feilun.Doc{ID: fmt.Sprint(i), URL: url, Text: sentence(rng, i < n)}, i < n})
	}
	return all
}

func perplexityParams(t *testing.T) (p TrainParams) {
	t.Helper()
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	p.Order = 3
	return p
}

func TestTrainPerplexity(t *testing.T) {
	all := twoLanguages(200)
	m, err := Train(t.Context(), "perplexity", all, perplexityParams(t))
	if err != nil {
		t.Fatal(err)
	}
	if auc := m.Result().HeldOut.AUC.Value; auc < 0.99 {
		t.Errorf("held-out AUC %v on two languages that differ in the order of words", auc)
	}
	file := filepath.Join(t.TempDir(), "model")
	if err := m.Save(file); err != nil {
		t.Fatal(err)
	}
	again, err := Open(file, "")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	other, err := Train(t.Context(), "perplexity", all, perplexityParams(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all[:50] {
		want, _ := m.Perplexity(e.Doc)
		if got, _ := again.Perplexity(e.Doc); got != want {
			t.Errorf("perplexity %v, from the file %v", want, got)
		}
		if got, _ := other.Perplexity(e.Doc); got != want {
			t.Errorf("perplexity %v, trained in another order %v", want, got)
		}
	}
	if r := m.Explain(all[0].Doc, 3); len(r) != 3 {
		t.Errorf("Explain gives %v", r)
	}
	checkPerplexityStep(t, file, all)
}

// checkPerplexityStep holds the step to its parts: of the raw documents 30 %
// are head and 30 % middle.
func checkPerplexityStep(t *testing.T, file string, all []Example) {
	t.Helper()
	kept := map[string]int{}
	raw := 0
	for _, keep := range parts {
		p := New("perplexity").(*Perplexity)
		p.Model, p.Keep = file, []string{keep}
		if err := Prepare(p); err != nil {
			t.Fatal(err)
		}
		j := NewJudge(p)
		for _, e := range all {
			v, verdict := j.Document(e.Doc)
			if !e.Positive && verdict.Kept() {
				kept[keep]++
			}
			if !verdict.Kept() && (verdict.Rule != "keep" || verdict.Value != v || verdict.Note == keep) {
				t.Errorf("%s: verdict %+v of perplexity %v", keep, verdict, v)
			}
		}
	}
	for _, n := range kept {
		raw += n
	}
	if raw != 200 || kept["head"] < 40 || kept["head"] > 80 || kept["middle"] < 40 || kept["middle"] > 80 {
		t.Errorf("raw documents by part: %v", kept)
	}
}

func TestPerplexityOfARPA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lm.arpa")
	text := "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n-1\t<unk>\n-99\t<s>\t-0.5\n-0.5\t</s>\n-0.25\tMill\n\n\\2-grams:\n-0.125\t<s> Mill\n\n\\end\\\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Open(file, "")
	if err != nil {
		t.Fatal(err)
	}
	// two lines: Mill </s>, mill </s>
	want := math.Pow(10, (0.125+0.5+1.5+0.5)/4)
	if got, ok := m.Perplexity(&feilun.Doc{Text: "Mill\nmill\n"}); !ok || math.Abs(got-want) > 1e-4 {
		t.Errorf("perplexity %v, want %v", got, want)
	}
	if got, _ := m.Perplexity(&feilun.Doc{}); got != mostPerplexity {
		t.Errorf("perplexity of nothing: %v", got)
	}
	p := New("perplexity").(*Perplexity)
	p.Model = file
	if err := Prepare(p); err == nil || !strings.Contains(err.Error(), "three parts") {
		t.Errorf("a model without percentiles and a step without limits: %v", err)
	}
}

func BenchmarkPerplexity(b *testing.B) {
	var p TrainParams
	if err := params.Fill(&p); err != nil {
		b.Fatal(err)
	}
	m, err := Train(b.Context(), "perplexity", twoLanguages(500), p)
	if err != nil {
		b.Fatal(err)
	}
	d := &feilun.Doc{}
	for rng := rand.New(rand.NewPCG(5, 6)); len(d.Text) < 2000; {
		d.Text += sentence(rng, true)
	}
	b.SetBytes(int64(len(d.Text)))
	b.ReportAllocs()
	for b.Loop() {
		m.Score(d)
	}
}
