package plan

import (
	"fmt"
	"math"
)

// Compare plans the same run on several inventories.
func Compare(r Request, inventories [][]Group) ([]*Plan, error) {
	var out []*Plan
	for _, g := range inventories {
		q := r
		q.Groups = g
		p, err := Make(q)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Sweep plans the same run on growing numbers of each kind, from fewest to most
// by the given factor.
func Sweep(r Request, kinds []*Chip, fewest, most int, factor float64) ([]*Plan, error) {
	if fewest < 1 || most < fewest || most > maxChips || !(factor >= 1.05) {
		return nil, fmt.Errorf("a sweep runs from at least 1 chip upward by a factor of at least 1.05, got %d to %d by %v", fewest, most, factor)
	}
	var out []*Plan
	for _, c := range kinds {
		last := 0
		for f := float64(fewest); f <= float64(most)*1.0001; f *= factor {
			n := int(math.Round(f))
			if node := min(c.PerNode, 64); n > node {
				n = (n + node/2) / node * node
			}
			if n == last {
				continue
			}
			last = n
			q := r
			q.Groups = []Group{{N: n, Chip: c, Name: c.Name}}
			p, err := Make(q)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// ChipsFor returns how many chips of a kind finish a run in the given days: the
// smallest whole-node number found by bisection. When none does, the number is
// 0 and the plan the fastest there is (nil if the model fits on no number).
func ChipsFor(r Request, c *Chip, days float64) (int, *Plan) {
	node := min(c.PerNode, 64)
	var fastest *Plan
	try := func(nodes int) *Plan {
		q := r
		q.Groups = []Group{{N: nodes * node, Chip: c, Name: c.Name}}
		p, err := Make(q)
		if err != nil || !p.Feasible {
			return nil
		}
		if fastest == nil || p.Days < fastest.Days {
			fastest = p
		}
		if p.Days > days {
			return nil
		}
		return p
	}
	high := 1
	for try(high) == nil {
		if high *= 2; high*node > 4_000_000 {
			return 0, fastest
		}
	}
	low, best := high/2, try(high)
	for high-low > max(1, high/200) {
		mid := (low + high) / 2
		if p := try(mid); p != nil {
			high, best = mid, p
		} else {
			low = mid
		}
	}
	return high * node, best
}
