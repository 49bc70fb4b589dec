package extract

// A ring is the blocks [from, to) below one of the containers around a block.
type ring struct{ from, to int32 }

const (
	rings        = 5
	contextWidth = 2 + 10 + rings*2 + 6
)

// A context computes the columns that the second forest sees beyond the row of
// a block: what the first forest said of the block and of those around it.
type context struct {
	rings  [][rings]ring
	group  []int32 // by block, entry in the table of repeated structure
	words  []int32
	scores []int32

	mass, size []int64 // prefix sums of chance·words and of words
	gMass      []int64
	gSize      []int64
}

// sumUp prepares the prefix sums.
func (c *context) sumUp(groups int) {
	n := len(c.words)
	c.mass, c.size = grow(c.mass, n+1), grow(c.size, n+1)
	c.gMass, c.gSize = grow(c.gMass, groups), grow(c.gSize, groups)
	clear(c.gMass)
	clear(c.gSize)
	c.mass[0], c.size[0] = 0, 0
	for i, w := range c.words {
		n := int64(w) + 1
		m := chance(c.scores[i]) * n
		c.mass[i+1], c.size[i+1] = c.mass[i]+m, c.size[i]+n
		c.gMass[c.group[i]] += m
		c.gSize[c.group[i]] += n
	}
}

// mean is the mean chance of the blocks [from, to), in 1/16384; -1 for none.
func (c *context) mean(from, to int32) int16 {
	if from >= to {
		return -1
	}
	return int16((c.mass[to] - c.mass[from]) / (c.size[to] - c.size[from]) / 4)
}

// columns appends the context of block i to row.
func (c *context) columns(row []int16, i int) []int16 {
	n := int32(len(c.words))
	own := clamp(c.scores[i])
	row = append(row, own, c.mean(0, n))
	for _, d := range [...]int{-5, -4, -3, -2, -1, 1, 2, 3, 4, 5} {
		if j := i + d; j >= 0 && j < int(n) {
			row = append(row, clamp(c.scores[j]))
		} else {
			row = append(row, -32000)
		}
	}
	for _, r := range c.rings[i] {
		m := c.mean(r.from, r.to)
		row = append(row, m, c.mean(r.from, int32(i)))
	}
	g := c.group[i]
	row = append(row, int16(c.gMass[g]/max(1, c.gSize[g])/4))
	k := int32(i)
	row = append(row, c.mean(0, k), c.mean(k+1, n), c.mean(max(0, k-10), k), c.mean(k+1, min(n, k+11)))
	return append(row, c.mean(max(0, k-3), min(n, k+4)))
}

func clamp(v int32) int16 { return int16(max(-32000, min(32000, v))) }

// around notes the containers of each block for the context.
func (x *Extractor) around() {
	c := &x.context
	n := len(x.blocks)
	c.rings, c.group, c.words = grow(c.rings, n), grow(c.group, n), grow(c.words, n)
	for i := range x.blocks {
		b := &x.blocks[i]
		c.group[i], c.words[i] = b.repeat, b.count.words
		at := b.box
		for k := range rings {
			s := &x.sums[at]
			c.rings[i][k] = ring{s.first - 1, s.first - 1 + s.blocks}
			at = x.up(at)
		}
	}
}
