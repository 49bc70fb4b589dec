package forest

// A step is a node packed for [Forest.ScoreAll]: from the top a bit that says
// leaf, 15 bits of feature, 16 of cut, 16 of the left child's place relative to
// the tree's root, 16 of a leaf's value. A leaf leads to itself.
type step uint64

const isLeaf step = 1 << 63

func (s step) value() int32 { return int32(int16(s)) }

// next is the place of the child that row goes to.
func (s step) next(row []int16) int {
	v := row[s>>48&0x7fff]
	return int(s>>16&0xffff) + int(uint64(int64(int16(s>>32))-int64(v))>>63)
}

// layOut packs the nodes for ScoreAll.
func (f *Forest) layOut() {
	f.steps = make([]step, len(f.nodes)+1) // a leaf's right child is never taken, but must exist
	for t, root := range f.roots {
		end := len(f.nodes)
		if t+1 < len(f.roots) {
			end = int(f.roots[t+1])
		}
		for i, n := range f.nodes[root:end] {
			if n.feature < 0 {
				f.steps[int(root)+i] = isLeaf | 32767<<32 | step(i)<<16 | step(uint16(n.cut))
			} else {
				f.steps[int(root)+i] = step(n.feature)<<48 | step(uint16(n.cut))<<32 | step(n.left)<<16
			}
		}
	}
}

// chunk is how many rows are scored together: they stay in the cache while the
// trees stream by.
const chunk = 32

// ScoreAll sets scores to [Forest.Score] of each of the rows, which lie one
// behind the other, width columns each. It walks four rows at once, so that
// their loads overlap.
func (f *Forest) ScoreAll(rows []int16, width int, scores []int32) {
	for len(scores) > 0 {
		n := min(chunk, len(scores))
		f.scoreChunk(rows[:n*width], width, scores[:n])
		rows, scores = rows[n*width:], scores[n:]
	}
}

func (f *Forest) scoreChunk(rows []int16, width int, scores []int32) {
	n := len(scores)
	if f.width == 0 {
		for i := range scores {
			scores[i] = f.Score(rows[i*width : (i+1)*width])
		}
		return
	}
	for i := range scores {
		scores[i] = f.base
	}
	for _, root := range f.roots {
		tree := f.steps[root:]
		i := 0
		for ; i+4 <= n; i += 4 {
			a, b := rows[i*width:(i+1)*width], rows[(i+1)*width:(i+2)*width]
			c, d := rows[(i+2)*width:(i+3)*width], rows[(i+3)*width:(i+4)*width]
			p := tree[0]
			q, r, s := p, p, p
			for p&q&r&s < isLeaf {
				p, q, r, s = tree[p.next(a)], tree[q.next(b)], tree[r.next(c)], tree[s.next(d)]
			}
			scores[i] += p.value()
			scores[i+1] += q.value()
			scores[i+2] += r.value()
			scores[i+3] += s.value()
		}
		for ; i < n; i++ {
			p := tree[0]
			for p < isLeaf {
				p = tree[p.next(rows[i*width:(i+1)*width])]
			}
			scores[i] += p.value()
		}
	}
}
