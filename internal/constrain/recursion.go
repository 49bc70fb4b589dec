package constrain

import "fmt"

// leftRecursive refuses rules that begin with themselves: a stack of them would grow
// without a byte being read. A rule that ends with itself grows none.
func (g *Grammar) leftRecursive(least []int) error {
	edges := make([][]leftEdge, len(g.alts))
	for r, alts := range g.alts {
		for _, at := range alts {
			for ; g.syms[at].kind == symRule; at++ {
				edges[r] = append(edges[r], leftEdge{g.syms[at].at, g.syms[at+1].kind != symEnd})
				if least[g.syms[at].at] > 0 {
					break
				}
			}
		}
	}
	group := components(edges)
	for r, list := range edges {
		for _, e := range list {
			if e.grows && group[r] == group[e.to] {
				return fmt.Errorf("%w: a rule begins with itself; write it with a repetition (x ::= y (op y)*)", ErrGrammar)
			}
		}
	}
	return nil
}

// A leftEdge leads to a rule that another may begin with; grows where something follows.
type leftEdge struct {
	to    int32
	grows bool
}

// components numbers the strongly connected components of a graph (Tarjan, 1972), without
// recursion, which long chains of rules would make deep.
func components(edges [][]leftEdge) []int {
	n := len(edges)
	group, index, low := make([]int, n), make([]int, n), make([]int, n)
	next, groups := make([]int, n), 0
	var path, open []int
	count := 0
	for root := range n {
		if index[root] != 0 {
			continue
		}
		path = append(path, root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				count++
				index[v], low[v] = count, count
				open = append(open, v)
			}
			if next[v] < len(edges[v]) {
				w := int(edges[v][next[v]].to)
				next[v]++
				if index[w] == 0 {
					path = append(path, w)
				} else if group[w] == 0 {
					low[v] = min(low[v], index[w])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				u := path[len(path)-1]
				low[u] = min(low[u], low[v])
			}
			if low[v] == index[v] {
				groups++
				for group[v] == 0 {
					w := open[len(open)-1]
					open, group[w] = open[:len(open)-1], groups
				}
			}
		}
	}
	return group
}
