package quant

import (
	"crypto/sha256"
	"fmt"
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

// TestHalfNaN: what is not a number stays so, also where half precision has no room for what
// tells it from infinity.
func TestHalfNaN(t *testing.T) {
	for _, bits := range []uint32{0x7f800001, 0xff801fff, 0x7fc00000} {
		if h := ToHalf(math.Float32frombits(bits)); h&0x7c00 != 0x7c00 || h&0x3ff == 0 || h>>15 != uint16(bits>>31) {
			t.Errorf("ToHalf of %08x, no number, = %04x", bits, h)
		}
	}
}

// TestBytes: the search for scales writes the same bytes on every processor, and those that it
// wrote before.
func TestBytes(t *testing.T) {
	x := make([]float32, 64*super)
	for i := range x {
		n := uint32(i) * 2654435761 // Knuth's multiplicative hash: low bits would repeat
		x[i] = float32(int32(n)>>8) / (1 << 23)
		switch i / super % 4 {
		case 1:
			x[i] *= x[i] * x[i] // most are small
		case 2:
			x[i] = float32(i%7) + x[i]/8 // all are positive
		case 3:
			x[i] = float32(i / 32 % 3) // sub-blocks of equal numbers
		}
	}
	for kind, want := range map[Type]string{Q4_K: "ab19d66e246a537be72cf4bf24331cdcd399bbede9c31bc5d15d8bd512617653", Q6_K: "364ebb0752fbc7c5976a0e2d076147890b0c9512c4a023bc72350e4baa21653f"} {
		b := make([]byte, kind.Bytes(len(x)))
		if err := Encode(b, kind, x); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != want {
			t.Errorf("%s: bytes with hash %s, want %s", kind, got, want)
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
