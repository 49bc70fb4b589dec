package evaluate

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/model"
)

// TestNotFinite: weights that are no numbers are an error of the first text, and a word that is
// as good as impossible has a perplexity that JSON can hold.
func TestNotFinite(t *testing.T) {
	const from = testModel
	m, err := model.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	for i := range m.W {
		m.W[i] = float32(math.NaN())
	}
	dir := t.TempDir()
	words, err := os.ReadFile(filepath.Join(from, "tokenizer.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "tokenizer.json"), words, 0o666)
	}
	if err == nil {
		err = m.Save(dir, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(dir, 1, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Score(t.Context(), []Request{{"the", " mill"}}); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("Score: %v", err)
	}
	var r Result
	r.words([]Score{{LogProb: -5000, Tokens: 1}, {LogProb: -3000, Tokens: 1}}, usual(t))
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
