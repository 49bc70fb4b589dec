package forest

// A Scorer scores many rows with one forest. It first works out which splits
// send all rows of a batch the same way, by the smallest and largest value of
// each column, and leaves those splits out: blocks of one page share most of
// their columns. It is for one goroutine.
type Scorer struct {
	f     *Forest
	low   []int16
	high  []int16
	nodes []uint32 // see [Scorer.prune]
	leaf  []int16  // by node; 0 for splits
	roots []int32
	base  int32
	queue [256]uint16
	group [256 * lanes]int16 // by column, lane
}

const (
	lanes = 4   // rows that walk a tree together, so that their loads overlap
	batch = 256 // most rows that are pruned for together
	least = 8   // fewer rows are not worth it
)

// NewScorer returns a Scorer for f.
func NewScorer(f *Forest) *Scorer {
	return &Scorer{f: f, low: make([]int16, f.width), high: make([]int16, f.width)}
}

// ScoreAll appends the scores of rows, which stand one after another with width
// columns each, to out. They equal those of [Forest.Score].
func (s *Scorer) ScoreAll(rows []int16, width int, out []int32) []int32 {
	if len(rows) == 0 { // width may not be known yet
		return out
	}
	for n := len(rows) / width; n > 0; {
		m := min(n, batch)
		out = s.batch(rows[:m*width], m, width, out)
		rows, n = rows[m*width:], n-m
	}
	return out
}

func (s *Scorer) batch(rows []int16, n, width int, out []int32) []int32 {
	i := 0
	if n >= least && s.f.narrow {
		s.ranges(rows, width)
		s.prune()
		for ; i+lanes <= n; i += lanes {
			for lane := range lanes {
				row := rows[(i+lane)*width:]
				for c, v := range row[:s.f.width] {
					s.group[c*lanes+lane] = v
				}
			}
			sums := s.walk()
			out = append(out, sums[:]...)
		}
	}
	for ; i < n; i++ {
		out = append(out, s.f.Score(rows[i*width:(i+1)*width]))
	}
	return out
}

// ranges finds the smallest and largest value of each column.
func (s *Scorer) ranges(rows []int16, width int) {
	low, high := s.low, s.high[:len(s.low)]
	copy(low, rows)
	copy(high, rows)
	for rows = rows[width:]; len(rows) > 0; rows = rows[width:] {
		row := rows[:len(low)]
		for c, v := range row {
			low[c] = min(low[c], v)
			high[c] = max(high[c], v)
		}
	}
}

// prune lays out what the ranges leave of each tree. A node has its feature in
// bits 0–7, left (relative to the root; right = left + 1) in 8–15 and cut in
// 16–31. A leaf is a split that leads to itself, so that a walk needs no branch
// but its end. A tree that comes down to a leaf is added to base.
func (s *Scorer) prune() {
	s.nodes, s.leaf, s.roots, s.base = s.nodes[:0], s.leaf[:0], s.roots[:0], s.f.base
	for _, root := range s.f.roots {
		tree := s.f.nodes[root:]
		first := s.settle(tree, 0)
		if tree[first].feature < 0 {
			s.base += int32(tree[first].cut)
			continue
		}
		at := len(s.nodes)
		s.roots = append(s.roots, int32(at))
		s.queue[0] = first
		for from, to := 0, 1; from < to; from++ {
			n := tree[s.queue[from]]
			if n.feature < 0 {
				s.nodes = append(s.nodes, (1<<15-1)<<16|uint32(from)<<8)
				s.leaf = append(s.leaf, n.cut)
				continue
			}
			s.nodes = append(s.nodes, uint32(uint16(n.cut))<<16|uint32(to)<<8|uint32(n.feature))
			s.leaf = append(s.leaf, 0)
			s.queue[to&255] = s.settle(tree, n.left)
			s.queue[(to+1)&255] = s.settle(tree, n.left+1)
			to += 2
		}
	}
	for range 255 { // a walk takes 256 nodes as a tree
		s.nodes, s.leaf = append(s.nodes, 0), append(s.leaf, 0)
	}
}

// settle follows the splits from node at that are the same for all rows.
func (s *Scorer) settle(tree []node, at uint16) uint16 {
	for {
		n := tree[at]
		switch {
		case n.feature < 0:
			return at
		case s.high[n.feature] <= n.cut:
			at = n.left
		case s.low[n.feature] > n.cut:
			at = n.left + 1
		default:
			return at
		}
	}
}

// walk sends the rows of a group down every tree.
func (s *Scorer) walk() [lanes]int32 {
	s0, s1, s2, s3 := s.base, s.base, s.base, s.base
	group := &s.group
	for _, root := range s.roots {
		tree := (*[256]uint32)(s.nodes[root:])
		leaf := (*[256]int16)(s.leaf[root:])
		var a, b, c, d uint8
		for {
			x, y, z, w := tree[a], tree[b], tree[c], tree[d]
			a1 := uint8(x>>8) + over(x, group[uint32(uint8(x))*lanes])
			b1 := uint8(y>>8) + over(y, group[uint32(uint8(y))*lanes+1])
			c1 := uint8(z>>8) + over(z, group[uint32(uint8(z))*lanes+2])
			d1 := uint8(w>>8) + over(w, group[uint32(uint8(w))*lanes+3])
			if (a^a1)|(b^b1)|(c^c1)|(d^d1) == 0 {
				break
			}
			a, b, c, d = a1, b1, c1, d1
		}
		s0 += int32(leaf[a])
		s1 += int32(leaf[b])
		s2 += int32(leaf[c])
		s3 += int32(leaf[d])
	}
	return [lanes]int32{s0, s1, s2, s3}
}

// over is 1 if v is greater than the node's cut, else 0.
func over(node uint32, v int16) uint8 {
	return uint8(uint32(int32(node)>>16-int32(v)) >> 31)
}
