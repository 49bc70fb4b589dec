package tensor

// attendTokens is how many tokens a block of keys and values has.
const attendTokens = groupCols

// An Attention is attention of one query to keys and values in blocks of 64 tokens: keys are
// matrices of bfloat16 of tokens × a head's width, values of a head's width × tokens. It
// keeps its memory for the next one.
type Attention struct {
	keys, values []pointer
	x            []float32 // of bfloat16
	score        []float32
}

// Attends reports whether there are kernels for heads of a width.
func (c *CPU) Attends(width int) bool { return c.level >= attendLevel && width%groupCols == 0 }

// Reset takes all blocks away.
func (a *Attention) Reset() { a.keys, a.values = a.keys[:0], a.values[:0] }

// Add adds a block, behind the others.
func (a *Attention) Add(keys, values *QuantMatrix) {
	a.keys, a.values = append(a.keys, pointer(&keys.data[0])), append(a.values, pointer(&values.data[0]))
}

// Attend sets y to what a query, as wide as y, gets from the tokens from first to last, a
// number of them among those of the blocks: the sum of values weighted by the softmax of the
// products of keys with the query. It has the bits of the same in steps, by [CPU.MatVecsAlone],
// [CPU.Softmax] and sums of blocks in order. [CPU.Attends] has to be true.
func (c *CPU) Attend(a *Attention, y, query []float32, first, last int) {
	n, width := len(a.keys), len(y)
	all := n * attendTokens
	if len(a.score) < all || len(a.x) < max(all, width)/2 {
		a.score, a.x = Floats(2*all), Floats(max(2*all, width))
	}
	half := Halves(a.x)
	c.ToBF16(half[:width], query)
	attendKeys512((last+2*tileRows-1)/(2*tileRows), width/groupCols, pointer(&a.keys[0]), pointer(&a.x[0]), pointer(&a.score[0]))
	score := a.score[:all]
	c.Softmax(score[first:last])
	clear(score[:first])
	clear(score[last:])
	c.ToBF16(half[:all], score)
	attendValues512(n, width/tileRows, (last-(n-1)*attendTokens+3)/4, pointer(&a.values[0]), pointer(&a.x[0]), pointer(&y[0]))
}
