package fasttext

import "golang.org/x/sys/cpu"

//go:noescape
func gatherAVX2(x, data []float32, rows []int32)

//go:noescape
func scatterAVX2(x, data []float32, rows []int32)

//go:noescape
func learnAVX2(w, hidden, grad []float32, a float32)

// gather adds the rows of data to x (see [gatherGo]); every row must exist.
func gather(x, data []float32, rows []int32) {
	if cpu.X86.HasAVX2 && len(x) > 0 {
		gatherAVX2(x, data, rows)
		return
	}
	gatherGo(x, data, rows)
}

// scatter adds x to each of the rows of data (see [scatterGo]); every row must exist.
func scatter(x, data []float32, rows []int32) {
	if cpu.X86.HasAVX2 && len(x) > 0 {
		scatterAVX2(x, data, rows)
		return
	}
	scatterGo(x, data, rows)
}

// learn updates one row of the output matrix (see [learnGo]); all lengths are equal.
func learn(w, hidden, grad []float32, a float32) {
	if cpu.X86.HasAVX2 {
		learnAVX2(w, hidden, grad, a)
		return
	}
	learnGo(w, hidden, grad, a)
}

//go:noescape
func nearestAVX2(x, columns []float32, dist *[8]float32, index *[8]int32)

// nearest is [nearestGo]; columns has 256 numbers for each of x.
func nearest(x, columns []float32) byte {
	if !cpu.X86.HasAVX2 {
		return nearestGo(x, columns)
	}
	var dist [8]float32
	var index [8]int32
	nearestAVX2(x, columns, &dist, &index)
	best := 0
	for i, d := range dist {
		if d < dist[best] || d == dist[best] && index[i] < index[best] {
			best = i
		}
	}
	return byte(index[best])
}
