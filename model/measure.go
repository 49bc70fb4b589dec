package model

import "feilun/internal/tensor"

// TokenBytes returns how many bytes of weights, keys and values are read for the next token
// of a sequence of n.
func (e *Engine) TokenBytes(n int) int {
	size, c := e.Bytes(), &e.m.Config
	if e.embed != &e.head {
		size -= e.embed.bytes()
	}
	if lay := &e.m.lay; lay.positions >= 0 {
		size -= 4 * c.Context * c.Width
	}
	for _, l := range e.m.lay.blocks {
		size += (n - firstKey(l.window, n)) * e.kv.layerBytes() / blockTokens
	}
	return size
}

// Products does a token's products with all its matrices again, behind an [Engine.Step], and
// nothing else: the rest of what a step takes for one token is what is not weights.
func (e *Engine) Products() {
	for i := range e.blocks {
		l, w := &e.m.lay.blocks[i], &e.blocks[i]
		w.qkv.multiply(e.cpu, e.qkv, l.qkv.out, e.n, l.qkv.in, 1)
		w.out.multiply(e.cpu, e.n, l.out.out, e.y, l.out.in, 1)
		w.up.multiply(e.cpu, e.up, l.up.out, e.n, l.up.in, 1)
		w.down.multiply(e.cpu, e.n, l.down.out, e.act, l.down.in, 1)
	}
	c := &e.m.Config
	e.head.multiply(e.cpu, e.logits, c.Vocab, e.last, c.Width, 1)
}

// ReadStep reads what the next step of some sequences reads, matrices and each layer's keys and
// values in their order, in one of the ways of [tensor.CPU.Read], and does nothing with it: the
// measure for [Engine.Step]. It returns how many bytes that is.
func (e *Engine) ReadStep(way int, all []Extension) (bytes int) {
	for i := range e.blocks {
		w := &e.blocks[i]
		bytes += w.qkv.read(e.cpu, way)
		for _, x := range all {
			bytes += e.readKeys(way, e.m.lay.blocks[i].window, i, x.Sequence)
		}
		bytes += w.out.read(e.cpu, way) + w.up.read(e.cpu, way) + w.down.read(e.cpu, way)
	}
	return bytes + e.head.read(e.cpu, way)
}

// readKeys reads the keys and values of a layer that a sequence's next token sees: of each block
// as many bytes as its tokens take.
func (e *Engine) readKeys(way, window, layer int, s *Sequence) (bytes int) {
	first, each := firstKey(window, s.n), e.kv.layerBytes()/blockTokens
	for at := first / blockTokens * blockTokens; at < s.n; at += blockTokens {
		b, from := s.blocks[at/blockTokens], layer*e.kv.layerBytes()
		n := each * (min(blockTokens, s.n-at) - max(0, first-at))
		if e.bf16 {
			e.cpu.Read(way, b.half[from:from+n])
		} else {
			e.cpu.ReadFloats(way, b.full[from/4:(from+n)/4])
		}
		bytes += n
	}
	return bytes
}

// read reads the matrix as [tensor.CPU.Read] does.
func (w *matrix) read(cpu *tensor.CPU, way int) int {
	if w.blocks != nil {
		w.blocks.Read(cpu, way)
	} else {
		w.panels.Read(cpu, way)
	}
	return w.bytes()
}
