package fasttext

import "context"

// kmeans moves centroids to the middle of the points nearest to them.
type kmeans struct {
	points    []float32 // width numbers each
	centroids []float32
	width     int
	codes     []byte // of each point, its centroid
}

func (k *kmeans) run(ctx context.Context, rng *minstd) error {
	order := identity(len(k.codes))
	rng.shuffle(order)
	for i, p := range order[:centers] {
		copy(k.centroids[i*k.width:][:k.width], k.points[int(p)*k.width:])
	}
	for range quantizerRounds {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		columns := transpose(k.centroids, k.width)
		spread(len(k.codes), func(first, last int) {
			for i := first; i < last; i++ {
				k.codes[i] = nearest(k.points[i*k.width:][:k.width], columns)
			}
		})
		k.center(rng)
	}
	return nil
}

// center sets each centroid to the mean of its points, and splits large
// clusters for those that have none.
func (k *kmeans) center(rng *minstd) {
	var count [centers]int
	clear(k.centroids)
	for i, code := range k.codes {
		c := k.centroids[int(code)*k.width:][:k.width]
		for j, v := range k.points[i*k.width:][:k.width] {
			c[j] += v
		}
		count[code]++
	}
	for i, n := range count {
		if n > 0 {
			for j := range k.centroids[i*k.width:][:k.width] {
				k.centroids[i*k.width+j] /= float32(n)
			}
		}
	}
	for i, n := range count {
		if n > 0 {
			continue
		}
		from := 0
		for float64(rng.float64()*float64(len(k.codes)-centers)) >= float64(count[from]-1) {
			from = (from + 1) % centers
		}
		a, b := k.centroids[i*k.width:][:k.width], k.centroids[from*k.width:][:k.width]
		copy(a, b)
		for j := range a {
			step := quantizerStep
			if j%2 == 0 {
				step = -step
			}
			a[j] += step
			b[j] -= step
		}
		count[i] = count[from] / 2
		count[from] -= count[i]
	}
}

// transpose puts the j-th numbers of all centroids side by side.
func transpose(centroids []float32, width int) []float32 {
	out := make([]float32, len(centroids))
	for i := range centers {
		for j := range width {
			out[j*centers+i] = centroids[i*width+j]
		}
	}
	return out
}

// nearestGo returns the first of the centroids, transposed, that are nearest to x.
func nearestGo(x, columns []float32) byte {
	var dist [centers]float32
	for j, v := range x {
		for i, c := range columns[j*centers:][:centers] {
			d := v - c
			dist[i] += float32(d * d)
		}
	}
	best := 0
	for i, d := range dist {
		if d < dist[best] {
			best = i
		}
	}
	return byte(best)
}
