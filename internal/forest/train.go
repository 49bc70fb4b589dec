package forest

import (
	"math"
	"slices"
)

// Data are the rows to learn from, column by column.
type Data struct {
	Columns [][]int16 // Columns[c][r]
	Target  []float64 // share of the row that is positive, 0..1
	Weight  []float64
	Group   []int32 // rows of one group are drawn together, such as those of one page
}

// Params steer [Train]. The method is gradient boosting on histograms with
// second-order gains (Friedman 2001; Chen and Guestrin 2016, equation 7),
// growing the leaf with the largest gain first (Ke et al. 2017).
type Params struct {
	Trees, Leaves int
	Rate          float64 // share of each step that is taken
	MinWeight     float64 // smallest sum of second derivatives in a leaf
	Lambda        float64 // shrinks leaf values
	Rows, Cols    float64 // share of groups and of columns drawn for a tree
	Seed          uint64
}

const maxBins = 64

// Train grows a forest. Equal data and parameters give an equal forest.
func Train(d Data, p Params) *Forest {
	t := newTrainer(d, p)
	f := &Forest{width: len(d.Columns), base: t.start()}
	for k := range p.Trees {
		t.draw(k)
		tree := t.grow()
		f.roots = append(f.roots, int32(len(f.nodes)))
		f.nodes = append(f.nodes, tree...)
		t.update(tree)
	}
	f.narrow = f.isNarrow()
	return f
}

type trainer struct {
	d     Data
	p     Params
	bins  [][]uint8 // by column, row
	cuts  [][]int16 // upper bound of each bin
	score []float64
	g, h  []float64
	rows  []int32 // drawn rows, permuted so that leaves are runs
	cols  []int
	spare []int32
}

func newTrainer(d Data, p Params) *trainer {
	n := len(d.Target)
	t := &trainer{d: d, p: p, score: make([]float64, n), g: make([]float64, n), h: make([]float64, n), spare: make([]int32, n)}
	for _, c := range d.Columns {
		cuts := quantiles(c)
		b := make([]uint8, n)
		for r, v := range c {
			at, _ := slices.BinarySearch(cuts, v)
			b[r] = uint8(at)
		}
		t.bins, t.cuts = append(t.bins, b), append(t.cuts, cuts)
	}
	return t
}

// quantiles returns at most maxBins ascending upper bounds that cover col.
func quantiles(col []int16) []int16 {
	s := slices.Clone(col)
	slices.Sort(s)
	distinct := slices.Compact(slices.Clone(s))
	if len(distinct) <= maxBins {
		return distinct
	}
	var cuts []int16
	for i := 1; i <= maxBins; i++ {
		v := s[(len(s)-1)*i/maxBins]
		if len(cuts) == 0 || v > cuts[len(cuts)-1] {
			cuts = append(cuts, v)
		}
	}
	return cuts
}

func (t *trainer) start() int32 {
	var pos, all float64
	for r, y := range t.d.Target {
		pos += y * t.d.Weight[r]
		all += t.d.Weight[r]
	}
	base := int32(math.Round(math.Log((pos+1e-9)/(all-pos+1e-9)) * Unit))
	for r := range t.score {
		t.score[r] = float64(base) / Unit
	}
	return base
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func chance(x uint64) float64 { return float64(mix(x)>>11) / (1 << 53) }

// draw picks the rows and columns of tree k and sets their derivatives.
func (t *trainer) draw(k int) {
	t.rows, t.cols = t.rows[:0], t.cols[:0]
	seed := mix(t.p.Seed<<20 + uint64(k))
	for r, y := range t.d.Target {
		if chance(seed^uint64(t.d.Group[r])<<1) >= t.p.Rows {
			continue
		}
		q := 1 / (1 + math.Exp(-t.score[r]))
		t.g[r] = (q - y) * t.d.Weight[r]
		t.h[r] = max(q*(1-q), 1e-6) * t.d.Weight[r]
		t.rows = append(t.rows, int32(r))
	}
	for c := range t.d.Columns {
		if len(t.cuts[c]) > 1 && chance(seed^uint64(c)<<1^1<<63) < t.p.Cols {
			t.cols = append(t.cols, c)
		}
	}
}

func (t *trainer) update(tree []node) {
	row := make([]int16, len(t.d.Columns))
	for r := range t.score {
		n := tree[0]
		for n.feature >= 0 {
			at := int(n.left)
			row[n.feature] = t.d.Columns[n.feature][r]
			if row[n.feature] > n.cut {
				at++
			}
			n = tree[at]
		}
		t.score[r] += float64(n.cut) / Unit
	}
}
