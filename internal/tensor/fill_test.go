package tensor

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

// oddBlocks are numbers that are hard to round, 32 each: ties, zeros of both signs, the same
// number with both signs, the smallest and the largest.
func oddBlocks(rng *rand.Rand) (all [][]float32) {
	block := func(f func(i int) float32) {
		b := make([]float32, 32)
		for i := range b {
			b[i] = f(i)
		}
		rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		all = append(all, b)
	}
	negative := float32(math.Copysign(0, -1))
	block(func(int) float32 { return 0 })
	block(func(int) float32 { return negative })
	block(func(i int) float32 { return []float32{0, negative}[i%2] })
	block(func(i int) float32 { return []float32{3, -3, 0.1}[i%3] })
	for _, scale := range []float32{1, 0x1p-20, 0x1p-120, 0x1p-140, 0x1p-149, 65504 * 4 / 127.0, 0.3} {
		block(func(i int) float32 { return max(-127, min(127, float32(i)*8-124.5)) * scale })                          // ties of bytes
		block(func(i int) float32 { return (float32(i/2)/2 - 8) * scale })                                             // of halves of bytes
		block(func(i int) float32 { return math.Nextafter32(float32(i)-15.5, float32(rng.IntN(2)*1000-500)) * scale }) // beside them
	}
	block(func(i int) float32 { return []float32{65504 * 4, -65504 * 4, 1}[i%3] })
	block(func(i int) float32 { return []float32{0, 0x1p-149, -0x1p-149}[i%3] })
	block(func(int) float32 { return float32(rng.NormFloat64()) })
	return all
}

// TestFill holds every level's rounding to the plain one, byte by byte.
func TestFill(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 17))
	for _, level := range levels() {
		for n := range 40 {
			rows, cols := 1+rng.IntN(40), 64*(1+rng.IntN(5))
			if n%8 == 0 {
				cols += rng.IntN(64)
			}
			w := random(rng, rows*cols)
			if n%2 == 1 { // odd blocks, where they begin and where they do not
				for at := rng.IntN(2) * 32; at+32 <= len(w); at += 32 {
					blocks := oddBlocks(rng)
					copy(w[at:], blocks[rng.IntN(len(blocks))])
				}
			}
			for _, kind := range []Weights{WeightsInt8, WeightsInt4, WeightsQ4K, WeightsBF16} {
				if kind == WeightsBF16 && n%4 == 3 { // any bits at all
					for i := range w {
						w[i] = math.Float32frombits(rng.Uint32() | []uint32{0, 0x7f800000}[rng.IntN(2)])
					}
				}
				got, err := NewLevel(level, 1+n%3).Quantize(kind, w, rows, cols)
				if err != nil {
					t.Fatal(err)
				}
				want, err := NewLevel(Generic, 1).Quantize(kind, w, rows, cols)
				if err != nil || !bytes.Equal(got.data, want.data) {
					t.Fatalf("%v, %v, %d x %d: other bytes than the plain ones (%v)", level, kind, rows, cols, err)
				}
			}
		}
	}
}

// TestFillAgain: what a worker rounded before leaves nothing behind in rows that do not fill
// their last block.
func TestFillAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 19))
	for _, kind := range allWeights {
		used := NewLevel(Generic, 1)
		for range 20 {
			rows, cols := 1+rng.IntN(20), 1+rng.IntN(600)
			w := random(rng, rows*cols)
			got, err := used.Quantize(kind, w, rows, cols)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := NewLevel(Generic, 1).Quantize(kind, w, rows, cols); err != nil || !bytes.Equal(got.data, want.data) {
				t.Fatalf("%v, %d x %d: other bytes than in a new one's (%v)", kind, rows, cols, err)
			}
		}
	}
}

// TestFillErrors: numbers that blocks cannot hold are errors at every level, wherever they are.
func TestFillErrors(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 18))
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, level := range levels() {
		for _, kind := range []Weights{WeightsInt8, WeightsInt4, WeightsF16, WeightsQ4K} {
			for _, bad := range []float32{nan, -nan, inf, -inf, 65504*4 + 1, -math.MaxFloat32} {
				w := random(rng, 20*256)
				w[rng.IntN(len(w))] = bad
				_, err := NewLevel(level, 2).Quantize(kind, w, 20, 256)
				_, want := NewLevel(Generic, 1).Quantize(kind, w, 20, 256)
				if err == nil || err.Error() != want.Error() {
					t.Errorf("%v, %v with %v: %v, want %v", level, kind, bad, err, want)
				}
			}
		}
	}
}
