package fasttext

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// TrainArgs say how to train; [DefaultTrainArgs] are those of "fasttext supervised".
type TrainArgs struct {
	LearningRate  float64 // fastText's command rounds a given -lr to float32, its Python module does not
	Dim           int
	Epochs        int
	MinCount      int // of a word, over all lines
	MinCountLabel int
	WordNgrams    int // longest n-gram of words; 1 is words alone
	MinN, MaxN    int // shortest and longest n-gram of characters; 0 is none
	Bucket        int // rows that n-grams are hashed to
	Loss          int
	Negatives     int // sampled for each line by LossNegative
	UpdateRate    int // tokens after which the learning rate falls
	Seed          int32
	// Threads is 1 for training line by line, which gives the weights of
	// fastText -thread 1. Above 1 lines are learned in rounds (see [Train]):
	// the model is the same for 2 threads and for 64.
	Threads int
	// Memory is what the weights may take, in bytes; 0 sets no limit.
	Memory int64
}

// DefaultTrainArgs returns the defaults of fastText 0.9.2 for classifiers, but
// for one thread.
func DefaultTrainArgs() TrainArgs {
	return TrainArgs{LearningRate: 0.1, Dim: 100, Epochs: 5, MinCount: 1, WordNgrams: 1, Bucket: 2000000,
		Loss: LossSoftmax, Negatives: 5, UpdateRate: 100, Threads: 1}
}

// ErrMemory is wrapped by the error of [Train] when the weights need more
// memory than allowed.
var ErrMemory = errors.New("the model needs more memory than allowed")

// ErrDiverged is returned by [Train] when weights grew beyond all numbers.
var ErrDiverged = errors.New("training diverged: lower the learning rate")

func (a *TrainArgs) check() error {
	for _, f := range []struct {
		name        string
		value       int
		least, most int
	}{
		{"Dim", a.Dim, 1, 1 << 16}, {"Epochs", a.Epochs, 1, 1 << 20}, {"MinCount", a.MinCount, 0, math.MaxInt32},
		{"MinCountLabel", a.MinCountLabel, 0, math.MaxInt32}, {"WordNgrams", a.WordNgrams, 1, maxGram}, {"MinN", a.MinN, 0, maxGram},
		{"MaxN", a.MaxN, 0, maxGram}, {"Loss", a.Loss, LossHierarchical, LossOneVsAll}, {"Negatives", a.Negatives, 1, math.MaxInt32},
		{"UpdateRate", a.UpdateRate, 0, math.MaxInt32}, {"Threads", a.Threads, 1, 1 << 10},
	} {
		if f.value < f.least || f.value > f.most {
			return fmt.Errorf("fasttext: %s is %d, want %d to %d", f.name, f.value, f.least, f.most)
		}
	}
	if !(a.LearningRate > 0 && a.LearningRate < 1e6) {
		return fmt.Errorf("fasttext: LearningRate is %v, want a positive number", a.LearningRate)
	}
	if (a.MaxN > 0 || a.WordNgrams > 1) && (a.Bucket < 1 || a.Bucket > math.MaxInt32) {
		return fmt.Errorf("fasttext: Bucket is %d, want 1 to %d for n-grams", a.Bucket, math.MaxInt32)
	}
	return nil
}

// Train learns a classifier from text in fastText's form: a line is a
// document, tokens that begin with "__label__" are its labels ([AppendLine]
// writes such lines). open returns the same text each time; it is called once
// for the vocabulary, and once or twice for each epoch. Memory is that of the
// model and of one line. progress, if not nil, is called now and then with the
// tokens learned and the tokens to learn in all.
//
// With one thread, weights equal those of fastText 0.9.2 with -thread 1, bit
// for bit, and so does the file that [Model.Save] writes. With more, a round
// of lines is read at once: their averages come from the weights before the
// round, the output matrix learns line by line, and then each thread adds the
// gradients to the rows of the input matrix that are its own, in line order.
// No result depends on the number of threads or on their speed.
func Train(ctx context.Context, a TrainArgs, open func() (io.ReadCloser, error), progress func(done, total int64)) (*Model, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	v, err := countTokens(ctx, open)
	if err != nil {
		return nil, err
	}
	v.threshold(int64(a.MinCount), int64(a.MinCountLabel))
	m, err := newModel(a, v)
	if err != nil {
		return nil, err
	}
	return m, m.learn(ctx, a, open, progress)
}

func countTokens(ctx context.Context, open func() (io.ReadCloser, error)) (*vocabulary, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	v, lines := newVocabulary(), newLineReader(r)
	for ctx.Err() == nil {
		line, ended, err := lines.next()
		if err == io.EOF {
			return v, nil
		}
		if err == nil {
			err = v.count(line, ended)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, ctx.Err()
}

// newModel returns a model before its first line.
func newModel(a TrainArgs, v *vocabulary) (*Model, error) {
	if a.WordNgrams <= 1 && a.MaxN == 0 {
		a.Bucket = 0
	}
	m := &Model{version: 12, dict: v.dictionary, Args: Args{
		Dim: int32(a.Dim), WindowSize: 5, Epoch: int32(a.Epochs), MinCount: int32(a.MinCount), Negatives: int32(a.Negatives),
		WordNgrams: int32(a.WordNgrams), Loss: int32(a.Loss), Model: supervised, Bucket: int32(a.Bucket),
		MinN: int32(a.MinN), MaxN: int32(a.MaxN), UpdateRate: int32(a.UpdateRate), Sampling: 1e-4,
	}}
	rows := int64(v.words) + int64(a.Bucket)
	switch {
	case v.labels == 0:
		return nil, errors.New("fasttext: no line of the training text has a label (a token that begins with " + labelMark + ")")
	case v.labels == 1 && a.Loss == LossNegative:
		return nil, errors.New("fasttext: negative sampling needs two labels")
	case rows == 0 || rows > math.MaxInt32:
		return nil, fmt.Errorf("fasttext: %d words of at least %d occurrences and %d buckets", v.words, a.MinCount, a.Bucket)
	}
	if need := (rows + int64(v.labels)) * int64(a.Dim) * 4; a.Memory > 0 && need > a.Memory {
		return nil, fmt.Errorf("%w: %d MB for %d rows of %d numbers", ErrMemory, need/1e6, rows, a.Dim)
	}
	in := newDense(rows, int64(a.Dim))
	in.randomize(float32(1/float64(a.Dim)), a.Seed)
	m.input, m.output = in, newDense(int64(v.labels), int64(a.Dim))
	return m, m.finish()
}

func newDense(rows, cols int64) *dense { return &dense{rows, cols, newLarge[float32](rows * cols)} }

// randomize fills the first tenth of the numbers and leaves the rest zero, as
// fastText does with one thread: each of its threads fills a tenth.
func (m *dense) randomize(bound float32, seed int32) {
	const parts = 10
	rng := newMinstd(seed)
	low, width := -float64(bound), 2*float64(bound)
	for i := range m.data[:len(m.data)/parts] {
		m.data[i] = float32(float64(rng.float64()*width) + low)
	}
}

func (m *Model) learn(ctx context.Context, a TrainArgs, open func() (io.ReadCloser, error), progress func(done, total int64)) error {
	src := &cycle{open: open}
	defer src.close()
	clock := newClock(a, m.dict.tokens, progress)
	if a.Threads > 1 {
		return m.learnInRounds(ctx, a, src, clock)
	}
	return m.learnInOrder(ctx, a, src, clock)
}

// learnInOrder trains line by line.
func (m *Model) learnInOrder(ctx context.Context, a TrainArgs, src *cycle, c *clock) error {
	t := newTrainer(m, a.Seed)
	f := m.featurizer()
	for at := 1; c.more(); {
		if at > len(src.line) {
			if err := src.next(ctx); err != nil {
				return err
			}
			at = 0
		}
		lr, tokens := c.rate(), 0
		at, tokens = f.line(src.line, at, src.ended)
		if !t.learn(f.rows, f.labels, lr) {
			return ErrDiverged
		}
		c.add(tokens)
	}
	return nil
}

// A cycle reads the lines of a text over and over.
type cycle struct {
	open  func() (io.ReadCloser, error)
	file  io.ReadCloser
	lines *lineReader
	line  []byte
	ended bool
	calls int
}

// next sets line and ended to the next line.
func (s *cycle) next(ctx context.Context) error {
	if s.calls++; s.calls%64 == 0 && ctx.Err() != nil {
		return ctx.Err()
	}
	for again := false; ; again = true {
		if s.file == nil {
			f, err := s.open()
			if err != nil {
				return err
			}
			s.file, s.lines = f, newLineReader(f)
		}
		var err error
		if s.line, s.ended, err = s.lines.next(); err != io.EOF {
			return err
		}
		if again {
			return errors.New("fasttext: the training text is empty the second time it is read")
		}
		if err := s.close(); err != nil {
			return err
		}
	}
}

func (s *cycle) close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

// A clock counts tokens as fastText does, for the learning rate.
type clock struct {
	first              float64 // learning rate
	every              int
	done, total, shown int64
	waiting            int
	progress           func(done, total int64)
}

func newClock(a TrainArgs, tokens int64, progress func(done, total int64)) *clock {
	return &clock{first: a.LearningRate, every: a.UpdateRate, total: tokens * int64(a.Epochs), progress: progress}
}

func (c *clock) more() bool { return c.done < c.total }

func (c *clock) rate() float32 {
	part := float32(c.done) / float32(c.total)
	return float32(c.first * (1 - float64(part)))
}

func (c *clock) add(tokens int) {
	if c.waiting += tokens; c.waiting <= c.every {
		return
	}
	c.done += int64(c.waiting)
	c.waiting = 0
	if c.progress != nil && c.done-c.shown >= 1<<17 {
		c.shown = c.done
		c.progress(min(c.done, c.total), c.total)
	}
}
