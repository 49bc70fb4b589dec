package fasttext

import (
	"fmt"
	"math"
)

// A Label is one answer of a classifier.
type Label struct {
	Name string  // as in the model, with its "__label__"
	Prob float32 // as fastText prints it; up to 1.00001
}

// A Predictor is a model with scratch space: one goroutine at a time.
type Predictor struct {
	m      *Model
	names  []string
	f      featurizer
	text   []byte
	hidden []float32
	sums   []float64 // in place of hidden, of a collapsed model
	scores []float32
	heap   []scored
	out    []Label
}

// Predictor returns a predictor for one goroutine.
func (m *Model) Predictor() *Predictor { return m.predictor(m.Labels()) }

// Clone returns a predictor for another goroutine.
func (p *Predictor) Clone() *Predictor { return p.m.predictor(p.names) }

func (m *Model) predictor(names []string) *Predictor {
	p := &Predictor{m: m, names: names, f: m.featurizer(), scores: make([]float32, len(names))}
	if m.flat != nil {
		p.sums = make([]float64, m.flat.cols)
	} else {
		p.hidden = make([]float32, m.Dim)
	}
	return p
}

// read finds the features of text, one line.
func (p *Predictor) read(text string) {
	p.text = append(p.text[:0], text...)
	p.f.line(p.text, 0, true)
}

// Predict returns the k best labels for text as one line (see [Predictor.Predict]).
func (m *Model) Predict(text string, k int, threshold float32) []Label {
	return m.Predictor().Predict(text, k, threshold)
}

// Predict returns the k best labels of text, best first, whose probability
// is at least threshold; k < 1 asks for all. Text is taken as one line: line
// feeds are spaces. Nothing is returned for text without a known feature. The
// slice is valid until the next call.
func (p *Predictor) Predict(text string, k int, threshold float32) []Label {
	p.out, p.heap = p.out[:0], p.heap[:0]
	p.read(text)
	if len(p.f.rows) == 0 {
		return p.out
	}
	if k < 1 || k > len(p.names) {
		k = len(p.names)
	}
	p.hide()
	switch p.m.Loss {
	case LossHierarchical:
		p.descend(k, logOf(threshold), int32(len(p.m.tree)-1), 0)
	default:
		p.scoreAll()
		p.best(k, threshold)
	}
	sortHeap(p.heap)
	for _, s := range p.heap {
		p.out = append(p.out, Label{p.names[s.label], exp32(s.score)})
	}
	return p.out
}

// hide averages the rows of the features.
func (p *Predictor) hide() {
	if p.m.flat != nil {
		p.m.flat.average(p.sums, p.f.rows, len(p.f.rows)+p.f.more)
		return
	}
	if d, ok := p.m.input.(*dense); ok {
		average(p.hidden, d.data, p.f.rows)
		return
	}
	clear(p.hidden)
	for _, r := range p.f.rows {
		p.m.input.addRow(p.hidden, r)
	}
	scale(p.hidden, len(p.f.rows))
}

// scoreAll fills p.scores with probabilities: softmax, or one sigmoid each.
func (p *Predictor) scoreAll() {
	if p.m.flat != nil {
		p.scoreFlat()
		return
	}
	p.products()
	if p.m.Loss != LossSoftmax {
		for i, v := range p.scores {
			p.scores[i] = p.m.squash(v)
		}
		return
	}
	softmax(p.scores)
}

// softmax turns scores into probabilities.
func softmax(x []float32) {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	var z float32
	for i, v := range x {
		x[i] = float32(math.Exp(float64(float32(v - top))))
		z += x[i]
	}
	for i := range x {
		x[i] /= z
	}
}

// products sets p.scores to output·hidden.
func (p *Predictor) products() {
	if d, ok := p.m.output.(*dense); ok {
		d.products(p.scores, p.hidden)
		return
	}
	for i := range p.scores {
		p.scores[i] = p.m.output.dotRow(p.hidden, int32(i))
	}
}

// logOf is fastText's logarithm, which knows no minus infinity.
func logOf(p float32) float32 { return float32(math.Log(float64(p) + 1e-5)) }

// Steps and range of fastText's table of the logistic function.
const (
	sigmoidSteps = 512
	sigmoidMax   = 8
)

func sigmoidTable() []float32 {
	t := make([]float32, sigmoidSteps+1)
	for i := range t {
		x := float32(i*2*sigmoidMax)/sigmoidSteps - sigmoidMax
		t[i] = float32(1 / (1 + float64(exp32(-x))))
	}
	return t
}

func (m *Model) squash(x float32) float32 {
	switch {
	case x < -sigmoidMax:
		return 0
	case x > sigmoidMax:
		return 1
	case x != x:
		return x
	}
	return m.sigmoid[int(float32(x+sigmoidMax)*sigmoidSteps/sigmoidMax/2)]
}

// A node of the tree of hierarchical softmax; leaves are the labels, in order.
type node struct{ left, right int32 }

// buildTree makes the Huffman tree from label counts in descending order, by
// fastText's rules for ties.
func buildTree(counts []int64) ([]node, error) {
	const unknown = 1e15
	n := len(counts)
	tree, count, depth := make([]node, 2*n-1), make([]int64, 2*n-1), make([]int32, 2*n-1)
	for i := range tree {
		tree[i], count[i] = node{-1, -1}, unknown
	}
	copy(count, counts)
	leaf, next := n-1, n
	for i := n; i < 2*n-1; i++ {
		var pick [2]int
		for j := range pick {
			if leaf >= 0 && count[leaf] < count[next] {
				pick[j] = leaf
				leaf--
			} else {
				pick[j] = next
				next++
			}
			if pick[j] >= i { // only counts beyond any file's let it get here
				return nil, fmt.Errorf("label counts over %g", unknown)
			}
		}
		tree[i], count[i] = node{int32(pick[0]), int32(pick[1])}, count[pick[0]]+count[pick[1]]
		if depth[i] = 1 + max(depth[pick[0]], depth[pick[1]]); depth[i] > maxDepth {
			return nil, fmt.Errorf("label tree deeper than %d", maxDepth)
		}
	}
	return tree, nil
}

// descend walks the tree to the k best leaves, left before right.
func (p *Predictor) descend(k int, least float32, at int32, score float32) {
	if score < least || len(p.heap) == k && score < p.heap[0].score {
		return
	}
	n := p.m.tree[at]
	if n.left < 0 {
		p.keep(k, scored{score, at})
		return
	}
	f := float32(1 / float64(1+exp32(-p.turn(at-int32(len(p.names))))))
	p.descend(k, least, n.left, score+logOf(float32(1-float64(f))))
	p.descend(k, least, n.right, score+logOf(f))
}

// turn is the product that decides at an inner node of the tree.
func (p *Predictor) turn(node int32) float32 {
	if p.m.flat != nil {
		return float32(p.sums[node])
	}
	return p.m.output.dotRow(p.hidden, node)
}

// best puts the k likeliest labels into the heap.
func (p *Predictor) best(k int, threshold float32) {
	for i, v := range p.scores {
		if v < threshold {
			continue
		}
		if s := logOf(v); len(p.heap) < k || !(s < p.heap[0].score) {
			p.keep(k, scored{s, int32(i)})
		}
	}
}

func (p *Predictor) keep(k int, s scored) {
	p.heap = pushHeap(p.heap, s)
	if len(p.heap) > k {
		p.heap = popHeap(p.heap)
	}
}

// Labels returns the labels in model order; the slice must not be changed.
func (p *Predictor) Labels() []string { return p.names }
