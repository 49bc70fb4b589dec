package fasttext

// The kernels work element by element, so that their results do not depend on
// the width of registers: a product is rounded before it is added.

// gatherGo adds the rows of data, len(x) numbers each, to x in their order.
func gatherGo(x, data []float32, rows []int32) {
	for _, r := range rows {
		row := data[int(r)*len(x):][:len(x)]
		for j := range x {
			x[j] += row[j]
		}
	}
}

// scatterGo adds x to each of the rows, in their order.
func scatterGo(x, data []float32, rows []int32) {
	for _, r := range rows {
		row := data[int(r)*len(x):][:len(x)]
		for j, v := range x {
			row[j] += v
		}
	}
}

// learnGo is the update of one row w of the output matrix: grad grows by a·w,
// and then w by a·hidden.
func learnGo(w, hidden, grad []float32, a float32) {
	hidden, grad = hidden[:len(w)], grad[:len(w)]
	for j, v := range w {
		grad[j] += float32(a * v)
		w[j] = v + float32(a*hidden[j])
	}
}

// dot sums the products of w and x in index order.
func dot(w, x []float32) float32 {
	var sum float32
	x = x[:len(w)]
	for j, v := range w {
		sum += float32(v * x[j])
	}
	return sum
}

// dot2 is dot for two rows at once: the sums wait for each other less.
func dot2(v, w, x []float32) (a, b float32) {
	v, w = v[:len(x)], w[:len(x)]
	for j, h := range x {
		a += float32(v[j] * h)
		b += float32(w[j] * h)
	}
	return a, b
}
