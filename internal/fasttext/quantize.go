package fasttext

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// QuantizeArgs say how to make a model smaller, as "fasttext quantize" does.
type QuantizeArgs struct {
	Cutoff int  // rows of the input matrix to keep, the longest; 0 keeps all
	Norms  bool // quantize the length of each row apart (-qnorm)
	Output bool // quantize the output matrix too (-qout); it needs 256 rows
	Part   int  // numbers of a row that are quantized together (-dsub)
	// Retrain trains the rows that Cutoff keeps once more, on the text of
	// Open, before they are quantized. Epochs, LearningRate and Threads are as
	// for [Train].
	Retrain      bool
	Epochs       int
	LearningRate float64
	Threads      int
	Open         func() (io.ReadCloser, error)
}

// DefaultQuantizeArgs returns the defaults of fastText 0.9.2, but for one thread.
func DefaultQuantizeArgs() QuantizeArgs {
	return QuantizeArgs{Part: 2, Epochs: 5, LearningRate: 0.05, Threads: 1}
}

// Quantize returns the model with its matrices as codes of a product
// quantizer; [Model.Save] then writes a .ftz file, the same bytes that fastText
// 0.9.2 writes (with one thread, should it retrain). The model must be dense
// and have 256 rows to learn the code from.
func (m *Model) Quantize(ctx context.Context, a QuantizeArgs) (*Model, error) {
	in, ok := m.input.(*dense)
	switch {
	case !ok:
		return nil, errors.New("fasttext: the model is quantized or collapsed already")
	case a.Cutoff < 0 || a.Part < 1:
		return nil, fmt.Errorf("fasttext: Cutoff is %d and Part %d, want at least 0 and 1", a.Cutoff, a.Part)
	}
	out := *m
	out.qout = a.Output
	if a.Cutoff > 0 && int64(a.Cutoff) < in.rows {
		p := m.prune(m.longest(a.Cutoff))
		p.qout = a.Output
		if a.Retrain {
			if err := p.retrain(ctx, a); err != nil {
				return nil, err
			}
		}
		out = *p
	}
	var err error
	if out.input, err = quantizeMatrix(ctx, out.input.(*dense), a.Part, a.Norms); err != nil {
		return nil, fmt.Errorf("fasttext: input matrix: %w", err)
	}
	if a.Output {
		if out.output, err = quantizeMatrix(ctx, out.output.(*dense), 2, a.Norms); err != nil {
			return nil, fmt.Errorf("fasttext: output matrix: %w", err)
		}
	}
	return &out, nil
}

func (m *Model) retrain(ctx context.Context, a QuantizeArgs) error {
	t := TrainArgs{LearningRate: a.LearningRate, Dim: int(m.Dim), Epochs: a.Epochs, WordNgrams: 1, Loss: int(m.Loss),
		Negatives: int(m.Negatives), UpdateRate: int(m.UpdateRate), Threads: a.Threads}
	if err := t.check(); err != nil {
		return err
	}
	if a.Open == nil {
		return errors.New("fasttext: retraining needs the training text")
	}
	m.Epoch = int32(a.Epochs)
	return m.learn(ctx, t, a.Open, nil)
}

// quantizeMatrix learns a code for the rows of m and encodes them.
func quantizeMatrix(ctx context.Context, m *dense, part int, norms bool) (*codes, error) {
	if m.rows < centers {
		return nil, fmt.Errorf("%d rows, and a quantizer needs %d to learn from", m.rows, centers)
	}
	out := &codes{rows: m.rows, cols: m.cols, hasNorms: norms}
	if norms {
		lengths := m.norms()
		m = m.clone()
		for i, n := range lengths {
			if n != 0 {
				for j, v := range m.row(int32(i)) {
					m.data[int64(i)*m.cols+int64(j)] = v / n
				}
			}
		}
		column := &dense{m.rows, 1, lengths}
		out.norms = newQuantizer(1, 1)
		if err := out.norms.train(ctx, column); err != nil {
			return nil, err
		}
		out.normCode = out.norms.encode(column)
	}
	out.pq = newQuantizer(int32(m.cols), int32(part))
	if err := out.pq.train(ctx, m); err != nil {
		return nil, err
	}
	out.code = out.pq.encode(m)
	return out, nil
}

func newQuantizer(dim, width int32) quantizer {
	q := quantizer{dim: dim, parts: dim / width, width: width, lastWidth: dim % width, centroids: make([]float32, dim*centers)}
	if q.lastWidth == 0 {
		q.lastWidth = width
	} else {
		q.parts++
	}
	return q
}

// span returns where a part lies in a row, and its centroids.
func (q *quantizer) span(part int) (from, to int, centroids []float32) {
	from = part * int(q.width)
	to = min(from+int(q.width), int(q.dim))
	return from, to, q.centroids[from*centers : to*centers]
}

// Constants of fastText's quantizer.
const (
	quantizerSeed   = 1234
	quantizerRounds = 25
	quantizerPoints = 256 * centers // rows it learns from at most
	quantizerStep   = float32(1e-7) // by which a split centroid moves
)

func (q *quantizer) train(ctx context.Context, m *dense) error {
	rng, order := newMinstd(quantizerSeed), identity(int(m.rows))
	n := min(len(order), quantizerPoints)
	for part := range int(q.parts) {
		if n < len(order) {
			rng.shuffle(order)
		}
		from, to, c := q.span(part)
		points := make([]float32, 0, n*(to-from))
		for _, r := range order[:n] {
			points = append(points, m.row(r)[from:to]...)
		}
		k := kmeans{points: points, centroids: c, width: to - from, codes: make([]byte, n)}
		if err := k.run(ctx, &rng); err != nil {
			return err
		}
	}
	return nil
}

func identity(n int) []int32 {
	p := make([]int32, n)
	for i := range p {
		p[i] = int32(i)
	}
	return p
}

// encode returns the codes of all rows.
func (q *quantizer) encode(m *dense) []byte {
	parts := int(q.parts)
	out := make([]byte, int(m.rows)*parts)
	spread(int(m.rows), func(first, last int) {
		for part := range parts {
			from, to, c := q.span(part)
			columns := transpose(c, to-from)
			for i := first; i < last; i++ {
				out[i*parts+part] = nearest(m.row(int32(i))[from:to], columns)
			}
		}
	})
	return out
}

// spread calls f for ranges that make up 0 to n, on all processors.
func spread(n int, f func(first, last int)) {
	workers := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { f(n*w/workers, n*(w+1)/workers) })
	}
	wait.Wait()
}
