package dedup

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/cpu"
)

// TestMinimumsTwins compares the assembly with plain Go, on values around the
// modulus as well.
func TestMinimumsTwins(t *testing.T) {
	loops := map[string]func(xs []uint64, a, b, min *[lanes]uint64){}
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		loops["AVX-512"] = minimumsAVX512
	}
	if cpu.X86.HasAVX2 {
		loops["AVX2"] = minimumsAVX2
	}
	if len(loops) == 0 {
		t.Skip("this processor has neither AVX2 nor AVX-512")
	}
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		var a, b, before [lanes]uint64
		xs := make([]uint64, round%9)
		for i := range a {
			a[i], b[i] = r.Uint64(), r.Uint64()
			if round%3 == 0 {
				a[i], b[i] = 1, 0
			}
			before[i] = mersenne61 - r.Uint64N(3)
		}
		for i := range xs {
			xs[i] = r.Uint64()
			if round%3 == 0 {
				xs[i] = r.Uint64N(8)<<61 + mersenne61 - r.Uint64N(9)
			}
		}
		want := before
		minimumsGo(xs, &a, &b, &want)
		for name, f := range loops {
			got := before
			f(xs, &a, &b, &got)
			if got != want {
				t.Fatalf("%s, round %d: minimums = %v, want %v", name, round, got, want)
			}
		}
	}
}

func TestMinimums32Twins(t *testing.T) {
	if !cpu.X86.HasAVX2 {
		t.Skip("this processor has no AVX2")
	}
	r := rand.New(rand.NewPCG(3, 4))
	const n = wide + 3*lanes
	for round := range 100 {
		var a, b, want, narrow [n]uint32
		xs := make([]uint64, round%20)
		for i := range a {
			a[i], b[i], want[i] = r.Uint32(), r.Uint32(), r.Uint32()
		}
		for i := range xs {
			xs[i] = r.Uint64()
		}
		got := want
		narrow = want
		minimums32Go(xs, a[:], b[:], want[:])
		minimums32(xs, a[:], b[:], got[:])
		if got != want {
			t.Fatalf("minimums32 = %v, want %v", got, want)
		}
		for i := 0; i < n; i += lanes {
			minimums32AVX2(xs, (*[lanes]uint32)(a[i:]), (*[lanes]uint32)(b[i:]), (*[lanes]uint32)(narrow[i:]))
		}
		if narrow != want {
			t.Fatalf("minimums32AVX2 = %v, want %v", narrow, want)
		}
	}
}
