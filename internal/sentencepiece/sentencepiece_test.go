package sentencepiece

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A golden is what SentencePiece 0.2.3 makes of a text.
type golden struct {
	Text   string   `json:"text"`
	Normal string   `json:"normal"`
	Pieces []string `json:"pieces"`
}

// TestGolden has models that SentencePiece trained on text of our own: own has a
// map of characters and user-defined symbols, plain keeps white space, suffix
// marks the ends of words.
func TestGolden(t *testing.T) {
	for _, name := range []string{"own", "plain", "suffix"} {
		m, err := Open(filepath.Join("testdata", name+".model"))
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(filepath.Join("testdata", name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		e, n := m.Encoder(), 0
		for lines := bufio.NewScanner(f); lines.Scan(); n++ {
			var g golden
			if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
				t.Fatal(err)
			}
			if got := m.Normalize(g.Text); got != g.Normal {
				t.Errorf("%s: Normalize(%q) = %q, want %q", name, g.Text, got, g.Normal)
			}
			if got := e.Encode(g.Text); !slices.Equal(got, g.Pieces) {
				t.Errorf("%s: Encode(%q) = %q, want %q", name, g.Text, got, g.Pieces)
			}
		}
		if n < 200 {
			t.Errorf("%s: %d cases", name, n)
		}
	}
}

// TestOracle compares with SentencePiece itself: FEILUN_SENTENCEPIECE names a
// Python that has the package, and FEILUN_SENTENCEPIECE_MODEL a unigram model.
func TestOracle(t *testing.T) {
	python, model := os.Getenv("FEILUN_SENTENCEPIECE"), os.Getenv("FEILUN_SENTENCEPIECE_MODEL")
	if python == "" || model == "" {
		t.Skip("FEILUN_SENTENCEPIECE names no Python with the package sentencepiece, or FEILUN_SENTENCEPIECE_MODEL no model")
	}
	m, err := Open(model)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, filepath.Join("testdata", "oracle.py"), model).Output()
	if err != nil {
		t.Fatal(err)
	}
	e, n := m.Encoder(), 0
	for line := range strings.Lines(string(out)) {
		var g golden
		if err := json.Unmarshal([]byte(line), &g); err != nil {
			t.Fatal(err)
		}
		n++
		if got := m.Normalize(g.Text); got != g.Normal {
			t.Errorf("Normalize(%q) = %q, want %q", g.Text, got, g.Normal)
		}
		if got := e.Encode(g.Text); !slices.Equal(got, g.Pieces) {
			t.Errorf("Encode(%q) = %q, want %q", g.Text, got, g.Pieces)
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d texts equal", n)
}

func TestRefused(t *testing.T) {
	bpe, err := os.ReadFile("testdata/bpe.model")
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile("testdata/own.model")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		bytes      []byte
	}{
		{"bpe", "kind is not unigram", bpe}, {"empty", "no vocabulary", nil}, {"cut", "cut off", own[:len(own)-1]},
		{"text", "cut off", []byte("\\data\\\nngram 1=1\n")},
	} {
		if _, err := Parse(tt.bytes); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, err := Open("testdata/absent.model"); err == nil {
		t.Error("an absent file opens")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"own", "suffix", "bpe"} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".model"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "the <sep>mill 老磨坊")
	}
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		if got, want := strings.Join(m.Encoder().Encode(text), ""), m.Normalize(text); got != want {
			t.Errorf("pieces join to %q, not %q", got, want)
		}
	})
}
