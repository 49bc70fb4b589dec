package tensor

import "unsafe"

// attendTokens is how many tokens a block of keys and values has.
const attendTokens = groupCols

// An Attention is attention of one query to keys and values in blocks of 64 tokens. A block
// is memory that has, for several heads, keys, a matrix of bfloat16 of tokens × the head's
// width, and behind them values, one of width × tokens, both as [QuantMatrixIn] takes them.
// It keeps its memory for the next one.
type Attention struct {
	blocks []pointer
	x      []float32 // of bfloat16
	score  []float32
}

// Attends reports whether there are kernels for heads of a width.
func (c *CPU) Attends(width int) bool {
	d := c.alone(WeightsBF16)
	return d.half && d.pair != nil && width%groupCols == 0
}

// Reset takes all blocks away.
func (a *Attention) Reset() { a.blocks = a.blocks[:0] }

// Add adds a block, behind the others.
func (a *Attention) Add(block []byte) { a.blocks = append(a.blocks, pointer(&block[0])) }

// Attend sets y to what a head's query, as wide as y, gets from the tokens from first to last,
// of which the last one lies in the last block: the sum of values weighted by the softmax of
// the products of keys with the query. The head's keys begin at a byte of each block. It has
// the bits of the same in steps, by [CPU.MatVecsAlone], [CPU.Softmax] and sums of blocks in
// order. [CPU.Attends] has to be true.
func (c *CPU) Attend(a *Attention, at int, y, query []float32, first, last int) {
	n, width := len(a.blocks), len(y)
	all := n * attendTokens
	if len(a.score) < all || len(a.x) < max(all, width)/2 {
		a.score, a.x = Floats(2*all), Floats(max(2*all, width))
	}
	half, blocks := Halves(a.x), pointer(&a.blocks[0])
	c.ToBF16(half[:width], query)
	attendKeys512((last+2*tileRows-1)/(2*tileRows), width/groupCols, at, blocks, pointer(&a.x[0]), pointer(&a.score[0]))
	score := a.score[:all]
	seen := score[first:last]
	c.Scale(seen, 1/c.ExpSum(seen, c.Max(seen)))
	clear(score[:first])
	clear(score[last:])
	c.ToBF16(half[:all], score)
	attendValues512(n, width/tileRows, (last-(n-1)*attendTokens+3)/4, at+keyBytes(width), blocks, pointer(&a.x[0]), pointer(&y[0]))
}

// keyBytes is how many bytes the keys of a block take, and the values.
func keyBytes(width int) int { return 2 * attendTokens * width }

// SetToken rounds keys and values of a token, for heads of a width that lie one behind another
// from a byte of a block on; [CPU.Attends] has to be true.
func (c *CPU) SetToken(block []byte, at, token, width int, keys, values []float32) {
	var half [attendTokens]uint16
	for i := 0; i < len(keys); i += attendTokens { // a group of a head's width
		c.ToBF16(half[:], keys[i:i+attendTokens])
		head, group := i/width*2*keyBytes(width), i%width/groupCols
		to := pointer(&block[at+head+token/(2*tileRows)*2*width*2*tileRows+group*2*WeightsBF16.group()+token/tileRows%2*WeightsBF16.group()+token%tileRows*4])
		for j, v := range (*[attendTokens / 2]uint32)(pointer(&half)) {
			*(*uint32)(unsafe.Add(to, 64*j)) = v
		}
		c.ToBF16(half[:], values[i:i+attendTokens])
		to = pointer(&block[at+head+keyBytes(width)+i%width/tileRows*WeightsBF16.group()+token/2*64+token%2*2])
		for j, v := range half {
			*(*uint16)(unsafe.Add(to, j/tileRows*WeightsBF16.group()+j%tileRows*4)) = v
		}
	}
}
