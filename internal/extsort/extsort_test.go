package extsort

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// TestSorter compares with a stable sort in memory, from no records to many
// more than fit, so that runs are merged more than once.
func TestSorter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 63, 64, 65, 1000, 20000} {
		for _, keys := range []int{1, 2, -1, -2} { // below zero: hashes
			dir := t.TempDir()
			memory := int64(1) // the least: 64 records, 2 runs at a time
			if n > 5000 && keys < 0 {
				memory = 100_000
			}
			s := New(dir, "x", 3, max(keys, -keys), memory)
			if keys < 0 {
				s.Hashed()
			}
			keys := max(keys, -keys)
			var want [][]uint64
			for i := range n {
				rec := []uint64{r.Uint64N(50) << 40, r.Uint64N(3), uint64(i)}
				if s.hashed {
					rec[0] *= 0x9e3779b97f4a7c15
					rec[0] |= r.Uint64N(2)
				}
				want = append(want, rec)
				if err := s.Add(rec...); err != nil {
					t.Fatal(err)
				}
			}
			slices.SortStableFunc(want, func(a, b []uint64) int { return slices.Compare(a[:keys], b[:keys]) })
			i := 0
			err := s.Each(func(rec []uint64) error {
				if i < n && !slices.Equal(rec, want[i]) {
					t.Fatalf("n=%d keys=%d: record %d = %v, want %v", n, keys, i, rec, want[i])
				}
				i++
				return nil
			})
			if err != nil || i != n {
				t.Fatalf("n=%d keys=%d: %d records, error %v", n, keys, i, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("n=%d keys=%d: %d runs left behind, error %v", n, keys, len(left), err)
			}
		}
	}
}

func BenchmarkSorter(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	recs := make([]uint64, 1<<20)
	for i := range recs {
		recs[i] = r.Uint64()
	}
	b.SetBytes(16 * int64(len(recs)))
	for b.Loop() {
		s := New(b.TempDir(), "x", 2, 1, 8<<20) // four runs
		for i, v := range recs {
			if err := s.Add(v, uint64(i)); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Each(func([]uint64) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSorterMemory: the limit of the process is no reason to fill it.
func TestSorterMemory(t *testing.T) {
	if s := New(t.TempDir(), "x", 4, 3, 1<<40); 2*8*s.limit > maxSortMemory {
		t.Errorf("a sorter may hold %d bytes twice, want at most %d in all", 8*s.limit, maxSortMemory)
	}
}
