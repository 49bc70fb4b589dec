package model

import (
	"slices"

	"feilun/internal/tensor"
)

// blockTokens is how many tokens' keys and values lie together: a tile of the kernels.
const blockTokens = chunkTokens

// A keyBlock has keys and values of blockTokens tokens, for each layer its heads' keys and
// behind them their values. In bfloat16 a head's keys are a matrix of tokens × its width, its
// values one of width × tokens, both as the kernels read them; in float32 both are rows of a
// head's width.
type keyBlock struct {
	half []byte
	full []float32
	refs int // sequences that have it, and never write into it when they are several

	shared
}

// A keyStore hands out blocks.
type keyStore struct {
	bf16               bool
	layers, heads, dim int
	free               []*keyBlock
	room               []byte // for blocks to come
	sharing
}

func newKeyStore(c *Config, bf16 bool) keyStore {
	return keyStore{bf16: bf16, layers: c.Layers, heads: c.KVHeads, dim: c.HeadDim}
}

// headBytes returns the memory of a head's keys and of its values in a block.
func (s *keyStore) headBytes() (keys, values int) {
	if s.bf16 {
		return tensor.WeightsBF16.Bytes(blockTokens, s.dim), tensor.WeightsBF16.Bytes(s.dim, blockTokens)
	}
	return 4 * blockTokens * s.dim, 4 * blockTokens * s.dim
}

// layerBytes returns the memory of a layer in a block.
func (s *keyStore) layerBytes() int {
	keys, values := s.headBytes()
	return s.heads * (keys + values)
}

// blockBytes returns the memory of a block.
func (s *keyStore) blockBytes() int { return s.layers * s.layerBytes() }

// place returns the bytes of a block at which a head's keys and values begin.
func (s *keyStore) place(layer, head int) (keys, values int) {
	k, v := s.headBytes()
	at := layer * s.layerBytes()
	return at + head*k, at + s.heads*k + head*v
}

// tiles returns a head's keys and values in a block of bfloat16.
func (s *keyStore) tiles(b *keyBlock, layer, head int) (keys, values tensor.QuantMatrix) {
	k, v := s.place(layer, head)
	return tensor.QuantMatrixIn(tensor.WeightsBF16, blockTokens, s.dim, b.half[k:]), tensor.QuantMatrixIn(tensor.WeightsBF16, s.dim, blockTokens, b.half[v:])
}

// rows returns a head's keys and values in a block of float32.
func (s *keyStore) rows(b *keyBlock, layer, head int) (keys, values []float32) {
	k, v := s.place(layer, head)
	n := blockTokens * s.dim
	return b.full[k/4:][:n], b.full[v/4:][:n]
}

// add returns an empty block. What no token has written is zero.
func (s *keyStore) add() *keyBlock {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		b.refs = 1
		clear(b.half)
		clear(b.full)
		return b
	}
	if b := s.evict(); b != nil {
		s.free = append(s.free, b)
		return s.add()
	}
	if s.bf16 {
		return &keyBlock{refs: 1, half: s.memory()}
	}
	s.blocks++
	return &keyBlock{refs: 1, full: tensor.Floats(s.blockBytes() / 4)}
}

// Memory for several blocks comes in one piece, which the processor finds in fewer and larger
// pages: that many blocks, and that many bytes, at most.
const (
	roomBlocks = 8
	roomBytes  = 16 << 20
)

// memory returns that of another block.
func (s *keyStore) memory() []byte {
	size := s.blockBytes()
	if len(s.room) < size {
		n := max(1, min(roomBlocks, roomBytes/size))
		if s.limit > s.blocks {
			n = min(n, s.limit-s.blocks)
		}
		s.room = tensor.Bytes(n * size)
	}
	s.blocks++
	b := s.room[:size:size]
	s.room = s.room[size:]
	return b
}

// release gives a sequence's blocks back but for the first ones.
func (s *keyStore) release(q *Sequence, but int) {
	for i := len(q.blocks) - 1; i >= but; i-- {
		b := q.blocks[i]
		if b.refs--; b.refs == 0 && !s.keep(b) {
			s.free = append(s.free, b)
		}
	}
	q.blocks = q.blocks[:min(but, len(q.blocks))]
}

// grow makes room for n tokens, of which those from the sequence's end on may be written.
func (s *keyStore) grow(q *Sequence, n int) {
	s.release(q, (q.n+blockTokens-1)/blockTokens)
	if i := q.n / blockTokens; i < len(q.blocks) && (q.blocks[i].refs > 1 || q.blocks[i].key != nil) {
		old, b := q.blocks[i], s.add()
		copy(b.half, old.half)
		copy(b.full, old.full)
		last := *q
		last.blocks = q.blocks[i : i+1]
		s.release(&last, 0)
		q.blocks[i] = b
	}
	for len(q.blocks)*blockTokens < n {
		q.blocks = append(q.blocks, s.add())
	}
}

// A Sequence is a text in the making: what an [Engine] remembers of its tokens, keys and
// values, in blocks of 64 tokens. Dropping it is enough to give its memory back.
type Sequence struct {
	n      int
	blocks []*keyBlock
}

// NewSequence returns an empty sequence.
func (e *Engine) NewSequence() *Sequence { return &Sequence{} }

// Len returns the number of tokens.
func (s *Sequence) Len() int { return s.n }

// Fork returns a copy, so that one prompt has several continuations; both share what
// they have until then.
func (s *Sequence) Fork() *Sequence {
	for _, b := range s.blocks {
		b.refs++
	}
	return &Sequence{n: s.n, blocks: slices.Clone(s.blocks)}
}

// Truncate forgets all but the first n tokens.
func (s *Sequence) Truncate(n int) {
	if n < s.n {
		s.n = n
	}
}
