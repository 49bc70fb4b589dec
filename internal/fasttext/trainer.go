package fasttext

import (
	"math"
	"slices"
	"sort"
)

// A trainer updates a model by single lines.
type trainer struct {
	m            *Model
	in, out      *dense
	rng          minstd
	hidden, grad []float32
	scores       []float32
	paths        []path   // of each label, for hierarchical softmax
	negatives    []uint64 // see [negativeTable]
}

// A path leads from a label to the root of the tree: the rows it passes, and
// whether it comes from the right.
type path struct {
	rows  []int32
	right []bool
}

func newTrainer(m *Model, seed int32) *trainer {
	t := &trainer{m: m, in: m.input.(*dense), out: m.output.(*dense), rng: newMinstd(seed),
		hidden: make([]float32, m.Dim), grad: make([]float32, m.Dim), scores: make([]float32, m.dict.labels)}
	switch m.Loss {
	case LossHierarchical:
		t.paths = treePaths(m.tree, int(m.dict.labels))
		m.sigmoid = sigmoidTable()
	case LossNegative:
		t.negatives = negativeTable(m.dict.counts[m.dict.words:])
	}
	return t
}

// learn updates all weights by one line; false is a sum that is no number.
func (t *trainer) learn(rows, labels []int32, lr float32) bool {
	if len(rows) == 0 || len(labels) == 0 {
		return true
	}
	average(t.hidden, t.in.data, rows)
	if !t.learnOutput(t.hidden, labels, lr, t.grad) {
		return false
	}
	scale(t.grad, len(rows))
	scatter(t.grad, t.in.data, rows)
	return true
}

// average sets x to the mean of the rows.
func average(x, data []float32, rows []int32) {
	clear(x)
	gather(x, data, rows)
	scale(x, len(rows))
}

func scale(x []float32, n int) {
	inv := float32(1 / float64(n))
	for i := range x {
		x[i] *= inv
	}
}

// learnOutput updates the output matrix and sets grad to the gradient of hidden.
func (t *trainer) learnOutput(hidden []float32, labels []int32, lr float32, grad []float32) bool {
	clear(grad)
	ok := true
	if t.m.Loss == LossOneVsAll {
		for i := range t.m.dict.labels {
			ok = t.logistic(i, slices.Contains(labels, i), hidden, lr, grad) && ok
		}
		return ok
	}
	target := labels[t.rng.below(uint64(len(labels)))]
	switch t.m.Loss {
	case LossSoftmax:
		return t.softmax(target, hidden, lr, grad)
	case LossHierarchical:
		p := t.paths[target]
		for i, row := range p.rows {
			ok = t.logistic(row, p.right[i], hidden, lr, grad) && ok
		}
	case LossNegative:
		ok = t.logistic(target, true, hidden, lr, grad)
		for range t.m.Negatives {
			other := target
			for other == target {
				other = t.negative()
			}
			ok = t.logistic(other, false, hidden, lr, grad) && ok
		}
	}
	return ok
}

func (t *trainer) softmax(target int32, hidden []float32, lr float32, grad []float32) bool {
	t.out.products(t.scores, hidden)
	for _, v := range t.scores {
		if v != v {
			return false
		}
	}
	softmax(t.scores)
	for i, p := range t.scores {
		var label float32
		if int32(i) == target {
			label = 1
		}
		learn(t.out.row(int32(i)), hidden, grad, lr*(label-p))
	}
	return true
}

// logistic updates one row by a yes or no.
func (t *trainer) logistic(row int32, yes bool, hidden []float32, lr float32, grad []float32) bool {
	w := t.out.row(row)
	x := dot(w, hidden)
	if x != x {
		return false
	}
	var label float32
	if yes {
		label = 1
	}
	learn(w, hidden, grad, lr*(label-t.m.squash(x)))
	return true
}

func treePaths(tree []node, labels int) []path {
	parent, right := make([]int, len(tree)), make([]bool, len(tree))
	for i := labels; i < len(tree); i++ {
		parent[tree[i].left], parent[tree[i].right] = i, i
		right[tree[i].right] = true
	}
	paths := make([]path, labels)
	for i := range paths {
		for j := i; j != len(tree)-1; j = parent[j] {
			paths[i].rows = append(paths[i].rows, int32(parent[j]-labels))
			paths[i].right = append(paths[i].right, right[j])
		}
	}
	return paths
}

// negativeTable returns where each label ends in the table that fastText draws
// negatives from: it holds each label in proportion to the square root of its
// count. The size is fastText's.
func negativeTable(counts []int64) []uint64 {
	const size = 10000000
	var sum float32
	for _, n := range counts {
		sum = float32(float64(sum) + math.Sqrt(float64(n)))
	}
	var end uint64
	ends := make([]uint64, len(counts))
	for i, n := range counts {
		most := float32(math.Sqrt(float64(n))) * size / sum
		end += uint64(math.Ceil(float64(most)))
		ends[i] = end
	}
	return ends
}

// negative draws a label.
func (t *trainer) negative() int32 {
	at := t.rng.below(t.negatives[len(t.negatives)-1])
	return int32(sort.Search(len(t.negatives), func(i int) bool { return at < t.negatives[i] }))
}
