package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"feilun/internal/quant"
)

// edgeShapes is how many shapes of each level are tried.
const edgeShapes = 30

// guarded returns n numbers that end where a page begins that nobody may touch: what reads or
// writes behind them crashes. They are not numbers until they are set.
func guarded(t *testing.T, n int) []float32 {
	t.Helper()
	page := unix.Getpagesize()
	size := (4*n+page-1)/page*page + page
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(b) })
	if err := unix.Mprotect(b[size-page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	x := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(b))), (size-page)/4)
	spoil(x)
	return x[len(x)-n:]
}

// spoil fills x with what spoils every sum.
func spoil(x []float32) {
	for i := range x {
		x[i] = float32(math.NaN())
	}
}

// guardedCPUs are CPUs of 1, 2, 3 and 8 workers whose scratch is guarded.
func guardedCPUs(t *testing.T, level Level) map[int]*CPU {
	all := map[int]*CPU{}
	for _, workers := range []int{1, 2, 3, 8} {
		c := NewLevel(level, workers)
		for _, s := range c.scratch {
			for _, x := range s.memory() {
				*x = guarded(t, len(*x))
			}
		}
		all[workers] = c
	}
	return all
}

func (s *scratch) memory() []*[]float32 {
	return []*[]float32{&s.a[0], &s.a[1], &s.c, &s.steps, &s.tiles}
}

// guardedView is a matrix of random numbers, the last of which lies before the guard.
func guardedView(t *testing.T, rng *rand.Rand, rows, cols, pad int, half, turned bool) View {
	if turned {
		return guardedView(t, rng, cols, rows, pad, half, false).T()
	}
	n := (rows-1)*(cols+pad) + cols
	x := random(rng, n)
	if half {
		h := Halves(guarded(t, (n+1)/2))
		h = h[len(h)-n:]
		for i, v := range x {
			h[i] = BF16(v)
		}
		return Half(h, cols+pad)
	}
	v := Matrix(guarded(t, n), cols+pad)
	copy(v.Data, x)
	return v
}

// number returns a number of a matrix, as a product takes it.
func (v View) number(i, j int, bf16 bool) float64 {
	at := i*v.Row + j*v.Col
	switch {
	case v.Half != nil:
		return float64(quant.FromBF16(v.Half[at]))
	case bf16:
		return float64(quant.FromBF16(BF16(v.Data[at])))
	}
	return float64(v.Data[at])
}

// TestMatMulEdges multiplies at the limits of slabs, blocks and tiles: nothing is touched
// beside the matrices and the scratch, numbers are right, and have the same bits however many
// workers there are and however rows are split.
func TestMatMulEdges(t *testing.T) {
	defer func(was int) { tilePast = was }(tilePast)
	rng := rand.New(rand.NewPCG(21, 21))
	ms, ks := []int{1, 15, 16, 17, 31, 33, 84, 85, 160, 161, 511, 512, 513, 1025, 1200}, []int{1, 2, 31, 32, 33, 63, 511, 512, 513, 641, 1025, 2047, 2048, 2049, 2081, 2500, 4100, 8300}
	ns := []int{1, 2, 31, 32, 33, 63, 64, 97, 128, 257, 320, 384, 385, 512}
	for _, level := range levels() {
		if level < AVX2 {
			continue
		}
		all := guardedCPUs(t, level)
		for i := range 2 * edgeShapes {
			m, k, n := ms[rng.IntN(len(ms))], ks[rng.IntN(len(ks))], ns[rng.IntN(len(ns))]
			if i%2 == 0 { // nothing before has filled what has to be 0
				k = ks[rng.IntN(6)]
			}
			for m*k*n > 24<<20 {
				m, n = (m+1)/2, (n+1)/2
			}
			checkEdges(t, rng, all, m, k, n)
		}
	}
}

func checkEdges(t *testing.T, rng *rand.Rand, all map[int]*CPU, m, k, n int) {
	level := all[1].level
	bf16, add, pad := level >= AVX512BF16 && rng.IntN(4) > 0, rng.IntN(2) == 0, []int{0, 0, 5, 16}[rng.IntN(4)]
	a := guardedView(t, rng, m, k, pad, bf16 && rng.IntN(2) == 0, rng.IntN(2) == 0)
	b := guardedView(t, rng, k, n, pad, bf16 && rng.IntN(2) == 0, rng.IntN(2) == 0)
	ldc, before := n+pad, 3*(n+pad)
	start := random(rng, before+(m-1)*ldc+n)
	what := fmt.Sprintf("%s: %d x %d x %d, bf16 %v, add %v, padding %d, A and B by columns %v %v, bfloat16 %v %v", level, m, k, n, bf16, add, pad, a.Row == 1, b.Row == 1, a.Half != nil, b.Half != nil)
	var p Panels
	var want []float32
	for _, workers := range []int{1, 2, 3, 8, 0, -1} {
		c := all[max(1, workers)]
		tilePast = []int{0, 1 << 30}[rng.IntN(2)]
		if workers == 1 {
			for _, x := range c.scratch[0].memory() {
				spoil(*x)
			}
		}
		c.layOut(&p, k, n, bf16)
		p.data = guarded(t, len(p.data))
		c.Pack(&p, b, k, n, bf16)
		got := guarded(t, len(start))
		copy(got, start)
		dst := got[before:]
		switch first := rng.IntN(m); {
		case workers > 0:
			c.MatMul(dst, ldc, a, &p, m, add)
		case workers == 0:
			c.MatMulAlone(0, dst, ldc, a, &p, m, add)
		case a.Row == 1: // rows of such a view are split by their columns
			c.MatMul(dst, ldc, a, &p, m, add)
		default:
			if first > 0 {
				c.MatMul(dst, ldc, a, &p, first, add)
			}
			c.MatMul(dst[first*ldc:], ldc, a.From(first), &p, m-first, add)
		}
		if want == nil {
			want = got
			checkNumbers(t, rng, what, start[before:], want[before:], ldc, a, b, m, k, n, bf16, add)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %d workers give other bits", what, workers)
		}
	}
	for i, v := range start {
		if row := i - before; (row < 0 || row%ldc >= n) && want[i] != v {
			t.Fatalf("%s: number %d is none of the product's, and changed", what, row)
		}
	}
}

// checkNumbers compares corners and some other numbers with sums in float64.
func checkNumbers(t *testing.T, rng *rand.Rand, what string, start, got []float32, ldc int, a, b View, m, k, n int, bf16, add bool) {
	for x := range 30 {
		i, j := rng.IntN(m), rng.IntN(n)
		if x < 4 {
			i, j = x/2*(m-1), x%2*(n-1)
		}
		s := 0.0
		if add {
			s = float64(start[i*ldc+j])
		}
		for d := range k {
			s += a.number(i, d, bf16) * b.number(d, j, bf16)
		}
		if d := math.Abs(s - float64(got[i*ldc+j])); !(d <= 1e-5*math.Sqrt(float64(k))*(1+math.Abs(s))) {
			t.Fatalf("%s: number %d, %d is %v, want %v", what, i, j, got[i*ldc+j], s)
		}
	}
}

// TestMatVecEdges is TestMatMulEdges for weights and vectors.
func TestMatVecEdges(t *testing.T) {
	defer func(was int) { tilePast = was }(tilePast)
	rng := rand.New(rand.NewPCG(22, 22))
	for _, level := range levels() {
		all := guardedCPUs(t, level)
		for range edgeShapes {
			kind := allWeights[rng.IntN(len(allWeights))]
			rows, cols, n := 1+rng.IntN(150), 1+rng.IntN(1300), []int{1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 64, 65, 100, 128, 129, 200, 550}[rng.IntN(18)]
			if n >= 128 { // products of tiles in another order
				kind = WeightsBF16
			}
			if rng.IntN(2) == 0 {
				rows = 16 * (1 + rng.IntN(12))
			}
			size := kind.Bytes(rows, cols)
			m := QuantMatrixIn(kind, rows, cols, bytesOf(guarded(t, size/4)))
			clear(m.data)
			if err := NewLevel(level, 1).Fill(&m, random(rng, rows*cols)); err != nil {
				t.Fatal(err)
			}
			x := guarded(t, n*cols)
			copy(x, random(rng, len(x)))
			var want []float32
			for _, workers := range []int{1, 2, 3, 8} {
				c := all[workers]
				tilePast = []int{0, 1 << 30}[rng.IntN(2)]
				c.vectors(&m, x, n, m.kind == WeightsBF16 && level >= AVX512BF16)
				c.vector = guarded(t, len(c.vector))
				got := guarded(t, n*rows)
				c.MatVecs(got, &m, x, n)
				if want == nil {
					want = got
				}
				if slices.ContainsFunc(got, func(v float32) bool { return v != v }) || !slices.Equal(got, want) {
					t.Fatalf("%s, %s: %d x %d, %d vectors: %d workers give other bits, or not numbers", level, kind, rows, cols, n, workers)
				}
				one := guarded(t, rows)
				j := rng.IntN(n)
				if c.MatVec(one, &m, x[j*cols:][:cols]); !slices.Equal(one, got[j*rows:][:rows]) {
					t.Fatalf("%s, %s: %d x %d: vector %d of %d alone gives other bits", level, kind, rows, cols, j, n)
				}
			}
		}
	}
}

// TestFillEdges is TestMatMulEdges for rows that are rounded: they end before the guard, and so
// does the matrix. What lies before the matrix does not change.
func TestFillEdges(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 23))
	const before = 32 // numbers
	for _, level := range levels() {
		for i := range 4 * edgeShapes {
			kind, rows, cols := allWeights[i%len(allWeights)], 1+rng.IntN(50), groupCols*(1+rng.IntN(9))
			if rng.IntN(4) == 0 {
				cols -= rng.IntN(groupCols)
			}
			w := random(rng, rows*cols)
			memory := guarded(t, before+kind.Bytes(rows, cols)/4)
			clear(memory[before:])
			m := QuantMatrixIn(kind, rows, cols, bytesOf(memory[before:]))
			x, c := guarded(t, cols), NewLevel(level, 1)
			for _, i := range rng.Perm(rows) {
				copy(x, w[i*cols:])
				if err := c.FillRow(0, &m, i, x); err != nil {
					t.Fatal(err)
				}
			}
			want, err := NewLevel(Generic, 1).Quantize(kind, w, rows, cols)
			if err != nil || !slices.Equal(m.data, want.data) {
				t.Fatalf("%s, %s: %d x %d: rows one by one give other bytes (%v)", level, kind, rows, cols, err)
			}
			if slices.ContainsFunc(memory[:before], func(v float32) bool { return v == v }) {
				t.Fatalf("%s, %s: %d x %d: what lies before the matrix changed", level, kind, rows, cols)
			}
		}
	}
}
