package model

import (
	"fmt"
	"slices"

	"feilun/internal/tensor"
)

// A Sequence is a text in the making: what an [Engine] remembers of its tokens, 8·layers·
// width of keys bytes each.
type Sequence struct {
	n    int
	k, v [][]float32 // by layer, then head: rows of a head's width
}

// NewSequence returns an empty sequence.
func (e *Engine) NewSequence() *Sequence {
	n := e.m.Config.Layers * e.m.Config.KVHeads
	return &Sequence{k: make([][]float32, n), v: make([][]float32, n)}
}

// Len returns the number of tokens.
func (s *Sequence) Len() int { return s.n }

// Fork returns a copy, so that one prompt has several continuations.
func (s *Sequence) Fork() *Sequence {
	t := &Sequence{n: s.n}
	for i := range s.k {
		t.k, t.v = append(t.k, slices.Clone(s.k[i])), append(t.v, slices.Clone(s.v[i]))
	}
	return t
}

// Truncate forgets all but the first n tokens.
func (s *Sequence) Truncate(n int) {
	if n >= s.n {
		return
	}
	for i := range s.k {
		d := len(s.k[i]) / s.n
		s.k[i], s.v[i] = s.k[i][:n*d], s.v[i][:n*d]
	}
	s.n = n
}

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
	if err := e.gather(all); err != nil {
		return nil, err
	}
	c, m := &e.m.Config, len(e.tokens)
	e.lookUp()
	for i := range e.blocks {
		l, w := &e.m.lay.blocks[i], &e.blocks[i]
		e.norm(l.in, e.n, e.x, m)
		e.linear(l.qkv, &w.qkv, e.qkv, e.n, m)
		e.prepare(l)
		e.attend(l, i, all)
		e.linear(l.out, &w.out, e.n, e.y, m)
		e.add(e.x, e.n, m*c.Width)
		e.norm(l.post, e.n, e.x, m)
		e.linear(l.up, &w.up, e.up, e.n, m)
		e.cpu.Do(m, func(_, t int) {
			u := c.upWidth()
			activateRow(e.cpu, l, e.act[t*c.Hidden:(t+1)*c.Hidden], e.up[t*u:(t+1)*u])
		})
		e.linear(l.down, &w.down, e.n, e.act, m)
		e.add(e.x, e.n, m*c.Width)
	}
	return e.headRows(all), nil
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
		e.embed.Column(row, int(e.tokens[t]))
		if at := e.m.lay.positions; at >= 0 {
			e.cpu.Add(row, e.m.W[at+e.position[t]*n:])
		}
	})
}

func (e *Engine) norm(l norm, y, x []float32, m int) {
	n := e.m.Config.Width
	e.cpu.Rows(m, func(_, from, to int) {
		for t := from; t < to; t++ {
			e.m.normRow(e.cpu, l, y[t*n:(t+1)*n], x[t*n:(t+1)*n])
		}
	})
}

func (e *Engine) linear(l linear, w *tensor.Panels, y, x []float32, m int) {
	e.cpu.MatMul(y, l.out, tensor.Matrix(x, l.in), w, m, false)
	if l.b >= 0 {
		for t := range m {
			e.cpu.Add(y[t*l.out:(t+1)*l.out], e.m.W[l.b:])
		}
	}
}

func (e *Engine) add(y, x []float32, n int) {
	const block = 1 << 14
	e.cpu.Do((n+block-1)/block, func(_, i int) { e.cpu.Add(y[i*block:min(n, (i+1)*block)], x[i*block:]) })
}

func (e *Engine) prepare(l *block) {
	c := &e.m.Config
	from, to := c.qkvWidth(), c.queryWidth()+c.kvWidth()
	e.cpu.Rows(len(e.tokens), func(_, t0, t1 int) {
		for t := t0; t < t1; t++ {
			e.m.prepareRow(e.cpu, l, e.rope, e.qk[t*to:(t+1)*to], e.qkv[t*from:t*from+to], e.position[t])
		}
	})
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
		x.Sequence.n += len(x.Tokens)
		out[i] = e.logits[i*c.Vocab : (i+1)*c.Vocab : (i+1)*c.Vocab]
	}
	e.cpu.MatMul(e.logits, c.Vocab, tensor.Matrix(e.last, c.Width), &e.head, len(all), false)
	return out
}

// fewQueries is up to how many new tokens attention goes through the keys one by one.
const fewQueries = 8

// attend adds each new token's keys and values to its sequence, and attends.
func (e *Engine) attend(l *block, layer int, all []Extension) {
	c := &e.m.Config
	starts := make([]int, len(all))
	for i := 1; i < len(all); i++ {
		starts[i] = starts[i-1] + len(all[i-1].Tokens)
	}
	d := c.HeadDim
	sk, sv := c.queryWidth()+c.kvWidth(), c.qkvWidth()
	e.cpu.Do(len(all)*c.KVHeads, func(worker, i int) {
		x, kv := all[i/c.KVHeads], i%c.KVHeads
		s, at := x.Sequence, layer*c.KVHeads+kv
		t0 := starts[i/c.KVHeads]
		for t := t0; t < t0+len(x.Tokens); t++ {
			k := t*sk + c.queryWidth() + kv*d
			v := t*sv + sk + kv*d
			s.k[at], s.v[at] = append(s.k[at], e.qk[k:k+d]...), append(s.v[at], e.qkv[v:v+d]...)
		}
		h := head{t0: t0, n: len(x.Tokens), base: s.n, kv: kv, k: s.k[at], v: s.v[at]}
		if h.n <= fewQueries && !x.prompt {
			e.attendFew(worker, l, &h)
		} else {
			e.attendMany(worker, l, &h)
		}
	})
}

// A head is a sequence's head of keys and values with its new tokens: n from t0 on in
// the step, behind base older ones.
type head struct {
	t0, n, base, kv int
	k, v            []float32
}

func (e *Engine) attendFew(worker int, l *block, x *head) {
	c, w := &e.m.Config, &e.workers[worker]
	d, group := c.HeadDim, c.Heads/c.KVHeads
	w.room((x.base+x.n)/queryRows + 1)
	sk := c.queryWidth() + c.kvWidth()
	for i := range x.n {
		to := x.base + i + 1
		from := firstKey(l.window, to-1)
		score := w.score[:to-from]
		for h := x.kv * group; h < (x.kv+1)*group; h++ {
			q := e.qk[(x.t0+i)*sk+h*d:][:d]
			for k := range score {
				score[k] = e.cpu.Dot(q, x.k[(from+k)*d:(from+k+1)*d])
			}
			e.cpu.Softmax(score)
			y := e.y[(x.t0+i)*c.queryWidth()+h*d:][:d]
			clear(y)
			for k, p := range score {
				e.cpu.Axpy(y, p, x.v[(from+k)*d:(from+k+1)*d])
			}
		}
	}
}

// firstKey is the first key that a query sees.
func firstKey(window, query int) int {
	if window > 0 {
		return max(0, query-window+1)
	}
	return 0
}

func (e *Engine) attendMany(worker int, l *block, x *head) {
	c, w := &e.m.Config, &e.workers[worker]
	d, group, keys := c.HeadDim, c.Heads/c.KVHeads, x.base+x.n
	sk := c.queryWidth() + c.kvWidth()
	w.room(keys)
	e.cpu.PackAlone(&w.kt, tensor.Matrix(x.k, d).T(), d, keys, e.bf16)
	w.v = packTiles(e.cpu, w.v, x.v, d, keys, d, e.bf16)
	first := func(q int) int { return firstKey(l.window, q) }
	for h := x.kv * group; h < (x.kv+1)*group; h++ {
		for i := 0; i < x.n; i += queryRows {
			s := span{q: x.base + i, n: min(queryRows, x.n-i)}
			s.from, s.to = first(s.q)/keyTile*keyTile, s.q+s.n
			s.lda = roundUp(s.to-s.from, keyTile)
			q := tensor.Matrix(e.qk[(x.t0+i)*sk+h*d:], sk)
			w.attend(e.cpu, worker, q, e.y[(x.t0+i)*c.queryWidth()+h*d:], c.queryWidth(), s, first, nil)
		}
	}
}
