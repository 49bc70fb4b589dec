package forest

import "math"

type cell struct{ g, h float64 }

// A leaf is a run of the drawn rows, the histogram over them and the best
// split that was found.
type leaf struct {
	at       int // its node
	from, to int
	sum      cell
	hist     []cell // column-major, maxBins each, over the drawn columns
	gain     float64
	col, bin int
}

func (t *trainer) grow() []node {
	root := &leaf{to: len(t.rows)}
	t.fill(root)
	t.best(root)
	nodes := []node{{feature: -1}}
	leaves := []*leaf{root}
	for len(leaves) < t.p.Leaves {
		pick := -1
		for i, l := range leaves {
			if l.gain > 1e-9 && (pick < 0 || l.gain > leaves[pick].gain) {
				pick = i
			}
		}
		if pick < 0 {
			break
		}
		l := leaves[pick]
		a, b := t.split(l)
		a.at, b.at = len(nodes), len(nodes)+1
		nodes[l.at] = node{int16(t.cols[l.col]), t.cuts[t.cols[l.col]][l.bin], uint16(a.at)}
		nodes = append(nodes, node{feature: -1}, node{feature: -1})
		leaves[pick] = a
		leaves = append(leaves, b)
	}
	for _, l := range leaves {
		v := -l.sum.g / (l.sum.h + t.p.Lambda) * t.p.Rate * Unit
		nodes[l.at].cut = int16(math.Round(max(-30000, min(30000, v))))
	}
	return nodes
}

// fill sums the derivatives of the leaf's rows by column and bin.
func (t *trainer) fill(l *leaf) {
	l.hist = make([]cell, len(t.cols)*maxBins)
	rows := t.rows[l.from:l.to]
	for i, c := range t.cols {
		h := l.hist[i*maxBins : (i+1)*maxBins]
		b := t.bins[c]
		for _, r := range rows {
			k := &h[b[r]&(maxBins-1)]
			k.g += t.g[r]
			k.h += t.h[r]
		}
	}
	for _, r := range rows {
		l.sum.g += t.g[r]
		l.sum.h += t.h[r]
	}
}

func (t *trainer) value(c cell) float64 { return c.g * c.g / (c.h + t.p.Lambda) }

// best finds the split of l with the largest gain.
func (t *trainer) best(l *leaf) {
	whole := t.value(l.sum)
	for i, c := range t.cols {
		var left cell
		for bin := range len(t.cuts[c]) - 1 {
			k := l.hist[i*maxBins+bin]
			left.g += k.g
			left.h += k.h
			right := cell{l.sum.g - left.g, l.sum.h - left.h}
			if left.h < t.p.MinWeight || right.h < t.p.MinWeight {
				continue
			}
			if gain := t.value(left) + t.value(right) - whole; gain > l.gain {
				l.gain, l.col, l.bin = gain, i, bin
			}
		}
	}
}

// split parts the rows of l in place, keeping their order, and returns the two
// new leaves; the larger one's histogram is the difference.
func (t *trainer) split(l *leaf) (a, b *leaf) {
	bins, n, m := t.bins[t.cols[l.col]], l.from, 0
	for _, r := range t.rows[l.from:l.to] {
		if int(bins[r]) <= l.bin {
			t.rows[n] = r
			n++
		} else {
			t.spare[m] = r
			m++
		}
	}
	copy(t.rows[n:l.to], t.spare[:m])
	a, b = &leaf{from: l.from, to: n}, &leaf{from: n, to: l.to}
	small, large := a, b
	if n-l.from > m {
		small, large = b, a
	}
	t.fill(small)
	large.hist = l.hist
	for i, k := range small.hist {
		large.hist[i].g -= k.g
		large.hist[i].h -= k.h
	}
	large.sum = cell{l.sum.g - small.sum.g, l.sum.h - small.sum.h}
	l.hist = nil
	t.best(a)
	t.best(b)
	return a, b
}
