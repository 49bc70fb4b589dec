package fasttext

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
)

// A round of training ends at whichever comes first.
const (
	roundLines = 32
	roundBytes = 1 << 17
)

// A rounds trainer has workers that share one round of lines after another.
type rounds struct {
	t     *trainer
	rest  []byte // of a line behind a literal "</s>"
	ended bool   // rest ends with a line feed
	docs  []roundDoc
	text  []byte
	pool  pool
	read  []featurizer // of each worker
}

// A roundDoc is a line of a round.
type roundDoc struct {
	start, end   int // in the text of the round
	ended        bool
	tokens       int
	rows, labels []int32
	own          [][]int32 // rows, by the worker they belong to
	hidden, grad []float32
	learned      bool
}

// learnInRounds trains on any number of threads, with the same result for each.
func (m *Model) learnInRounds(ctx context.Context, a TrainArgs, src *cycle, c *clock) error {
	r := &rounds{t: newTrainer(m, a.Seed), docs: make([]roundDoc, 0, roundLines)}
	for range a.Threads {
		r.read = append(r.read, m.featurizer())
	}
	for i := range r.docs[:roundLines] {
		r.docs[:roundLines][i] = roundDoc{own: make([][]int32, a.Threads), hidden: make([]float32, m.Dim), grad: make([]float32, m.Dim)}
	}
	r.pool.start(a.Threads)
	defer r.pool.stop()
	for c.more() {
		if err := r.fill(ctx, src); err != nil {
			return err
		}
		var next atomic.Int32
		r.pool.run(func(worker int) {
			for i := int(next.Add(1)) - 1; i < len(r.docs); i = int(next.Add(1)) - 1 {
				r.prepare(worker, &r.docs[i])
			}
		})
		if !r.learnOutputs(c) {
			return ErrDiverged
		}
		r.pool.run(func(worker int) {
			for i := range r.docs {
				if d := &r.docs[i]; d.learned {
					scatter(d.grad, r.t.in.data, d.own[worker])
				}
			}
		})
	}
	return nil
}

// fill reads the lines of the next round.
func (r *rounds) fill(ctx context.Context, src *cycle) error {
	r.docs, r.text = r.docs[:0], r.text[:0]
	for len(r.docs) < roundLines && len(r.text) < roundBytes {
		if r.rest == nil {
			if err := src.next(ctx); err != nil {
				return err
			}
			r.rest, r.ended = src.line, src.ended
		}
		r.docs = r.docs[:len(r.docs)+1]
		d := &r.docs[len(r.docs)-1]
		d.start = len(r.text)
		if at := behindEnd(r.rest); at > 0 {
			r.text = append(r.text, r.rest[:at]...)
			r.rest, d.ended = r.rest[at:], false
		} else {
			r.text = append(r.text, r.rest...)
			r.rest, d.ended = nil, r.ended
		}
		d.end = len(r.text)
	}
	return nil
}

// behindEnd returns where the first token "</s>" ends, 0 when there is none.
func behindEnd(line []byte) int {
	for at := 0; ; {
		i := bytes.Index(line[at:], []byte(eos))
		if i < 0 {
			return 0
		}
		start := at + i
		at = start + len(eos)
		if (start == 0 || blank[line[start-1]]) && (at == len(line) || blank[line[at]]) {
			return at
		}
	}
}

// prepare reads a line and averages its rows as they are before the round.
func (r *rounds) prepare(worker int, d *roundDoc) {
	f := &r.read[worker]
	_, d.tokens = f.line(r.text[d.start:d.end], 0, d.ended)
	d.rows, f.rows = f.rows, d.rows
	d.labels, f.labels = f.labels, d.labels
	if len(d.rows) == 0 || len(d.labels) == 0 {
		return
	}
	average(d.hidden, r.t.in.data, d.rows)
	for i := range d.own {
		d.own[i] = d.own[i][:0]
	}
	workers := uint64(len(d.own))
	for _, row := range d.rows {
		w := uint64(uint32(row)*2654435769) * workers >> 32
		d.own[w] = append(d.own[w], row)
	}
}

// learnOutputs updates the output matrix line by line.
func (r *rounds) learnOutputs(c *clock) bool {
	for i := range r.docs {
		d := &r.docs[i]
		d.learned = c.more() && len(d.rows) > 0 && len(d.labels) > 0
		if d.learned {
			if !r.t.learnOutput(d.hidden, d.labels, c.rate(), d.grad) {
				return false
			}
			scale(d.grad, len(d.rows))
		}
		c.add(d.tokens)
	}
	return true
}

// A pool runs a function on each of its workers.
type pool struct {
	jobs []chan func(worker int)
	wait sync.WaitGroup
}

func (p *pool) start(workers int) {
	for w := range workers - 1 {
		jobs := make(chan func(int))
		p.jobs = append(p.jobs, jobs)
		go func() {
			for f := range jobs {
				f(w + 1)
				p.wait.Done()
			}
		}()
	}
}

// run calls f for each worker and returns when all have.
func (p *pool) run(f func(worker int)) {
	p.wait.Add(len(p.jobs))
	for _, j := range p.jobs {
		j <- f
	}
	f(0)
	p.wait.Wait()
}

func (p *pool) stop() {
	for _, j := range p.jobs {
		close(j)
	}
}
