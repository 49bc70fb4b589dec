package tensor

import "unsafe"

// attendTokens is how many tokens a block of keys and values has.
const attendTokens = groupCols

// An Attention is attention of one token to keys and values in blocks of 64 tokens. A block
// is memory that has the keys of several heads, each a matrix of bfloat16 of tokens × the head's
// width, and elsewhere their values, each of width × tokens, both as [QuantMatrixIn] takes them.
// It keeps its memory for the next one.
type Attention struct {
	blocks []pointer
	x      []float32 // of bfloat16: queries, then what values are weighted by
	score  []float32
	token  []float32 // of bfloat16: the new token's keys and values
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

// attendScores is how many products of keys and queries are kept at a time, but for those of
// one head: 256 KiB of them stay in the second-level cache.
const attendScores = 1 << 16

// Attend adds the key and the value of a new token for each of some heads, and sets y to what
// its queries get: of each head as many, head by head. That is the sum of values weighted by the
// softmax of the products of keys with a query, of the tokens from first up to, not including,
// end; the new one is end−1, and lies in the last block. The heads' keys lie behind one another
// from byte keysAt of each block on, and their values from valuesAt on. A query's numbers have
// the bits of the same in steps, by [CPU.MatVecsAlone], [CPU.Softmax] and sums of blocks in
// order. [CPU.Attends] has to be true.
func (c *CPU) Attend(a *Attention, keysAt, valuesAt, width int, y, queries, keys, values []float32, first, end int) {
	heads, each, n := len(keys)/width, len(queries)/len(keys), len(a.blocks)*attendTokens
	part := min(heads, max(1, attendScores/(each*n)))
	if all := part * each; len(a.score) < all*n || len(a.x) < all*max(n, width)/2 {
		a.score, a.x = Floats(2*all*n), Floats(all*max(2*n, width))
	}
	for from := 0; from < heads; from += part {
		to := min(heads, from+part)
		skip := from * keyBytes(width)
		h := headRun{Attention: a, keysAt: keysAt + skip, valuesAt: valuesAt + skip, heads: to - from, each: each, width: width, first: first, end: end, n: n}
		h.attend(c, y[from*each*width:], queries[from*each*width:to*each*width], keys[from*width:to*width], values[from*width:])
	}
}

// attendKernels multiply a block's keys, all of them or the first half, and add up its values.
type attendKernels struct {
	keys, keysHalf func(heads int, from pointer, step int, next pointer, groups int, x, y pointer, ystep int)
	values         func(heads int, from pointer, step int, next pointer, groups, turns int, x pointer, xstep int, y pointer)
}

var attendBy = attends()

// A headRun is heads that go through the kernels together.
type headRun struct {
	*Attention
	keysAt, valuesAt   int // where the first one's are in a block
	heads, each, width int // each has so many queries
	first, end, n      int // tokens that are seen, and of all blocks
}

// attend multiplies keys and queries, makes the products weights by softmax, and adds up values.
// The token's keys and values are written after the products with all blocks but the last: what
// they share lines with comes from memory meanwhile.
func (h *headRun) attend(c *CPU, y, queries, keys, values []float32) {
	h.fetchToken()
	half, all, lastBlock := Halves(h.x), h.heads*h.each, len(h.blocks)-1
	c.ToBF16(half[:len(queries)], queries)
	h.keys(0, lastBlock)
	h.setToken(c, keys, values)
	h.keys(lastBlock, lastBlock+1)
	for i := range all {
		seen, weights := h.score[i*h.n : (i+1)*h.n][h.first:h.end], half[i*h.n:(i+1)*h.n]
		clear(weights[:h.first])
		c.ScaleHalf(weights[h.first:h.end], seen, 1/c.ExpSum(seen, c.Max(seen)))
		clear(weights[h.end:])
	}
	clear(y[:all*h.width])
	h.values(y)
}

// keyBytes is how many bytes the keys of a head take in a block, and the values.
func keyBytes(width int) int { return 2 * attendTokens * width }

// at returns a place in a block.
func (h *headRun) at(block, offset int) pointer { return unsafe.Add(h.blocks[block], offset) }

// attendShared has kernels for 2, 3 and 4 queries of a head.
var attendShared = [...]func(pairs, groups, turns int, from, x pointer, xstep int, y pointer, ystep, add, ahead int){2: attendShared2, 3: attendShared3, 4: attendShared4}

// shared calls do for the queries of each head, divided into as few even parts as there are
// kernels for: with where the head's keys or values lie, the first query of all and how many, and
// the bytes to the next head, or behind the last one to next.
func (h *headRun) shared(from, next pointer, do func(from pointer, query, n, ahead int)) {
	parts := (h.each + len(attendShared) - 2) / (len(attendShared) - 1)
	for head := range h.heads {
		at, ahead := unsafe.Add(from, head*keyBytes(h.width)), keyBytes(h.width)
		if head == h.heads-1 {
			ahead = int(uintptr(next) - uintptr(at))
		}
		for i := range parts {
			q := i * h.each / parts
			do(at, head*h.each+q, (i+1)*h.each/parts-q, ahead)
		}
	}
}

// keys multiplies those of some blocks with the queries in x.
func (h *headRun) keys(from, to int) {
	for i := from; i < to; i++ {
		at, next := h.at(i, h.keysAt), h.at(0, h.valuesAt)
		if i+1 < len(h.blocks) {
			next = h.at(i+1, h.keysAt)
		}
		half := h.end-i*attendTokens <= 2*tileRows
		if h.each > 1 {
			h.sharedKeys(i, at, next, half)
			continue
		}
		kernel := attendBy.keys
		if half {
			kernel = attendBy.keysHalf
		}
		kernel(h.heads, at, keyBytes(h.width), next, h.width/groupCols, pointer(&h.x[0]), pointer(&h.score[i*attendTokens]), 4*h.n)
	}
}

// sharedKeys multiplies a block's keys, or half of them, each read once for several queries.
func (h *headRun) sharedKeys(block int, from, next pointer, half bool) {
	pairs := attendTokens / (2 * tileRows)
	if half {
		pairs /= 2
	}
	h.shared(from, next, func(from pointer, query, n, ahead int) {
		attendShared[n](pairs, h.width/groupCols, attendTokens/4, from, unsafe.Add(pointer(&h.x[0]), 2*query*h.width), 2*h.width, pointer(&h.score[query*h.n+block*attendTokens]), 4*h.n, 0, ahead)
	})
}

// values adds those of all blocks, weighted by x, to y.
func (h *headRun) values(y []float32) {
	for i := range h.blocks {
		from := h.at(i, h.valuesAt)
		next := from
		if i+1 < len(h.blocks) {
			next = h.at(i+1, h.valuesAt)
		}
		turns, x := (min(attendTokens, h.end-i*attendTokens)+3)/4, unsafe.Add(pointer(&h.x[0]), 2*i*attendTokens)
		if h.each > 1 {
			h.sharedValues(y, x, turns, from, next)
			continue
		}
		attendBy.values(h.heads, from, keyBytes(h.width), next, h.width/groupCols, turns, x, 2*h.n, pointer(&y[0]))
	}
}

// sharedValues adds a block's values, of so many turns of 4 tokens, weighted by x.
func (h *headRun) sharedValues(y []float32, x pointer, turns int, from, next pointer) {
	h.shared(from, next, func(from pointer, query, n, ahead int) {
		attendShared[n](h.width/(2*tileRows), 1, turns, from, unsafe.Add(x, 2*query*h.n), 2*h.n, pointer(&y[query*h.width]), 4*h.width, 1, ahead)
	})
}

// keyAt returns where the last token's key begins in a group of a head's width: 4 bytes in each
// of 32 lines.
func (h *headRun) keyAt(head, group int) pointer {
	token, size := (h.end-1)%attendTokens, WeightsBF16.group()
	before := token / (2 * tileRows) * (h.width / groupCols) // groups of pairs of tiles
	return h.at(len(h.blocks)-1, h.keysAt+head*keyBytes(h.width)+(before+group)*2*size+token/tileRows%2*size+token%tileRows*4)
}

// valueAt returns the line of its value in a head's first tile of values: 2 bytes in each 4.
func (h *headRun) valueAt(head int) pointer {
	return h.at(len(h.blocks)-1, h.valuesAt+head*keyBytes(h.width)+(h.end-1)%attendTokens/2*64)
}

// Fetch asks memory for numbers that are needed soon. Without kernels of bfloat16 it does nothing.
func (c *CPU) Fetch(x []float32) {
	if c.alone(WeightsBF16).half && len(x) > 0 {
		attendFetch((len(x)+15)/16, pointer(&x[0]), 64)
	}
}

// fetchToken asks for the lines that setToken writes to.
func (h *headRun) fetchToken() {
	for head := range h.heads {
		for g := range h.width / groupCols {
			attendFetch(groupCols/2, h.keyAt(head, g), 64)
		}
		attendFetch(h.width/tileRows, h.valueAt(head), WeightsBF16.group())
	}
}

// setToken rounds the last token's keys and values.
func (h *headRun) setToken(c *CPU, keys, values []float32) {
	n, groups := h.heads*h.width, h.width/groupCols
	if len(h.token) < n {
		h.token = Floats(n)
	}
	half := Halves(h.token)
	c.ToBF16(half[:n], keys[:n])
	c.ToBF16(half[n:2*n], values[:n])
	for i := 0; i < n; i += groupCols {
		head, group := i/h.width, i/groupCols%groups
		value := unsafe.Add(h.valueAt(head), group*groupCols/tileRows*WeightsBF16.group())
		attendSet(h.keyAt(head, group), value, (h.end-1)%2, pointer(&half[i]), pointer(&half[n+i]))
	}
}
