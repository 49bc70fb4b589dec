package tensor

import (
	"math/rand/v2"
	"testing"
)

// checkSets fills matrices some rows, and some columns, at a time.
func checkSets(t *testing.T, c *CPU, rng *rand.Rand, want *QuantMatrix, w []float32) {
	rows, cols := want.rows, want.cols
	byRow := QuantMatrixIn(WeightsBF16, rows, cols, Bytes(WeightsBF16.Bytes(rows, cols)))
	byCol := QuantMatrixIn(WeightsBF16, rows, cols, Bytes(WeightsBF16.Bytes(rows, cols)))
	for i := 0; i < rows; {
		n := min(rows-i, 1+rng.IntN(40))
		c.SetRows(&byRow, i, w[i*cols:], cols, n)
		i += n
	}
	turned := make([]float32, len(w))
	for i := range rows {
		for j := range cols {
			turned[j*rows+i] = w[i*cols+j]
		}
	}
	for j := 0; j < cols; {
		n := min(cols-j, 1+rng.IntN(40))
		c.SetColumns(&byCol, j, turned[j*rows:], rows, n)
		j += n
	}
	if string(byRow.data) != string(want.data) {
		t.Fatalf("%s, %d x %d: another layout by several rows", c.level, rows, cols)
	}
	if string(byCol.data) != string(want.data) {
		t.Fatalf("%s, %d x %d: another layout by several columns", c.level, rows, cols)
	}
}

// TestTiles: matrices filled by rows or by columns in memory of the caller's are those
// that [CPU.Quantize] makes, and products with prepared vectors those of [CPU.MatVecs].
func TestTiles(t *testing.T) {
	for _, level := range levels() {
		c := NewLevel(level, 2)
		rng := rand.New(rand.NewPCG(4, uint64(level)))
		for range 60 {
			rows, cols, n := 1+rng.IntN(70), 1+rng.IntN(140), 1+rng.IntN(19)
			if rng.IntN(3) == 0 {
				rows, cols = 16*(1+rng.IntN(5)), 32*(1+rng.IntN(4))
			}
			w, x := Floats(rows*cols), Floats(n*cols)
			for i := range w {
				w[i] = float32(rng.NormFloat64())
			}
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			want, err := c.Quantize(WeightsBF16, w, rows, cols)
			if err != nil {
				t.Fatal(err)
			}
			byRow := QuantMatrixIn(WeightsBF16, rows, cols, Bytes(WeightsBF16.Bytes(rows, cols)))
			byCol := QuantMatrixIn(WeightsBF16, rows, cols, Bytes(WeightsBF16.Bytes(rows, cols)))
			for i := range rows {
				c.SetRow(&byRow, i, w[i*cols:])
			}
			col := make([]float32, rows)
			for j := range cols {
				for i := range col {
					col[i] = w[i*cols+j]
				}
				c.SetColumn(&byCol, j, col)
			}
			if string(byRow.data) != string(want.data) || string(byCol.data) != string(want.data) {
				t.Fatalf("%s, %d x %d: another layout", level, rows, cols)
			}
			checkSets(t, c, rng, want, w)
			y, got := Floats(n*rows), Floats(n*(rows+5))
			NewLevel(min(level, AVX512BF16), 1).MatVecs(y, want, x, n)
			var v Vectors
			c.Prepare(&v, x, cols, cols, n)
			c.MatVecsAlone(1, got, rows+5, &byRow, &v)
			for j := range n {
				for i := range rows {
					if got[j*(rows+5)+i] != y[j*rows+i] {
						t.Fatalf("%s, %d x %d, vector %d of %d, row %d: %v, want %v", level, rows, cols, j, n, i, got[j*(rows+5)+i], y[j*rows+i])
					}
				}
			}
		}
	}
}
