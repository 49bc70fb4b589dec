package fasttext

import "math/bits"

// stdSort orders p by less exactly as std::sort of GNU's library does. Equal
// elements end in an order of their own, on which the numbers of words depend
// (introsort: quicksort on the median of three, heapsort when that goes too
// deep, insertion sort for runs of up to sixteen).
func stdSort(p []int32, less func(a, b int32) bool) {
	s := sorter{p, less}
	if len(p) > 1 {
		s.split(0, len(p), 2*(bits.Len(uint(len(p)))-1))
		s.insert()
	}
}

const shortRun = 16

type sorter struct {
	p    []int32
	less func(a, b int32) bool
}

func (s sorter) at(i, j int) bool { return s.less(s.p[i], s.p[j]) }

func (s sorter) swap(i, j int) { s.p[i], s.p[j] = s.p[j], s.p[i] }

func (s sorter) split(first, last, depth int) {
	for last-first > shortRun {
		if depth == 0 {
			s.heap(first, last)
			return
		}
		depth--
		s.median(first, first+1, first+(last-first)/2, last-1)
		cut := s.partition(first+1, last, first)
		s.split(cut, last, depth)
		last = cut
	}
}

// median swaps the median of a, b and c to the place to.
func (s sorter) median(to, a, b, c int) {
	pick := b
	if s.at(a, b) {
		if !s.at(b, c) {
			pick = a
			if s.at(a, c) {
				pick = c
			}
		}
	} else if s.at(a, c) {
		pick = a
	} else if s.at(b, c) {
		pick = c
	}
	s.swap(to, pick)
}

func (s sorter) partition(first, last, pivot int) int {
	for {
		for s.at(first, pivot) {
			first++
		}
		last--
		for s.at(pivot, last) {
			last--
		}
		if first >= last {
			return first
		}
		s.swap(first, last)
		first++
	}
}

func (s sorter) insert() {
	for i := 1; i < len(s.p); i++ {
		v, j := s.p[i], i
		if i < shortRun && s.less(v, s.p[0]) {
			copy(s.p[1:i+1], s.p[:i])
			s.p[0] = v
			continue
		}
		for s.less(v, s.p[j-1]) {
			s.p[j] = s.p[j-1]
			j--
		}
		s.p[j] = v
	}
}

func (s sorter) heap(first, last int) {
	h := s.p[first:last]
	for parent := (len(h) - 2) / 2; parent >= 0; parent-- {
		s.sift(h, parent, h[parent])
	}
	for n := len(h) - 1; n > 0; n-- {
		v := h[n]
		h[n] = h[0]
		s.sift(h[:n], 0, v)
	}
}

// sift puts v below the hole: down to a leaf, then up again.
func (s sorter) sift(h []int32, hole int, v int32) {
	top, child, n := hole, hole, len(h)
	for child < (n-1)/2 {
		child = 2 * (child + 1)
		if s.less(h[child], h[child-1]) {
			child--
		}
		h[hole] = h[child]
		hole = child
	}
	if n&1 == 0 && child == (n-2)/2 {
		child = 2 * (child + 1)
		h[hole] = h[child-1]
		hole = child - 1
	}
	for hole > top && s.less(h[(hole-1)/2], v) {
		h[hole] = h[(hole-1)/2]
		hole = (hole - 1) / 2
	}
	h[hole] = v
}
