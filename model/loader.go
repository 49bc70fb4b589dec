package model

import (
	"cmp"
	"fmt"
	"slices"
	"sync/atomic"

	"feilun/internal/gguf"
	"feilun/internal/hint"
	"feilun/internal/quant"
	"feilun/internal/safetensors"
	"feilun/internal/tensor"
)

// A source has the tensors of a model.
type source interface {
	kind(p *Param) quant.Type
	read(dst []float32, p *Param) error
	// rows hands over some of the tensor's rows, one for each output, as they are stored, or
	// reports that it cannot. Several goroutines may ask for rows.
	rows(p *Param, from, to int, each rowFunc) (bool, error)
}

// A rowFunc takes the bytes of a row, numbers of a kind, which are valid until it returns.
type rowFunc func(row int, kind quant.Type, raw []byte)

// OpenEngine reads a model for generation alone: each matrix is laid out as it is read, so
// that the weights are in memory once. The model is a folder with config.json and
// model.safetensors, or a GGUF file.
func OpenEngine(path string, cpu *tensor.CPU, o EngineOptions) (*Engine, error) {
	var e *Engine
	err := withSource(path, func(c Config, s source) (err error) {
		e, err = newEngine(c, cpu, o, s)
		return err
	})
	return e, err
}

// withSource opens a model for use, which errors are then about.
func withSource(path string, use func(c Config, s source) error) error {
	open := openFolder
	if IsGGUF(path) {
		open = openFile
	}
	c, s, done, err := open(path)
	if err != nil {
		return err
	}
	defer done()
	if err := use(c, s); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func openFolder(dir string) (c Config, s source, done func() error, err error) {
	if c, err = ReadConfig(ConfigPath(dir)); err != nil {
		return c, nil, nil, err
	}
	file, err := safetensors.Open(dir)
	if err != nil {
		return c, nil, nil, err
	}
	ids, wrong := readEnds(dir)
	if ids != nil {
		c.EOS = within(ids, c.Vocab)
	}
	c.untie(file)
	if err := c.fits(file); err != nil {
		wrong = fmt.Errorf("%s: %w", dir, err)
	}
	if wrong != nil {
		file.Close()
		return c, nil, nil, wrong
	}
	return c, &folderSource{file, c.Arch == GPT2, c.Tied}, file.Close, nil
}

func openFile(path string) (c Config, s source, done func() error, err error) {
	file, err := gguf.Open(path)
	if err != nil {
		return c, nil, nil, err
	}
	if c, err = GGUFConfig(file); err == nil {
		err = c.fitsGGUF(file)
	}
	if err != nil {
		file.Close()
		return c, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, &ggufSource{file, &c}, file.Close, nil
}

// A memorySource is a model in memory.
type memorySource struct{ m *Model }

func (s *memorySource) kind(*Param) quant.Type { return quant.F32 }

func (s *memorySource) read(dst []float32, p *Param) error {
	copy(dst, s.m.W[p.From:p.To])
	return nil
}

func (s *memorySource) rows(*Param, int, int, rowFunc) (bool, error) { return false, nil }

// A folderSource is a checkpoint of safetensors.
type folderSource struct {
	file *safetensors.Checkpoint
	conv bool // matrices have a row for each input
	tied bool
}

func (s *folderSource) kind(p *Param) quant.Type {
	t, _ := s.file.Tensor(stored(s.file, p.Name, s.tied))
	return map[string]quant.Type{"BF16": quant.BF16, "F16": quant.F16}[t.Type] // F32 for others
}

func (s *folderSource) read(dst []float32, p *Param) error {
	return s.file.F32(dst, stored(s.file, p.Name, s.tied))
}

func (s *folderSource) rows(p *Param, from, to int, each rowFunc) (bool, error) {
	if s.conv {
		return false, nil
	}
	return true, s.file.Rows(stored(s.file, p.Name, s.tied), from, to, each)
}

// A ggufSource is a file of llama.cpp.
type ggufSource struct {
	file *gguf.File
	c    *Config
}

func (s *ggufSource) kind(p *Param) quant.Type {
	t, _ := s.file.Tensor(ggufName(p.Name))
	return t.Type
}

func (s *ggufSource) read(dst []float32, p *Param) error {
	if err := s.file.F32(dst, ggufName(p.Name)); err != nil {
		return err
	}
	s.c.fromGGUF(p, dst)
	return nil
}

// rows gives a row for each output, which is how GGUF has all matrices.
func (s *ggufSource) rows(p *Param, from, to int, each rowFunc) (bool, error) {
	t, ok := s.file.Tensor(ggufName(p.Name))
	if !ok {
		return false, nil
	}
	place := func(i int) int { return i }
	if heads := s.c.ggufHeads(p.Name); heads > 0 {
		dim := t.Shape[0] / heads
		place = func(i int) int { return i/dim*dim + i%2*(dim/2) + i%dim/2 }
	}
	return true, s.file.Rows(t, from, to, func(i int, row []byte) { each(place(i), t.Type, row) })
}

// A loader moves weights into an engine.
type loader struct {
	e       *Engine
	from    source
	weights Weights
	params  []Param
	head    bool   // what comes is embedding or head
	memory  []byte // for matrices, one behind another
	buf     []float32
	err     error
}

// form decides how to hold a matrix.
func (r *loader) form(l *linear, head bool) Weights {
	var kinds []quant.Type
	for _, p := range r.parts(l.w, l.w+l.in*l.out) {
		kinds = append(kinds, r.from.kind(&p))
	}
	return r.weights.form(r.e.cpu, kinds, head)
}

// reserve makes room for matrices, of which the last ones are embedding and head. In one piece
// memory comes in large pages, of which the processor can find all.
func (r *loader) reserve(all []linear, heads int) {
	n := 0
	for i, l := range all {
		if kind, ok := r.form(&l, i >= len(all)-heads).blocks(r.e.cpu); ok {
			n += kind.Bytes(l.out, l.in)
		}
	}
	r.memory = tensor.Bytes(n)
}

// room returns an empty matrix.
func (r *loader) room(kind tensor.Weights, rows, cols int) *tensor.QuantMatrix {
	m := tensor.QuantMatrixIn(kind, rows, cols, r.memory)
	r.memory = r.memory[m.Bytes():]
	return &m
}

// parts returns the tensors between two places among the weights.
func (r *loader) parts(from, to int) []Param {
	i, _ := slices.BinarySearchFunc(r.params, from, func(p Param, at int) int { return p.From - at })
	j := i
	for j < len(r.params) && r.params[j].From < to {
		j++
	}
	return r.params[i:j]
}

// read reads the weights from one on into dst.
func (r *loader) read(dst []float32, from int) {
	for _, p := range r.parts(from, from+len(dst)) {
		if r.err == nil {
			r.err = r.from.read(dst[p.From-from:p.To-from], &p)
		}
	}
}

// vector reads weights that stay as they are and returns where they now lie.
func (r *loader) vector(from, n int) int {
	at := len(r.e.m.W)
	r.e.m.W = append(r.e.m.W, make([]float32, n)...)
	r.read(r.e.m.W[at:], from)
	return at
}

func (r *loader) norm(l norm, n int) norm {
	l.w = r.vector(l.w, n)
	if l.b >= 0 {
		l.b = r.vector(l.b, n)
	}
	return l
}

// linear lays out a matrix and returns where its bias now lies.
func (r *loader) linear(l linear, w *matrix) linear {
	form := r.form(&l, r.head)
	r.e.bf16 = r.e.bf16 || form == BF16 || form != F32 && r.e.cpu.BF16()
	if kind, ok := form.blocks(r.e.cpu); ok {
		r.quantized(l, w, kind)
	} else {
		r.panels(l, w, form == BF16)
	}
	l.w = -1
	if l.b >= 0 {
		l.b = r.vector(l.b, l.out)
	}
	return l
}

// eachRow calls f with the rows of a matrix's tensors as they are stored, workers side by side,
// and reports whether the source has them. Errors are kept.
func (r *loader) eachRow(l *linear, f func(worker, row int, kind quant.Type, raw []byte) error) bool {
	if r.err != nil {
		return true
	}
	const task = 64 // rows
	for _, p := range r.parts(l.w, l.w+l.in*l.out) {
		first, n := (p.From-l.w)/l.in, (p.To-p.From)/l.in
		errs, none := make([]error, (n+task-1)/task), atomic.Bool{}
		r.e.cpu.Do(len(errs), func(worker, i int) {
			var bad error
			has, err := r.from.rows(&p, i*task, min(n, (i+1)*task), func(row int, kind quant.Type, raw []byte) {
				if bad != nil {
					return
				}
				if bad = f(worker, first+row, kind, raw); bad != nil {
					bad = fmt.Errorf("%q: row %d: %w", p.Name, row, bad)
				}
			})
			if errs[i] = cmp.Or(err, bad); !has {
				none.Store(true)
			}
		})
		if none.Load() {
			return false
		}
		if r.err = cmp.Or(errs...); r.err != nil {
			return true
		}
	}
	return true
}

// numbers reads a matrix.
func (r *loader) numbers(l *linear) []float32 {
	if n := l.in * l.out; len(r.buf) < n {
		r.buf = tensor.Floats(n)
	}
	w := r.buf[:l.in*l.out]
	decode := func(_, row int, kind quant.Type, raw []byte) error {
		quant.Decode(w[row*l.in:][:l.in], kind, raw)
		return nil
	}
	if l.conv || !r.eachRow(l, decode) {
		r.read(w, l.w)
	}
	return w
}

func (r *loader) panels(l linear, w *matrix, bf16 bool) {
	x := r.numbers(&l)
	v := tensor.Matrix(x, l.in).T()
	if l.conv {
		v = tensor.Matrix(x, l.out)
	}
	r.e.cpu.Pack(&w.panels, v, l.in, l.out, bf16)
}

// quantized takes rows as they are stored where that is what is wanted, else rounds them.
func (r *loader) quantized(l linear, w *matrix, kind tensor.Weights) {
	w.blocks = r.room(kind, l.out, l.in)
	rows := make([][]float32, r.e.cpu.Workers())
	done := r.eachRow(&l, func(worker, row int, stored quant.Type, raw []byte) error {
		if stored == kind.Type() {
			w.blocks.PackRow(row, raw)
			return nil
		}
		if rows[worker] == nil {
			rows[worker] = tensor.Floats(l.in)
		}
		quant.Decode(rows[worker], stored, raw)
		return unheld(r.e.cpu.FillRow(worker, w.blocks, row, rows[worker]))
	})
	if done {
		return
	}
	x := r.numbers(&l)
	if l.conv {
		transpose(x, l.in, l.out)
	}
	if err := r.e.cpu.Fill(w.blocks, x); r.err == nil {
		r.err = unheld(err)
	}
}

// unheld says what to do where blocks cannot hold weights; nil stays nil.
func unheld(err error) error {
	return hint.With(err, "weights that are NaN or infinite are damaged: get or train the model again; others that are too large --weights bf16 or f32 holds")
}
