package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"feilun/internal/hint"
)

// A Question fixes what a layout search may not change. Zero fields of Fixed
// are free; RecomputeSet marks Fixed.Recompute as fixed.
type Question struct {
	Model        *Model
	Work         Workload
	Cluster      Cluster
	Fixed        Layout
	RecomputeSet bool
	ZeroSet      bool
	FusedSet     bool
	Co           *Coefficients
	// Room replaces the chip's memory, bytes, for rows that ran although no layout
	// fits by this model (offloading, a leaner stack).
	Room float64
	// Old keeps to what stacks of 2021 could do: at most ZeRO-1.
	Old bool
}

// A Found is one layout with its predicted time and memory.
type Found struct {
	Layout  Layout
	Times   Times
	Memory  MemoryParts
	Seconds float64
}

// A Searched is the outcome of a search.
type Searched struct {
	Best       []Found // fastest first, at most ten
	Considered int     // candidate layouts
	Fitting    int     // of these, in memory
	Smallest   Found   // the layout that needs the least memory
}

// usable is the share of a chip's memory a run can fill before it thrashes.
const usable = 0.97

// Search tries every layout that divides the chips and returns the fastest
// that fit. The error says why none does and what would.
func Search(q *Question) (*Searched, error) {
	rates := RatesFor(&q.Cluster, q.Work.Precision, q.Co)
	out := &Searched{}
	limit := cmp.Or(q.Room, q.Cluster.Chip.MemoryGB*gib*usable)
	q.each(func(l *Layout) {
		out.Considered++
		mem := Memory(q.Model, l, &q.Work, q.Co)
		total := mem.Total()
		if out.Smallest.Seconds == 0 || total < out.Smallest.Memory.Total() {
			out.Smallest = Found{Layout: *l, Memory: mem, Seconds: -1}
		}
		if total > limit {
			return
		}
		out.Fitting++
		t := StepTime(q.Model, l, &q.Work, &rates)
		// A batch that does not divide is rounded up in practice: compare per sequence.
		whole := float64(l.Micros*l.MicroBatch*l.DP) / float64(q.Work.Batch)
		out.keep(Found{Layout: *l, Times: t, Memory: mem, Seconds: t.Total() / whole})
	})
	if len(out.Best) == 0 {
		return out, q.why(out)
	}
	return out, nil
}

// SearchAtMost is [Search] that may leave chips idle, where the batch, the layers
// or the experts do not divide by all of them: it also tries the rounder numbers
// below. The cluster of the answer holds the chips in use.
func SearchAtMost(q *Question) (*Searched, Cluster, error) {
	all, err := Search(q)
	best, used := all, q.Cluster
	for _, n := range rounder(q.Cluster.N, q.Cluster.PerNode) {
		fewer := *q
		fewer.Cluster.N = n
		s, bad := Search(&fewer)
		all.Considered += s.Considered
		all.Fitting += s.Fitting
		if bad == nil && (err != nil || s.Best[0].Seconds < best.Best[0].Seconds*0.999) {
			best, used, err = s, fewer.Cluster, nil
		}
	}
	best.Considered, best.Fitting = all.Considered, all.Fitting
	return best, used, err
}

// rounder lists the numbers below n, on whole nodes, that divide by more powers
// of two, and three quarters, half and a quarter of the largest of them.
func rounder(n, node int) []int {
	node = max(1, min(node, 64))
	var out []int
	power := 1
	for power*2 <= n {
		power *= 2
	}
	for bit := 1; bit <= power; bit *= 2 {
		if r := n / bit * bit; r < n && (r%node == 0 || r < node) && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, r := range []int{power / 4 * 3, power / 2, power / 4} {
		if r > 0 && r%node == 0 {
			out = append(out, r)
		}
	}
	return out
}

func (s *Searched) keep(f Found) {
	const most = 10
	if len(s.Best) == most && f.Seconds >= s.Best[most-1].Seconds {
		return
	}
	i, _ := slices.BinarySearchFunc(s.Best, f, func(a, b Found) int { return cmp.Compare(a.Seconds, b.Seconds) })
	for i < len(s.Best) && s.Best[i].Seconds == f.Seconds { // the earlier, simpler candidate stays ahead
		i++
	}
	s.Best = slices.Insert(s.Best, i, f)
	s.Best = s.Best[:min(most, len(s.Best))]
}

func (q *Question) why(s *Searched) error {
	n := q.Cluster.N
	if fixed := q.fixed(); s.Considered == 0 && fixed != "" {
		return hint.With(fmt.Errorf("no layout with %s divides %d chips for %s (%d layers, %d heads) with a batch of %d sequences", fixed, n, q.Model.Name, q.Model.Layers, q.Model.Heads, q.Work.Batch),
			"leave "+fixed+" out to have it chosen, or use sizes whose product divides the chips, --tp a divisor of the heads")
	}
	if node := q.Cluster.PerNode; n > node && n%node != 0 {
		return hint.With(fmt.Errorf("%d chips cannot be cut into equal groups that hold %s", n, q.Model.Name),
			fmt.Sprintf("use a multiple of %d chips, such as %d or %d", node, n/node*node, n/node*node+node))
	}
	if most := q.Work.Batch * 8 * min(64, q.Model.Layers); n > most {
		return hint.With(fmt.Errorf("no layout divides %d chips for %s with a batch of %d sequences", n, q.Model.Name, q.Work.Batch),
			fmt.Sprintf("a batch of %d sequences feeds at most about %d chips; use fewer chips or a larger --batch", q.Work.Batch, most))
	}
	if s.Considered == 0 {
		return hint.With(fmt.Errorf("no layout divides %d chips for %s with a batch of %d sequences", n, q.Model.Name, q.Work.Batch),
			fmt.Sprintf("use a multiple of %d chips, or a batch of at least as many sequences as data-parallel ranks", q.Cluster.PerNode))
	}
	need := s.Smallest.Memory.Total()
	have := q.Cluster.Chip.MemoryGB * gib
	return hint.With(fmt.Errorf("%s does not fit on %d× %s: the smallest layout (%s) needs %.0f GiB per chip of %.0f",
		q.Model.Name, n, q.Cluster.Chip.Name, s.Smallest.Layout.String(), need/gib, have/gib), q.wouldFit(need))
}

// fixed lists the sizes a user fixed, as flags.
func (q *Question) fixed() string {
	var out []string
	for _, f := range []struct {
		name string
		size int
	}{{"tp", q.Fixed.TP}, {"pp", q.Fixed.PP}, {"vp", q.Fixed.VP}, {"dp", q.Fixed.DP}, {"cp", q.Fixed.CP}, {"ep", q.Fixed.EP}, {"micro-batch", q.Fixed.MicroBatch}} {
		if f.size > 0 {
			out = append(out, fmt.Sprintf("--%s %d", f.name, f.size))
		}
	}
	return strings.Join(out, " ")
}

// wouldFit says how many of these chips, or how small a model, would do: the
// states of mixed-precision Adam take 16 bytes a parameter over all chips.
func (q *Question) wouldFit(need float64) string {
	c := q.Cluster.Chip
	room := max(1, c.MemoryGB*usable-q.Co.Context-0.2*c.MemoryGB) * gib
	chips := int(16*q.Model.Params()/room) + 1
	chips = (chips + q.Cluster.PerNode - 1) / q.Cluster.PerNode * q.Cluster.PerNode
	small := float64(q.Cluster.N) * room / 18
	if chips <= q.Cluster.N {
		return fmt.Sprintf("a shorter sequence or smaller micro-batch would fit: %.0f GiB is mostly activations", need/gib)
	}
	return fmt.Sprintf("about %d such chips hold it, or a model of up to %s on these %d", chips, Count(small), q.Cluster.N)
}

// each yields the candidate layouts in a fixed order, simple ones first.
func (q *Question) each(yield func(*Layout)) {
	m := q.Model
	for _, tp := range choose(q.Fixed.TP, tensorSizes(m, q.Cluster.PerNode)) {
		for _, cp := range choose(q.Fixed.CP, contextSizes(q.Work.Seq)) {
			for _, pp := range choose(q.Fixed.PP, stageCounts(m, q.Cluster.N/max(1, tp*cp))) {
				group := tp * cp * pp
				if group < 1 || q.Cluster.N%group != 0 || pp > m.Layers || tp > m.Heads {
					continue
				}
				dp := q.Cluster.N / group
				if q.Fixed.DP > 0 && q.Fixed.DP != dp {
					continue
				}
				l := Layout{TP: tp, CP: cp, PP: pp, DP: dp}
				q.fill(&l, yield)
			}
		}
	}
}

// fill varies what does not change the grid of chips.
func (q *Question) fill(l *Layout, yield func(*Layout)) {
	vps, sizes := chunks(q.Model, l.PP), microSizes(q.Work.Batch, l.DP)
	for _, ep := range choose(q.Fixed.EP, expertSizes(q.Model, l)) {
		l.EP = ep
		for _, vp := range choose(q.Fixed.VP, vps) {
			l.VP = vp
			for _, b := range choose(q.Fixed.MicroBatch, sizes) {
				l.MicroBatch = b
				l.Micros = max(1, (q.Work.Batch+l.DP*b-1)/(l.DP*b))
				if vp > 1 && l.Micros%l.PP != 0 {
					continue
				}
				q.memoryChoices(l, yield)
			}
		}
	}
}

func (q *Question) memoryChoices(l *Layout, yield func(*Layout)) {
	zeros := []int{1, 2, 3}
	switch {
	case q.ZeroSet:
		zeros = []int{q.Fixed.Zero}
	case l.DP == 1:
		zeros = []int{0}
	case l.PP > 1 || q.Old:
		zeros = []int{1} // sharded gradients and weights would be gathered once per micro-batch
	}
	schemes := []Recompute{RecomputeNone, RecomputeSelective, RecomputeFull}
	if q.RecomputeSet {
		schemes = []Recompute{q.Fixed.Recompute}
	}
	for _, z := range zeros {
		for _, r := range schemes {
			l.Zero, l.Recompute = z, r
			l.Fused = q.Fixed.Fused
			if !q.FusedSet {
				l.Fused = fusedStack(q.Cluster.Chip, q.Work.Precision, q.Fixed.Recompute, q.RecomputeSet, l.TP, l.PP)
			}
			l.Fast = l.Fused && fastStack(q.Cluster.Chip, l, q.ZeroSet)
			l.Sequence = l.TP > 1 && (q.Fixed.Sequence || l.Fused)
			yield(l)
		}
	}
}

func choose(fixed int, free []int) []int {
	if fixed > 0 {
		return []int{fixed}
	}
	return free
}

func tensorSizes(m *Model, node int) []int {
	var out []int
	for t := 1; t <= min(16, max(node, 8)) && t <= m.Heads; t *= 2 {
		if m.Hidden%t == 0 && m.Heads%t == 0 {
			out = append(out, t)
		}
	}
	return out
}

func contextSizes(seq int) []int {
	out := []int{1}
	for c := 2; c <= 64 && seq/c >= 8192; c *= 2 {
		out = append(out, c)
	}
	return out
}

func stageCounts(m *Model, most int) []int {
	var out []int
	for p := 1; p <= min(most, m.Layers, 64); p++ {
		if most%p == 0 && (m.Layers%p == 0 || (m.Layers+2)%p == 0 || p*4 <= m.Layers) {
			out = append(out, p)
		}
	}
	return out
}

func chunks(m *Model, pp int) []int {
	out := []int{1}
	if pp > 1 {
		for v := 2; v <= 12; v++ {
			if m.Layers%(pp*v) == 0 || (m.Layers+2)%(pp*v) == 0 {
				out = append(out, v)
			}
		}
	}
	return out
}

func expertSizes(m *Model, l *Layout) []int {
	if m.Experts == 0 {
		return []int{1}
	}
	var out []int
	for e := 1; e <= min(m.Experts, l.DP*l.CP*l.TP); e *= 2 {
		if m.Experts%e == 0 && (l.DP*l.CP*l.TP)%e == 0 {
			out = append(out, e)
		}
	}
	return out
}

func microSizes(batch, dp int) []int {
	var out []int
	for _, b := range []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64} {
		if batch%dp == 0 && batch/dp%b != 0 {
			continue // an even split exists: keep to it
		}
		if b == 1 && dp <= batch || dp*b <= batch {
			out = append(out, b)
		}
	}
	return out
}
