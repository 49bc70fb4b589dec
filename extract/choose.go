package extract

import (
	"math"
	"slices"

	"feilun/internal/forest"
)

// chance is the logistic function of a score, in 1/65536.
func chance(score int32) int64 {
	return int64(math.Round(65536 / (1 + math.Exp(-float64(score)/forest.Unit))))
}

// choose marks the blocks to keep: those above the score at which the expected
// F1 of the page's text is largest. With p the chance of a block to belong and
// n its words, keeping a set K gives an expected overlap o = Σ_K p·n and
// F1 ≈ 2o / (Σ_K n + Σ p·n); sorted by p, the best K is a prefix.
func (x *Extractor) choose(scores []int32) {
	n := len(x.blocks)
	x.order = grow(x.order, n)
	x.keep = grow(x.keep, n)
	clear(x.keep)
	var all int64
	for i := range x.blocks {
		x.order[i] = int32(i)
		all += chance(scores[i]) * int64(x.blocks[i].count.words)
	}
	slices.SortFunc(x.order, func(a, b int32) int {
		if scores[a] != scores[b] {
			return int(scores[b]) - int(scores[a])
		}
		return int(a - b)
	})
	var overlap, size int64
	best, upTo := -1.0, 0
	for k, i := range x.order {
		w := int64(x.blocks[i].count.words)
		overlap += chance(scores[i]) * w
		size += w << 16
		if f := float64(overlap) / float64(size+all); f > best {
			best, upTo = f, k+1
		}
	}
	for _, i := range x.order[:upTo] {
		x.keep[i] = true
	}
}
