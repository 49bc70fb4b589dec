package quant

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestHalf goes through all numbers of half precision and what lies between them.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		h := uint16(h)
		v := FromHalf(h)
		if back := ToHalf(v); back != h && !(v != v && back&0x7fff > 0x7c00) {
			t.Fatalf("ToHalf(FromHalf(%04x)) = %04x", h, back)
		}
		if h&0x7fff >= 0x7bff {
			continue
		}
		next := FromHalf(h + 1)
		middle := float32((float64(v) + float64(next)) / 2)
		if got, want := ToHalf(middle), h+h&1; got != want {
			t.Fatalf("ToHalf(%v), a tie, = %04x, want %04x", middle, got, want)
		}
		if got := ToHalf(math.Nextafter32(middle, next)); got != h+1 {
			t.Fatalf("above the middle of %04x: %04x", h, got)
		}
	}
	for v, want := range map[float32]uint16{65519: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, float32(math.Inf(-1)): 0xfc00, 0x1p-25: 0, 0x1.1p-25: 1} {
		if got := ToHalf(v); got != want {
			t.Errorf("ToHalf(%v) = %04x, want %04x", v, got, want)
		}
	}
}

// TestBF16 goes through all bfloat16 numbers and what lies between them.
func TestBF16(t *testing.T) {
	for h := range 1 << 16 {
		h := uint16(h)
		bits := uint32(h) << 16
		v := FromBF16(h)
		if got := math.Float32bits(v); got != bits {
			t.Fatalf("FromBF16(%04x) = %08x", h, got)
		}
		if v != v {
			if got := ToBF16(v); got != h|0x40 {
				t.Fatalf("ToBF16 of what is no number, %04x, = %04x", h, got)
			}
			continue
		}
		if math.IsInf(float64(v), 0) {
			if got := ToBF16(v); got != h {
				t.Fatalf("ToBF16(%v) = %04x", v, got)
			}
			continue
		}
		for add, want := range map[uint32]uint16{0: h, 0x7fff: h, 0x8000: h + h&1, 0x8001: h + 1} {
			if got := ToBF16(math.Float32frombits(bits + add)); got != want {
				t.Fatalf("ToBF16 of %08x + %04x = %04x, want %04x", bits, add, got, want)
			}
		}
	}
}

// TestBlocks holds each type's error to half a step of its rounding, for numbers of
// many sizes, and equal numbers, zeros and extremes to what a block can tell.
func TestBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, kind := range []Type{Q8_0, Q6_K, Q4_K, Q4_0} {
		for n := range 200 {
			x := make([]float32, 256)
			size := math.Pow(10, rng.Float64()*8-4)
			for i := range x {
				x[i] = float32(rng.NormFloat64() * size)
			}
			switch n {
			case 0:
				clear(x)
			case 1:
				for i := range x {
					x[i] = -3
				}
			case 2:
				for i := range x {
					x[i] = float32(i%2) * 1e5
				}
			case 3:
				for i := range x {
					x[i] = 1e-12 // scales vanish
				}
			}
			b, y := make([]byte, kind.Bytes(256)), make([]float32, 256)
			if err := Encode(b, kind, x); err != nil {
				t.Fatal(err)
			}
			Decode(y, kind, b)
			most, worst := 0.0, 0.0
			for i := range x {
				most, worst = max(most, math.Abs(float64(x[i]))), max(worst, math.Abs(float64(x[i]-y[i])))
			}
			limit := map[Type]float64{Q8_0: 0.006, Q6_K: 0.06, Q4_K: 0.16, Q4_0: 0.14}[kind] * most
			if !(worst <= limit+1e-5) {
				t.Errorf("%s, block %d: error %g of %g, at most %g", kind, n, worst, most, limit)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	x := make([]float32, 1<<16)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	for _, kind := range Types() {
		b.Run(kind.String(), func(b *testing.B) {
			dst := make([]byte, kind.Bytes(len(x)))
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				if err := Encode(dst, kind, x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	x := make([]float32, 1<<16)
	for _, kind := range append(Types(), ReadTypes()...) {
		b.Run(kind.String(), func(b *testing.B) {
			src := make([]byte, kind.Bytes(len(x)))
			b.SetBytes(int64(4 * len(x)))
			for b.Loop() {
				Decode(x, kind, src)
			}
		})
	}
}
