package model

import (
	"fmt"

	"feilun/internal/tensor"
)

// An Extension is a sequence with the tokens to add to it.
type Extension struct {
	Sequence *Sequence
	Tokens   []uint32

	prompt bool // part of a prompt, however few
}

// Step adds tokens to sequences, to all of them in one go, and returns the logits
// that follow each one's last token. They are overwritten by the next step. What a
// sequence gets does not depend on the others.
func (e *Engine) Step(all []Extension) ([][]float32, error) {
	if err := e.forward(all); err != nil {
		return nil, err
	}
	return e.headRows(all), nil
}

// Logits adds tokens to a sequence, as a prompt, and calls each with the logits that follow
// every one of them, which it may change.
func (e *Engine) Logits(s *Sequence, tokens []uint32, each func(i int, logits []float32)) error {
	c := &e.m.Config
	last, logits := tensor.Floats(chunkTokens*c.Width), tensor.Floats(chunkTokens*c.Vocab)
	for at := 0; at < len(tokens); at += chunkTokens {
		part := tokens[at:min(len(tokens), at+chunkTokens)]
		if err := e.forward([]Extension{{s, part, true}}); err != nil {
			return err
		}
		e.norm(e.m.lay.final, last, e.x, len(part))
		e.head.multiply(e.cpu, logits, c.Vocab, last, c.Width, len(part))
		for i := range part {
			each(at+i, logits[i*c.Vocab:(i+1)*c.Vocab])
		}
	}
	return nil
}

// forward adds tokens to sequences; what comes out of the last layer is in e.x.
func (e *Engine) forward(all []Extension) error {
	if err := e.gather(all); err != nil {
		return err
	}
	c, m := &e.m.Config, len(e.tokens)
	e.lookUp()
	for i := range e.blocks {
		l, w := &e.m.lay.blocks[i], &e.blocks[i]
		e.norm(l.in, e.n, e.x, m)
		e.linear(l.qkv, &w.qkv, e.qkv, e.n, m)
		e.prepare(l)
		e.attend(l, i, all)
		e.cpu.Fetch(e.m.W[l.post.w:][:c.Width])
		e.linear(l.out, &w.out, e.n, e.y, m)
		e.add(e.x, e.n, m*c.Width)
		e.norm(l.post, e.n, e.x, m)
		e.linear(l.up, &w.up, e.up, e.n, m)
		e.activate(l, m)
		next := e.m.lay.final
		if i+1 < len(e.blocks) {
			next = e.m.lay.blocks[i+1].in
		}
		e.cpu.Fetch(e.m.W[next.w:][:c.Width])
		e.linear(l.down, &w.down, e.n, e.act, m)
		e.add(e.x, e.n, m*c.Width)
	}
	for _, x := range all {
		x.Sequence.n += len(x.Tokens)
	}
	return nil
}

func (e *Engine) activate(l *block, m int) {
	c := &e.m.Config
	u := c.upWidth()
	if m == 1 {
		activateRow(e.cpu, l, e.act[:c.Hidden], e.up[:u])
		return
	}
	e.cpu.Do(m, func(_, t int) { activateRow(e.cpu, l, e.act[t*c.Hidden:(t+1)*c.Hidden], e.up[t*u:(t+1)*u]) })
}

// gather lays out the tokens of a step and makes room for them.
func (e *Engine) gather(all []Extension) error {
	c := &e.m.Config
	e.tokens, e.owner, e.position = e.tokens[:0], e.owner[:0], e.position[:0]
	longest := 0
	for i, x := range all {
		if len(x.Tokens) == 0 {
			return fmt.Errorf("sequence %d has no token to add", i)
		}
		for j, t := range x.Tokens {
			if int(t) >= c.Vocab {
				return fmt.Errorf("token %d is not below the model's vocabulary of %d", t, c.Vocab)
			}
			e.tokens, e.owner, e.position = append(e.tokens, t), append(e.owner, i), append(e.position, x.Sequence.n+j)
		}
		longest = max(longest, x.Sequence.n+len(x.Tokens))
	}
	if c.learnedPositions() && longest > c.Context {
		return fmt.Errorf("%d tokens, but this model has positions for %d", longest, c.Context)
	}
	for _, x := range all {
		e.kv.grow(x.Sequence, x.Sequence.n+len(x.Tokens))
	}
	if e.rope != nil {
		e.rope.grow(longest)
	}
	if m := len(e.tokens); m > e.room {
		e.room = m
		e.x, e.n = tensor.Floats(m*c.Width), tensor.Floats(m*c.Width)
		e.qkv, e.qk = tensor.Floats(m*c.qkvWidth()), tensor.Floats(m*(c.queryWidth()+c.kvWidth()))
		e.y, e.up, e.act = tensor.Floats(m*c.queryWidth()), tensor.Floats(m*c.upWidth()), tensor.Floats(m*c.Hidden)
	}
	return nil
}

func (e *Engine) lookUp() {
	n := e.m.Config.Width
	e.cpu.Do(len(e.tokens), func(_, t int) {
		row := e.x[t*n : (t+1)*n]
		e.embed.output(row, int(e.tokens[t]))
		if at := e.m.lay.positions; at >= 0 {
			e.cpu.Add(row, e.m.W[at+e.position[t]*n:])
		}
	})
}

func (e *Engine) norm(l norm, y, x []float32, m int) {
	n := e.m.Config.Width
	if m == 1 {
		e.m.normRow(e.cpu, l, y[:n], x[:n])
		return
	}
	e.cpu.Rows(m, func(_, from, to int) {
		for t := from; t < to; t++ {
			e.m.normRow(e.cpu, l, y[t*n:(t+1)*n], x[t*n:(t+1)*n])
		}
	})
}

func (e *Engine) linear(l linear, w *matrix, y, x []float32, m int) {
	w.multiply(e.cpu, y, l.out, x, l.in, m)
	if l.b >= 0 {
		for t := range m {
			e.cpu.Add(y[t*l.out:(t+1)*l.out], e.m.W[l.b:])
		}
	}
}

func (e *Engine) add(y, x []float32, n int) {
	const block = 1 << 14
	if n <= block {
		e.cpu.Add(y[:n], x)
		return
	}
	e.cpu.Do((n+block-1)/block, func(_, i int) { e.cpu.Add(y[i*block:min(n, (i+1)*block)], x[i*block:]) })
}

func (e *Engine) prepare(l *block) {
	c := &e.m.Config
	from, to := c.qkvWidth(), c.queryWidth()+c.kvWidth()
	if len(e.tokens) == 1 {
		e.m.prepareRow(e.cpu, l, e.rope, e.qk[:to], e.qkv[:to], e.position[0])
		return
	}
	e.cpu.Rows(len(e.tokens), func(_, t0, t1 int) {
		for t := t0; t < t1; t++ {
			e.m.prepareRow(e.cpu, l, e.rope, e.qk[t*to:(t+1)*to], e.qkv[t*from:t*from+to], e.position[t])
		}
	})
}

// logitsOf makes those of one token of a step.
func (e *Engine) logitsOf(t int) []float32 {
	c := &e.m.Config
	if len(e.logits) < c.Vocab {
		e.last, e.logits = tensor.Floats(c.Width), tensor.Floats(c.Vocab)
	}
	e.m.normRow(e.cpu, e.m.lay.final, e.last[:c.Width], e.x[t*c.Width:(t+1)*c.Width])
	e.head.multiply(e.cpu, e.logits, c.Vocab, e.last, c.Width, 1)
	return e.logits[:c.Vocab]
}

// headRows makes the logits of each sequence's last token.
func (e *Engine) headRows(all []Extension) [][]float32 {
	c := &e.m.Config
	if n := len(all); len(e.logits) < n*c.Vocab {
		e.last, e.logits = tensor.Floats(n*c.Width), tensor.Floats(n*c.Vocab)
	}
	t, out := 0, make([][]float32, len(all))
	for i, x := range all {
		t += len(x.Tokens)
		e.m.normRow(e.cpu, e.m.lay.final, e.last[i*c.Width:(i+1)*c.Width], e.x[(t-1)*c.Width:t*c.Width])
		out[i] = e.logits[i*c.Vocab : (i+1)*c.Vocab : (i+1)*c.Vocab]
	}
	e.head.multiply(e.cpu, e.logits, c.Vocab, e.last, c.Width, len(all))
	return out
}
