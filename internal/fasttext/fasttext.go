// Package fasttext reads the classifiers of fastText (.bin and .ftz, versions
// 11 and 12, dense or quantized, every loss) and predicts labels and
// probabilities as fastText 0.9.2 does, to the last bit of its float32 sums.
// It also trains and writes them, the same bytes as fastText's own:
//
//	m, err := Train(ctx, DefaultTrainArgs(), open, nil) // open gives lines of [AppendLine]
//	err = m.Save(w)
//	m, err = Open("model.bin")
//	small, err := m.Collapse() // for scoring, if m.Collapsible()
//	p := small.Predictor()     // one for each goroutine
//	good := p.Probability(text, "good")
//	why := p.Explain(text, "good", 10)
//
// [Model.Quantize] makes files small. Word vectors without labels are refused.
// Facts about the format: docs/formats/fasttext.md.
package fasttext

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// The losses a model can have been trained with.
const (
	LossHierarchical = 1
	LossNegative     = 2
	LossSoftmax      = 3
	LossOneVsAll     = 4
)

const (
	magic      = 793712314
	supervised = 3
	eos        = "</s>" // the word that stands for the end of a line
	labelMark  = "__label__"
	maxDepth   = 1 << 14 // of the tree of hierarchical softmax
	maxGram    = 1 << 10 // characters or words in an n-gram; longer ones only cost time
)

// ErrFormat is wrapped by every complaint about the bytes of a model.
var ErrFormat = errors.New("not a usable fastText classifier")

// Args are the training arguments stored in a model, in file order.
type Args struct {
	Dim, WindowSize, Epoch, MinCount, Negatives, WordNgrams, Loss, Model int32
	Bucket, MinN, MaxN, UpdateRate                                       int32
	Sampling                                                             float64
}

// A Model is a classifier, read only after loading: any number of goroutines
// may share it, each with a [Predictor] of its own.
type Model struct {
	Args
	version int32
	dict    dictionary
	input   matrix
	output  matrix
	flat    *flat // in place of both, when collapsed
	qout    bool
	tree    []node // of hierarchical softmax, else nil
	sigmoid []float32
}

// A matrix has float32 rows, stored as they are or as codes.
type matrix interface {
	size() (rows, cols int64)
	// addRow adds row i to x.
	addRow(x []float32, i int32)
	// dotRow returns the product of row i and x, summed in index order.
	dotRow(x []float32, i int32) float32
	save(w *writer)
}

// Open loads the model file of that name.
func Open(name string) (*Model, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	m, err := Load(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// Load reads a model of size bytes. What the header claims is checked against
// size before it is allocated: a model takes about as much memory as its file.
func Load(r io.ReaderAt, size int64) (*Model, error) {
	in := newReader(io.NewSectionReader(r, 0, size), size)
	m, err := load(in)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return m, nil
}

func load(in *reader) (*Model, error) {
	m := &Model{}
	if in.int32() != magic {
		return nil, errors.New("no fastText magic number at the start")
	}
	if m.version = in.int32(); m.version != 11 && m.version != 12 {
		return nil, fmt.Errorf("version %d, known are 11 and 12", m.version)
	}
	for _, p := range m.fields() {
		*p = in.int32()
	}
	m.Sampling = in.float64()
	if err := m.checkArgs(); err != nil {
		return nil, err
	}
	if err := m.dict.load(in); err != nil {
		return nil, err
	}
	quantized := in.bool()
	if !quantized && m.dict.pruned >= 0 {
		return nil, errors.New("a pruned dictionary with a dense matrix")
	}
	var err error
	if m.input, err = readMatrix(in, quantized); err != nil {
		return nil, fmt.Errorf("input matrix: %w", err)
	}
	m.qout = in.bool()
	if m.output, err = readMatrix(in, quantized && m.qout); err != nil {
		return nil, fmt.Errorf("output matrix: %w", err)
	}
	if in.err != nil {
		return nil, in.err
	}
	return m, m.finish()
}

// fields lists the integer arguments in file order.
func (a *Args) fields() []*int32 {
	return []*int32{&a.Dim, &a.WindowSize, &a.Epoch, &a.MinCount, &a.Negatives, &a.WordNgrams, &a.Loss, &a.Model,
		&a.Bucket, &a.MinN, &a.MaxN, &a.UpdateRate}
}

func (m *Model) checkArgs() error {
	switch {
	case m.Model != supervised:
		return errors.New("word vectors without labels (cbow or skipgram)")
	case m.Loss < LossHierarchical || m.Loss > LossOneVsAll:
		return fmt.Errorf("loss %d, known are 1 to 4", m.Loss)
	case m.Dim <= 0:
		return fmt.Errorf("dimension %d", m.Dim)
	}
	if m.version == 11 { // before 12, classifiers had no subwords, whatever the arguments say
		m.MaxN = 0
	}
	if m.MaxN > maxGram || m.WordNgrams > maxGram {
		return fmt.Errorf("n-grams of %d characters and %d words", m.MaxN, m.WordNgrams)
	}
	if m.hashed() && m.Bucket <= 0 {
		return fmt.Errorf("n-grams in %d buckets", m.Bucket)
	}
	return nil
}

// hashed reports whether features beside words are looked up by hash.
func (m *Model) hashed() bool { return m.MaxN > 0 || m.WordNgrams > 1 }

// finish checks that the parts fit each other, and builds what is derived.
func (m *Model) finish() error {
	rows, cols := m.input.size()
	need := int64(m.dict.words)
	switch {
	case m.dict.pruned >= 0:
		need += m.dict.kept
	case m.hashed():
		need += int64(m.Bucket)
	}
	if cols != int64(m.Dim) || rows < need {
		return fmt.Errorf("input matrix of %d×%d, want at least %d×%d", rows, cols, need, m.Dim)
	}
	rows, cols = m.output.size()
	if cols != int64(m.Dim) || rows < int64(m.dict.labels) {
		return fmt.Errorf("output matrix of %d×%d, want %d×%d", rows, cols, m.dict.labels, m.Dim)
	}
	switch m.Loss {
	case LossHierarchical:
		tree, err := buildTree(m.dict.counts[m.dict.words:])
		if err != nil {
			return err
		}
		m.tree = tree
	case LossNegative, LossOneVsAll:
		m.sigmoid = sigmoidTable()
	}
	m.prepare()
	return nil
}

// Labels returns the labels in model order, with their "__label__".
func (m *Model) Labels() []string {
	out := make([]string, m.dict.labels)
	for i := range out {
		out[i] = m.label(int32(i))
	}
	return out
}

func (m *Model) label(i int32) string { return string(m.dict.text(m.dict.words + i)) }
