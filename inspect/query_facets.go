package inspect

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
	"strings"

	"feilun/internal/stats"
)

// A ranked is a heap of the best documents by an order, worst on top.
type ranked []rankedDoc

type rankedDoc struct {
	by float64 // small is good
	n  int
}

func (h ranked) Len() int { return len(h) }
func (h ranked) Less(i, j int) bool {
	return h[i].by > h[j].by || h[i].by == h[j].by && h[i].n > h[j].n
}
func (h ranked) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *ranked) Push(x any)   { *h = append(*h, x.(rankedDoc)) }
func (h *ranked) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (s *search) rank(n int, r *record) {
	x, ok := s.score(n, r)
	by := math.Inf(1)
	switch {
	case !ok:
	case s.Order == "near":
		by = math.Abs(x - s.query.Limit)
	case s.Order == "high":
		by = -x
	default:
		by = x
	}
	most := min(s.From+s.Count, orderMost)
	d := rankedDoc{by, n}
	if len(s.best) == most {
		if most == 0 || s.best[0].by < by || s.best[0].by == by {
			return
		}
		heap.Pop(&s.best)
	}
	heap.Push(&s.best, d)
}

// finish turns the counts into lists and reads the ordered documents.
func (s *search) finish() error {
	if s.Order != "" {
		slices.SortFunc(s.best, func(a, b rankedDoc) int { return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(a.n, b.n)) })
		for _, d := range s.best[min(s.From, len(s.best)):] {
			r, err := s.x.record(d.n)
			if err != nil {
				return err
			}
			if err := s.hit(d.n, &r); err != nil {
				return err
			}
		}
	}
	last := s.From + len(s.ans.Docs)
	s.ans.More = last < s.ans.Found && (s.Order == "" || last < orderMost)
	s.ans.States, s.ans.Langs, s.ans.Labels = facetOf(s.counts.states), facetOf(s.counts.langs), facetOf(s.counts.labels)
	s.ruleFacets()
	s.hostFacet()
	s.ans.Scores = s.scoreFacet()
	return nil
}

func facetOf(m map[string]int) facet {
	f := facet{}
	for name, n := range m {
		f = append(f, facetItem{name, n})
	}
	slices.SortFunc(f, func(a, b facetItem) int { return cmp.Or(cmp.Compare(b.Docs, a.Docs), cmp.Compare(a.Name, b.Name)) })
	return f
}

func (s *search) ruleFacets() {
	s.ans.Rules = []ruleFacet{}
	for i, r := range s.x.t.Rules {
		n := s.counts.rules[i]
		if r.Cut {
			n = s.counts.bits[r.Bit]
		}
		if n > 0 || s.Rule != "" && s.rules[i] {
			s.ans.Rules = append(s.ans.Rules, ruleFacet{r, n})
		}
	}
	slices.SortStableFunc(s.ans.Rules, func(a, b ruleFacet) int { return cmp.Compare(b.Docs, a.Docs) })
}

func (s *search) hostFacet() {
	s.ans.Hosts = facet{}
	part := strings.ToLower(s.query.Hosts)
	for i, n := range s.counts.hosts {
		if n > 0 && strings.Contains(s.x.t.Hosts[i], part) {
			s.ans.Hosts = append(s.ans.Hosts, facetItem{s.x.t.Hosts[i], int(n)})
		}
	}
	slices.SortFunc(s.ans.Hosts, func(a, b facetItem) int { return cmp.Or(cmp.Compare(b.Docs, a.Docs), cmp.Compare(a.Name, b.Name)) })
	s.ans.Hosts = s.ans.Hosts[:min(len(s.ans.Hosts), hostsMost)]
}

// scoreFacet draws the bins of stats together into equal ones.
func (s *search) scoreFacet() *scoreFacet {
	c := &s.counts
	if len(c.kept)+len(c.dropped) == 0 {
		return nil
	}
	f := &scoreFacet{Min: min(0, c.low), Max: max(1, c.high), Kept: make([]int, scoreBins), Dropped: make([]int, scoreBins)}
	for _, side := range []struct {
		bins map[int]int
		out  []int
	}{{c.kept, f.Kept}, {c.dropped, f.Dropped}} {
		for bin, n := range side.bins {
			at := (stats.BinStart(bin) - f.Min) / (f.Max - f.Min) * scoreBins
			side.out[max(0, min(scoreBins-1, int(at+1e-9)))] += n
		}
	}
	return f
}
