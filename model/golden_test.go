package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"feilun/internal/tensor"
)

// expected is what transformers made of a model.
type expected struct {
	Tokens []uint32
	At     []int
	Logits [][]float32
	Prompt []uint32
	Greedy []uint32
}

// goldens calls each with the fixtures, and with the models in the folder that
// FEILUN_GOLDEN names: testdata/golden.py makes them.
func goldens(t *testing.T, each func(t *testing.T, dir string, want *expected)) {
	for _, root := range []string{"testdata/golden", os.Getenv("FEILUN_GOLDEN")} {
		dirs, err := filepath.Glob(filepath.Join(root, "*", "expected.json"))
		if err != nil {
			t.Fatal(err)
		}
		if root == "" {
			continue
		}
		for _, name := range dirs {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want expected
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Dir(name)
			t.Run(filepath.Base(root)+"/"+filepath.Base(dir), func(t *testing.T) { each(t, dir, &want) })
		}
	}
}

// distance is the largest difference between two rows of logits, relative to the
// largest logit.
func distance(got, want []float32) float64 {
	far, largest := 0.0, 0.0
	for i, w := range want {
		far = max(far, math.Abs(float64(got[i])-float64(w)))
		largest = max(largest, math.Abs(float64(w)))
	}
	return far / largest
}

// TestLogits holds logits in float32 to those of transformers.
func TestLogits(t *testing.T) {
	goldens(t, func(t *testing.T, dir string, want *expected) {
		m, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		n := len(want.Tokens)
		p := NewPass(m, tensor.New(2), 1, n, PassOptions{Forward: true})
		row, far := 0, 0.0
		err = p.Logits(&Batch{Rows: 1, Len: n, Tokens: want.Tokens}, func(token int, logits []float32) {
			if row < len(want.At) && want.At[row] == token {
				far = max(far, distance(logits, want.Logits[row]))
				row++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if far > 1e-4 || row != len(want.At) {
			t.Errorf("logits of %d tokens differ by %.2g of the largest", row, far)
		}
		t.Logf("differ by %.2g", far)
	})
}
