package model

// ones reports whether attendOnes takes a step.
func (e *Engine) ones(all []Extension) bool {
	return e.bf16 && len(e.tokens) == len(all) && e.cpu.Attends(e.m.Config.HeadDim)
}

// attendOnes attends where each sequence has one new token, in bfloat16. Its numbers have the bits of attendTiles.
func (e *Engine) attendOnes(l *block, layer int, all []Extension) {
	heads := e.m.Config.KVHeads
	per := heads
	if e.cpu.Workers() > 1 {
		per = max(1, heads*len(all)/(4*e.cpu.Workers()))
	}
	parts := (heads + per - 1) / per
	e.cpu.Do(len(all)*parts, func(worker, i int) {
		from := i % parts * per
		e.attendOne(worker, l, layer, i/parts, all[i/parts].Sequence, from, min(heads, from+per))
	})
}

// attendOne adds keys and values of a sequence's new token, the t-th of the step, and attends,
// for the heads of keys from one to another.
func (e *Engine) attendOne(worker int, l *block, layer, t int, s *Sequence, from, to int) {
	c, w := &e.m.Config, &e.tiles[worker].one
	first := firstKey(l.window, s.n)
	firstBlock := first / blockTokens
	w.Reset()
	for _, b := range s.blocks[firstBlock : s.n/blockTokens+1] {
		w.Add(b.half)
	}
	keysAt, valuesAt := e.kv.place(layer, from)
	qk, qkv := e.qk[t*(c.queryWidth()+c.kvWidth()):], e.qkv[t*c.qkvWidth()+c.queryWidth()+c.kvWidth():]
	from, to = from*c.HeadDim, to*c.HeadDim
	group, skip := c.Heads/c.KVHeads, firstBlock*blockTokens
	y, queries := e.y[t*c.queryWidth():], qk[from*group:to*group]
	e.cpu.Attend(w, keysAt, valuesAt, c.HeadDim, y[from*group:to*group], queries, qk[c.queryWidth():][from:to], qkv[from:to], first-skip, s.n+1-skip)
}
