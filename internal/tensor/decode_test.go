package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"feilun/internal/quant"
)

var allWeights = []Weights{WeightsBF16, WeightsInt8, WeightsInt4, WeightsF16, WeightsQ4K}

// TestPackRow holds the rows of a packed matrix to those of its blocks.
func TestPackRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, kind := range allWeights {
		rows, cols := 19, 160
		if kind == WeightsQ4K {
			cols = 512
		}
		m := NewQuantMatrix(kind, rows, cols)
		for i := range rows {
			x, raw, want, got := random(rng, cols), make([]byte, kind.Type().Bytes(cols)), make([]float32, cols), make([]float32, cols)
			if err := quant.Encode(raw, kind.Type(), x); err != nil {
				t.Fatal(err)
			}
			quant.Decode(want, kind.Type(), raw)
			m.PackRow(i, raw)
			if m.Row(got, i); !slices.Equal(got, want) {
				t.Fatalf("%s: row %d comes back as %v, want %v", kind, i, got, want)
			}
		}
	}
}

// roundVector rounds x as a product with such weights does.
func roundVector(kind Weights, x []float32) []float32 {
	switch kind {
	case WeightsBF16:
		return rounded(x)
	case WeightsF16:
		return x
	}
	y := make([]float32, len(x))
	for i := 0; i < len(x); i += 32 {
		most := 0.0
		for _, v := range x[i:min(i+32, len(x))] {
			most = max(most, math.Abs(float64(v)))
		}
		for j, v := range x[i:min(i+32, len(x))] {
			if most > 1e-30 {
				y[i+j] = float32(math.RoundToEven(float64(v*(127/float32(most)))) * float64(float32(most)/127))
			}
		}
	}
	return y
}

// TestMatVec compares every level with sums in float64 over random shapes, and holds
// products to the same bits for any number of vectors and workers.
func TestMatVec(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, level := range levels() {
		for n := range 90 {
			kind := allWeights[n%len(allWeights)]
			rows, cols, vectors := 1+rng.IntN(90), 1+rng.IntN(200), 1+rng.IntN(24)
			if n%7 == 0 {
				rows, cols = 16*(1+rng.IntN(40)), 64*(1+rng.IntN(20))
			}
			c := NewLevel(level, 1+n%3)
			x := random(rng, vectors*cols)
			if n%5 == 0 {
				clear(x[:min(64, cols)])
			}
			m, err := c.Quantize(kind, random(rng, rows*cols), rows, cols)
			if err != nil {
				t.Fatal(err)
			}
			want, got, one := make([]float32, vectors*rows), make([]float32, vectors*rows), make([]float32, rows)
			row := make([]float32, cols)
			for j := range vectors {
				v := roundVector(kind, x[j*cols:][:cols])
				for i := range rows {
					m.Row(row, i)
					s := 0.0
					for k := range row {
						s += float64(row[k]) * float64(v[k])
					}
					want[j*rows+i] = float32(s)
				}
			}
			c.MatVecs(got, m, x, vectors)
			compare(t, fmt.Sprintf("%s, %s: %d x %d, %d vectors", level, kind, rows, cols, vectors), got, want, 1e-5*math.Sqrt(float64(cols)))
			for j := range vectors {
				NewLevel(level, 1).MatVec(one, m, x[j*cols:][:cols])
				if !slices.Equal(one, got[j*rows:][:rows]) {
					t.Fatalf("%s, %s: %d x %d: vector %d of %d alone gives other bits", level, kind, rows, cols, j, vectors)
				}
			}
		}
	}
}

// TestBytes holds the assembly that rounds vectors to its plain twin, bit by bit.
func TestBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	for _, level := range levels() {
		for n := range 200 {
			kind := []Weights{WeightsInt8, WeightsInt4, WeightsQ4K}[n%3]
			x := random(rng, 64)
			for i := range x {
				x[i] *= float32(math.Pow(10, rng.Float64()*40-38))
			}
			if n%4 == 0 {
				clear(x[:32])
			}
			var want, got [vectorBytes]byte
			kind.bytes(&want, x)
			if level.bytes(1, pointer(&got[0]), vectorBytes, x, -kind.plus()) && got != want {
				t.Fatalf("%s: %v becomes %v, want %v", level, x, got, want)
			}
		}
	}
}

// TestMatVecExtremes multiplies the largest numbers that bytes hold.
func TestMatVecExtremes(t *testing.T) {
	for _, level := range levels() {
		for _, kind := range allWeights {
			for _, signs := range [][2]float32{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
				const rows, cols = 16, 4096
				w, x := make([]float32, rows*cols), make([]float32, cols)
				for i := range w {
					w[i] = signs[0]
				}
				for i := range x {
					x[i] = signs[1]
				}
				c := NewLevel(level, 1)
				m, err := c.Quantize(kind, w, rows, cols)
				if err != nil {
					t.Fatal(err)
				}
				y := make([]float32, rows)
				c.MatVec(y, m, x)
				for _, v := range y {
					if math.Abs(float64(v-signs[0]*signs[1]*cols)) > cols*0.002 {
						t.Errorf("%s, %s: sum of %d products of %v is %v", level, kind, cols, signs, v)
						break
					}
				}
			}
		}
	}
}

// BenchmarkMatVec tells the share of the speed at which the same workers read memory
// in the same run: best against best, taken in turns. The weights do not fit into a
// cache.
func BenchmarkMatVec(b *testing.B) {
	const total = 192 << 20 // bytes of weights
	shapes := [][2]int{{768, 768}, {4096, 4096}}
	for _, workers := range []int{1, 0} {
		for _, kind := range allWeights {
			for _, shape := range shapes {
				for _, n := range []int{1, 8} {
					name := fmt.Sprintf("workers=%d/%s/%dx%d/vectors=%d", New(workers).Workers(), kind, shape[0], shape[1], n)
					b.Run(name, func(b *testing.B) { benchMatVec(b, New(workers), kind, shape[0], shape[1], n, total) })
				}
			}
		}
	}
}

func benchMatVec(b *testing.B, c *CPU, kind Weights, rows, cols, n, total int) {
	rng := rand.New(rand.NewPCG(1, 1))
	first, err := c.Quantize(kind, random(rng, rows*cols), rows, cols)
	if err != nil {
		b.Fatal(err)
	}
	var all []*QuantMatrix
	for range max(1, total/first.Bytes()) {
		all = append(all, first.Clone())
	}
	x, y := random(rng, n*cols), make([]float32, n*rows)
	// a measurement takes about 8 MiB, short enough to fall between other programs'
	// turns; in the meantime all the other weights pass through the caches
	group := max(1, 8<<20/first.Bytes())
	groups := len(all) / group
	var took, read []float64
	for b.Loop() {
		for g := range groups {
			took = append(took, Seconds(c.Workers(), func() {
				for _, m := range all[g*group:][:group] {
					c.MatVecs(y, m, x, n)
				}
			}))
			read = append(read, Seconds(c.Workers(), func() {
				for _, m := range all[(g+groups/2)%groups*group:][:group] {
					m.Read(c, 0)
				}
			}))
		}
	}
	slices.Sort(took)
	slices.Sort(read)
	bytes := float64(group*first.Bytes()) / 1e9
	b.ReportMetric(bytes/took[0], "GB/s")
	b.ReportMetric(bytes/read[0], "read-GB/s")
	b.ReportMetric(read[0]/took[0], "of-read")
	b.ReportMetric(read[len(read)/2]/took[len(took)/2], "median-of-read")
	b.ReportMetric(0, "ns/op")
}
