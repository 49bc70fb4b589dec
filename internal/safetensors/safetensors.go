// Package safetensors reads and writes files of named tensors in the safetensors
// form, one file or a checkpoint in several with its index. Start with [Open] and
// [Write]. Numbers are read as float32 or bfloat16 from F32, F16 and BF16; other
// types are listed and not read. A file is not believed: its header is checked
// against its size before anything is allocated.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/mapped"
)

// ErrFormat is wrapped by every complaint about the bytes of a file.
var ErrFormat = errors.New("not a usable safetensors file")

// maxHeader is the longest header that is read: the limit of the form's own
// library.
const maxHeader = 100_000_000

// maxDims is the largest number of dimensions of a tensor.
const maxDims = 8

// sizes are the bytes of a number of each type.
var sizes = map[string]int64{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}

// A Tensor is an entry of a file.
type Tensor struct {
	Name  string
	Type  string // F32, F16, BF16, …
	Shape []int

	file     int
	from, to int64 // bytes of the file
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// A Checkpoint is an open file, or several that one index names. Any number of
// goroutines may read it.
type Checkpoint struct {
	Metadata map[string]string // of the first file

	tensors []Tensor
	byName  map[string]int
	files   []io.ReaderAt
}

// Open opens a file, an index (*.json), or a folder with model.safetensors or
// model.safetensors.index.json.
func Open(path string) (*Checkpoint, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		dir := path
		path = filepath.Join(dir, "model.safetensors")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			index := filepath.Join(dir, "model.safetensors.index.json")
			if _, err := os.Stat(index); err != nil {
				return nil, missing(dir)
			}
			path = index
		}
	}
	c := &Checkpoint{byName: map[string]int{}}
	var err error
	if filepath.Ext(path) == ".json" {
		err = c.openIndex(path)
	} else {
		err = c.openFile(path, nil)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// missing is the error of a folder without weights.
func missing(dir string) error {
	err := fmt.Errorf("%s: neither model.safetensors nor model.safetensors.index.json is there", dir)
	if others, _ := filepath.Glob(filepath.Join(dir, "pytorch_model*.bin")); len(others) > 0 {
		return hint.With(err, "weights in the form of pytorch_model.bin are not read: load them with transformers and save them again, which writes safetensors")
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "*.safetensors")); len(parts) > 0 {
		return hint.With(err, "a file under another name is renamed to model.safetensors; several need their index, which says which tensors each has")
	}
	return err
}

// openIndex opens the files of a checkpoint in several.
func (c *Checkpoint) openIndex(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.NewDecoder(io.LimitReader(f, maxHeader)).Decode(&index); err != nil {
		return fmt.Errorf("%s: %w: %w", path, ErrFormat, err)
	}
	parts := map[string]map[string]bool{}
	for name, file := range index.WeightMap {
		if file != filepath.Base(file) || !filepath.IsLocal(file) {
			return fmt.Errorf("%s: %w: %q is not the name of a file beside it", path, ErrFormat, file)
		}
		if parts[file] == nil {
			parts[file] = map[string]bool{}
		}
		parts[file][name] = true
	}
	if len(parts) == 0 {
		return fmt.Errorf("%s: %w: it names no tensors", path, ErrFormat)
	}
	var files []string
	for file := range parts {
		files = append(files, file)
	}
	slices.Sort(files)
	for _, file := range files {
		if err := c.openFile(filepath.Join(filepath.Dir(path), file), parts[file]); err != nil {
			return err
		}
	}
	return nil
}

// openFile opens a file and enters its tensors: all, or those that want lists, which
// must be there.
func (c *Checkpoint) openFile(path string, want map[string]bool) error {
	f, err := mapped.Open(path)
	if err != nil {
		return err
	}
	c.files = append(c.files, f)
	if err := c.enter(f, f.Size(), want); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// enter reads the header of the last file.
func (c *Checkpoint) enter(f io.ReaderAt, size int64, want map[string]bool) error {
	tensors, meta, err := header(f, size)
	if err != nil {
		return err
	}
	if c.Metadata == nil {
		c.Metadata = meta
	}
	found := 0
	for _, t := range tensors {
		if want != nil && !want[t.Name] {
			continue
		}
		found++
		t.file = len(c.files) - 1
		c.byName[t.Name] = len(c.tensors)
		c.tensors = append(c.tensors, t)
	}
	if found < len(want) {
		return fmt.Errorf("%w: %d of its %d tensors are not there", ErrFormat, len(want)-found, len(want))
	}
	return nil
}

// Close closes the files.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		if f, ok := f.(io.Closer); ok {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Tensors returns all tensors in the order of the files.
func (c *Checkpoint) Tensors() []Tensor { return c.tensors }

// Tensor returns the tensor of that name.
func (c *Checkpoint) Tensor(name string) (t Tensor, ok bool) {
	i, ok := c.byName[name]
	if !ok {
		return Tensor{}, false
	}
	return c.tensors[i], true
}

// header reads and checks the header of a file of size bytes.
func header(r io.ReaderAt, size int64) ([]Tensor, map[string]string, error) {
	var head [8]byte
	if size < 8 {
		return nil, nil, fmt.Errorf("%w: %d bytes", ErrFormat, size)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if begin := make([]byte, min(size, hint.PointerSize)); n > maxHeader {
		if _, err := r.ReadAt(begin, 0); err == nil && hint.Pointer(begin) != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrFormat, hint.Pointer(begin))
		}
	}
	if n > maxHeader || int64(n) > size-8 {
		return nil, nil, fmt.Errorf("%w: a header of %d bytes in a file of %d", ErrFormat, n, size)
	}
	b := make([]byte, n)
	if _, err := r.ReadAt(b, 8); err != nil {
		return nil, nil, err
	}
	tensors, meta, err := parse(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	start := 8 + int64(n)
	if err := check(tensors, size-start); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for i := range tensors {
		tensors[i].from += start
		tensors[i].to += start
	}
	return tensors, meta, nil
}

// parse reads the JSON of a header.
func parse(b []byte) (tensors []Tensor, meta map[string]string, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.New("the header is no JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name := key.(string)
		if seen[name] {
			return nil, nil, fmt.Errorf("%q stands there twice", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			if err := d.Decode(&meta); err != nil {
				return nil, nil, err
			}
			continue
		}
		var e struct {
			DType   string  `json:"dtype"`
			Shape   []int64 `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := d.Decode(&e); err != nil {
			return nil, nil, fmt.Errorf("%q: %w", name, err)
		}
		if len(e.Offsets) != 2 || len(e.Shape) > maxDims {
			return nil, nil, fmt.Errorf("%q: %d offsets, %d dimensions", name, len(e.Offsets), len(e.Shape))
		}
		t := Tensor{Name: name, Type: e.DType, from: e.Offsets[0], to: e.Offsets[1]}
		for _, n := range e.Shape {
			if n < 0 || n > math.MaxInt32 {
				return nil, nil, fmt.Errorf("%q: a dimension of %d", name, n)
			}
			t.Shape = append(t.Shape, int(n))
		}
		tensors = append(tensors, t)
	}
	_, err = d.Token()
	return tensors, meta, err
}

// check compares tensors with the bytes that are there: each as long as its
// shape says, one after another, without holes.
func check(tensors []Tensor, size int64) error {
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &tensors[a], &tensors[b]
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to))
	})
	at := int64(0)
	for _, i := range order {
		t := &tensors[i]
		if t.from != at || t.to < t.from || t.to > size {
			return fmt.Errorf("%q lies at %d to %d of %d bytes, behind %d", t.Name, t.from, t.to, size, at)
		}
		at = t.to
		width, known := sizes[t.Type]
		if !known {
			continue
		}
		n := width
		for _, d := range t.Shape {
			if d > 0 && n > math.MaxInt64/int64(d) {
				return fmt.Errorf("%q: shape %v is larger than the file", t.Name, t.Shape)
			}
			n *= int64(d)
		}
		if n != t.to-t.from {
			return fmt.Errorf("%q: shape %v of %s in %d bytes", t.Name, t.Shape, t.Type, t.to-t.from)
		}
	}
	if at != size {
		return fmt.Errorf("%d bytes of tensors, %d in the file", at, size)
	}
	return nil
}
