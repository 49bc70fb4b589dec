package fasttext

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// models lists the test models; testdata/generate.sh made them with fastText.
func models(tb testing.TB) []string {
	var all []string
	for _, pattern := range []string{"*.bin", "*.ftz"} {
		names, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, names...)
	}
	if len(all) != 11 {
		tb.Fatalf("%d test models, want 11", len(all))
	}
	return all
}

func read(tb testing.TB, name string) []byte {
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func format(labels []Label) string {
	var parts []string
	for _, l := range labels {
		parts = append(parts, fmt.Sprintf("%s %.6g", l.Name, l.Prob))
	}
	return strings.Join(parts, " ")
}

// TestPredict compares every label and probability, as fastText prints them,
// for all losses, features and kinds of storage.
func TestPredict(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(string(read(t, "testdata/lines.txt")), "\n"), "\n")
	for _, name := range models(t) {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p := m.Predictor()
		base := strings.TrimSuffix(name, filepath.Ext(name))
		for _, tt := range []struct {
			file      string
			k         int
			threshold float32
		}{{".all", 20, 0}, {".two", 2, 0.2}} {
			want := strings.Split(strings.TrimSuffix(string(read(t, base+tt.file)), "\n"), "\n")
			// The command line takes what follows a literal "</s>" for another line: the last line has two answers.
			if len(want) != len(lines)+1 {
				t.Fatalf("%s%s: %d answers, want %d", base, tt.file, len(want), len(lines)+1)
			}
			for i, line := range lines {
				if got := format(p.Predict(line, tt.k, tt.threshold)); got != want[i] {
					t.Errorf("%s: Predict(%q, %d, %v)\n got %s\nwant %s", name, line, tt.k, tt.threshold, got, want[i])
				}
			}
		}
	}
}

// TestHash holds the published vectors of the word hash.
func TestHash(t *testing.T) {
	for word, want := range map[string]uint32{
		"hello": 1335831723, "world": 933488787, "</s>": 3617362777, "世界": 3253334463, "é": 1023043777, "<he": 1133188580,
	} {
		if got := hashBytes([]byte(word)); got != want {
			t.Errorf("hashBytes(%q) = %d, want %d", word, got, want)
		}
	}
}

// TestWordNgrams holds vectors of word n-grams in 2,000,000 buckets.
func TestWordNgrams(t *testing.T) {
	for _, tt := range []struct {
		text string
		n    int32
		want string
	}{
		{"hello world", 2, "[1485020 1298458]"},
		{"hello world", 3, "[1485020 1159053 1298458]"},
		{"你好 世界", 2, "[1756720"},
	} {
		m := &Model{Args: Args{Bucket: 2000000, WordNgrams: tt.n}}
		m.dict.table, m.dict.pruned = newHashTable(0), -1
		p := &Predictor{m: m, f: m.featurizer()}
		p.read(tt.text)
		if got := fmt.Sprint(p.f.rows); !strings.HasPrefix(got, tt.want) {
			t.Errorf("features(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestSaveIsIdentity(t *testing.T) {
	for _, name := range models(t) {
		file := read(t, name)
		m, err := Load(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := m.Save(&out); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), file) {
			t.Errorf("%s: Save wrote %d bytes that differ from the %d read", name, out.Len(), len(file))
		}
	}
}

// TestVersion11 checks that old classifiers have no subwords.
func TestVersion11(t *testing.T) {
	file := read(t, "testdata/hs.bin")
	file[4] = 11
	m, err := Load(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	p := m.Predictor()
	if p.read("unbekannt"); len(p.f.rows) != 1 { // </s> alone
		t.Errorf("features of an unknown word = %v, want those of </s> alone", p.f.rows)
	}
}

func TestAllocs(t *testing.T) {
	for _, name := range models(t) {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p := m.Predictor()
		run := func() { p.Predict("the wheel of the mill 轮子 unbekanntes Wort", -1, 0) }
		if run(); testing.AllocsPerRun(20, run) != 0 {
			t.Errorf("%s: Predict allocates", name)
		}
	}
}

// TestRefused checks that what a file claims and does not hold is refused.
func TestRefused(t *testing.T) {
	file := read(t, "testdata/hs.bin")
	patch := func(at int, b ...byte) []byte {
		out := bytes.Clone(file)
		copy(out[at:], b)
		return out
	}
	for name, in := range map[string][]byte{
		"empty":        {},
		"magic":        patch(0, 1),
		"version":      patch(4, 13),
		"dimension":    patch(8, 255, 255, 255, 127),
		"cbow":         patch(8+7*4, 1),
		"loss":         patch(8+6*4, 9),
		"no buckets":   patch(8+8*4, 0, 0, 0, 0),
		"more buckets": patch(8+8*4, 0, 0, 0, 1),
		"long n-grams": patch(8+10*4, 255, 255, 255, 127),
		"entries":      patch(64, 255, 255, 255, 127),
		"words":        patch(68, 255, 255, 255, 127),
		"pruned":       patch(84, 255, 255, 255, 255, 255, 255, 255, 127),
		"cut":          file[:len(file)-1],
		"NaN":          patch(len(file)-4, 0, 0, 192, 127),
		"infinity":     patch(len(file)-4, 0, 0, 128, 255),
	} {
		if _, err := Load(bytes.NewReader(in), int64(len(in))); err == nil {
			t.Errorf("Load of a model with wrong %s is no error", name)
		} else if name == "cut" && !strings.Contains(err.Error(), "output matrix") {
			t.Errorf("Load of a cut model = %v, want the output matrix named", err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range models(f) {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := Load(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		m.Predict("the wheel 轮子 turns", 3, 0)
		if c, err := m.Collapse(); err == nil {
			c.Predictor().Explain("the wheel 轮子 turns", m.Labels()[0], 3)
		}
		var out bytes.Buffer
		if err := m.Save(&out); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(file, out.Bytes()) {
			t.Fatal("Save wrote other bytes than Load read")
		}
	})
}
