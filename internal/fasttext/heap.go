package fasttext

// scored is a label with the logarithm of its probability.
type scored struct {
	score float32
	label int32
}

// The heap has the least score on top and moves elements exactly as the C++
// library's push_heap, pop_heap and sort_heap do in the implementation fastText
// is built with: the order of equal scores depends on it.

// pushHeap adds s.
func pushHeap(h []scored, s scored) []scored {
	h = append(h, s)
	siftUp(h, len(h)-1, 0, s)
	return h
}

func siftUp(h []scored, hole, top int, s scored) {
	for hole > top {
		parent := (hole - 1) / 2
		if !(h[parent].score > s.score) {
			break
		}
		h[hole] = h[parent]
		hole = parent
	}
	h[hole] = s
}

// popHeap removes the least.
func popHeap(h []scored) []scored {
	last := len(h) - 1
	moveLeast(h, last)
	return h[:last]
}

// moveLeast puts the least of h[:last+1] at last and mends the heap before it.
func moveLeast(h []scored, last int) {
	if last == 0 {
		return
	}
	s := h[last]
	h[last] = h[0]
	hole, child := 0, 0
	for child < (last-1)/2 {
		child = 2 * (child + 1)
		if h[child].score > h[child-1].score {
			child--
		}
		h[hole] = h[child]
		hole = child
	}
	if last&1 == 0 && child == (last-2)/2 {
		child = 2 * (child + 1)
		h[hole] = h[child-1]
		hole = child - 1
	}
	siftUp(h[:last], hole, 0, s)
}

// sortHeap orders by descending score.
func sortHeap(h []scored) {
	for last := len(h) - 1; last > 0; last-- {
		moveLeast(h, last)
	}
}
