package search

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

const (
	maxDims     = 1 << 14
	vectorPart  = 4096 // passages a file
	vectorBatch = 64   // texts a request
	vectorHead  = 16 + 4 + 4 + 4
)

// A vectorFile holds vectors of passages: a line of JSON, then an entry each:
// version, start, end, scale (32-bit float), and a signed byte a dimension.
type vectorFile struct {
	Format string `json:"format"`
	Model  string `json:"model"`
	Dims   int    `json:"dims"`
	Count  int    `json:"count"`
	data   []byte
}

const vectorFormat = "feilun.search-vectors/1"

func (v *vectorFile) size() int { return vectorHead + v.Dims }

func (v *vectorFile) span(i int) Span {
	e := v.data[i*v.size():]
	return Span{Version(e[:16]), int(binary.LittleEndian.Uint32(e[16:])), int(binary.LittleEndian.Uint32(e[20:]))}
}

// dot is the product of an entry with a vector.
func (v *vectorFile) dot(i int, q []float32) float64 {
	e := v.data[i*v.size() : (i+1)*v.size()]
	sum := float32(0)
	for j, c := range e[vectorHead:] {
		sum += float32(int8(c)) * q[j]
	}
	return float64(sum * math.Float32frombits(binary.LittleEndian.Uint32(e[24:])))
}

// add appends a passage with its vector, brought to length 1.
func (v *vectorFile) add(s Span, vector []float32) {
	unit(vector)
	most := float32(1e-12)
	for _, f := range vector {
		most = max(most, f, -f)
	}
	v.data = append(v.data, s.Version[:]...)
	v.data = binary.LittleEndian.AppendUint32(v.data, uint32(s.Start))
	v.data = binary.LittleEndian.AppendUint32(v.data, uint32(s.End))
	v.data = binary.LittleEndian.AppendUint32(v.data, math.Float32bits(most/127))
	for _, f := range vector {
		v.data = append(v.data, byte(int8(math.RoundToEven(float64(f/most*127)))))
	}
	v.Count++
}

// unit brings a vector to length 1.
func unit(v []float32) {
	sum := 0.0
	for _, f := range v {
		sum += float64(f) * float64(f)
	}
	if sum == 0 || math.IsInf(sum, 0) || math.IsNaN(sum) {
		clear(v)
		return
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
}

func (v *vectorFile) write(name string) error {
	return atomicfile.Write(name, func(w io.Writer) error {
		return errors.Join(json.NewEncoder(w).Encode(v), func() error { _, err := w.Write(v.data); return err }())
	})
}

func parseVectorFile(name string, b []byte) (*vectorFile, error) {
	head, data, _ := bytes.Cut(b, []byte("\n"))
	v := &vectorFile{data: data}
	if err := json.Unmarshal(head, v); err != nil {
		return nil, damaged(name, err.Error())
	}
	if v.Format != vectorFormat || v.Dims < 1 || v.Dims > maxDims || v.Count < 0 || v.Count > len(data) || v.Count*v.size() != len(data) {
		return nil, damaged(name, "its head does not fit its length")
	}
	return v, nil
}

// vectorNames lists the vector files of an index, in order.
func vectorNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "vectors-") && !strings.HasSuffix(e.Name(), ".tmp") {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	return names, err
}

func readVectors(dir string) (files []*vectorFile, names []string, err error) {
	if names, err = vectorNames(dir); err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		v, err := parseVectorFile(name, b)
		if err != nil {
			return nil, nil, err
		}
		if len(files) > 0 && (v.Dims != files[0].Dims || v.Model != files[0].Model) {
			return nil, nil, damaged(name, "vectors of another model")
		}
		files = append(files, v)
	}
	return files, names, nil
}

// Vectors asks a server for the vectors of all passages that have none. Files are written
// whole, so that the same call goes on after a kill. tell is called with the number done.
func Vectors(ctx context.Context, dir string, e *Embedder, tell func(done, of int)) error {
	if _, err := readManifest(dir); err != nil {
		return err
	}
	w, err := openWriter(dir, Params{})
	if err != nil {
		return err
	}
	defer w.unlock()
	files, _, err := readVectors(dir)
	if err != nil {
		return err
	}
	v := &vectorWriter{ctx: ctx, dir: dir, e: e, number: len(files), have: map[Span]bool{}, tell: tell}
	for _, f := range files {
		if v.dims = f.Dims; f.Model != e.Model {
			return hint.Usage(hint.With(fmt.Errorf("%s has vectors of the model %q", dir, f.Model), "name that model, or delete the files vectors-* there"))
		}
		for i := range f.Count {
			v.have[f.span(i)] = true
		}
	}
	v.done = len(v.have)
	for _, s := range w.m.Segments {
		v.total += s.Chunks
	}
	if err := w.each(func(_ int, s *segment) error { return v.segment(s) }); err != nil {
		return err
	}
	return errors.Join(v.ask(), v.flush())
}

// A vectorWriter collects passages, asks for their vectors and writes files.
type vectorWriter struct {
	ctx         context.Context
	dir         string
	e           *Embedder
	number      int
	dims        int
	done, total int
	have        map[Span]bool
	tell        func(done, of int)
	file        *vectorFile
	spans       []Span
	texts       []string
}

// segment adds the passages of a segment that have no vector.
func (v *vectorWriter) segment(s *segment) error {
	for i := range s.info.Chunks {
		c := s.chunk(uint32(i))
		d := s.doc(c.doc)
		sp := Span{d.version, int(c.start), int(c.end)}
		if v.have[sp] {
			continue
		}
		r, _, err := s.passage(nil, d, sp.Start, sp.End)
		if err != nil {
			return err
		}
		if err := v.add(sp, strings.TrimSpace(r.title+"\n"+r.text)); err != nil {
			return err
		}
	}
	return nil
}

func (v *vectorWriter) add(s Span, text string) error {
	v.spans, v.texts = append(v.spans, s), append(v.texts, text)
	if len(v.texts) < vectorBatch {
		return nil
	}
	return v.ask()
}

func (v *vectorWriter) ask() error {
	if len(v.texts) == 0 {
		return nil
	}
	vectors, err := v.e.Embed(v.ctx, v.texts)
	if err != nil {
		return err
	}
	if v.dims == 0 {
		v.dims = len(vectors[0])
	}
	if len(vectors[0]) != v.dims {
		return fmt.Errorf("the server gave vectors of %d numbers, the index has %d", len(vectors[0]), v.dims)
	}
	if v.file == nil {
		v.file = &vectorFile{Format: vectorFormat, Model: v.e.Model, Dims: v.dims}
	}
	for i, s := range v.spans {
		v.file.add(s, vectors[i])
	}
	v.done += len(v.spans)
	v.spans, v.texts = v.spans[:0], v.texts[:0]
	if v.tell != nil {
		v.tell(v.done, v.total)
	}
	if v.file.Count >= vectorPart {
		return v.flush()
	}
	return nil
}

func (v *vectorWriter) flush() error {
	if v.file == nil {
		return nil
	}
	name := ""
	for { // numbers may have gaps where files were emptied
		name = filepath.Join(v.dir, fmt.Sprintf("vectors-%06d", v.number))
		if _, err := os.Stat(name); err != nil {
			break
		}
		v.number++
	}
	err := v.file.write(name)
	v.file = nil
	return err
}

// dropVectors rewrites the vector files without documents that are gone.
func dropVectors(dir string, gone map[Version]bool) error {
	files, names, err := readVectors(dir)
	if err != nil {
		return err
	}
	for n, f := range files {
		kept := &vectorFile{Format: f.Format, Model: f.Model, Dims: f.Dims}
		for i := range f.Count {
			if !gone[f.span(i).Version] {
				kept.data = append(kept.data, f.data[i*f.size():(i+1)*f.size()]...)
				kept.Count++
			}
		}
		switch {
		case kept.Count == f.Count:
		case kept.Count == 0:
			err = os.Remove(names[n])
		default:
			err = kept.write(names[n])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// nearest finds the n passages whose vectors are nearest to q.
func (x *Index) nearest(ctx context.Context, q []float32, n int) ([]candidate, error) {
	if len(x.vectors) == 0 {
		return nil, hint.Usage(hint.With(errors.New("the index has no vectors"), "make them with: feilun search embed INDEX --embeddings URL --model NAME"))
	}
	if len(q) != x.vectors[0].Dims {
		return nil, hint.Usage(fmt.Errorf("the question's vector has %d numbers, those of the index %d", len(q), x.vectors[0].Dims))
	}
	q = slices.Clone(q)
	unit(q)
	type near struct {
		file, entry int
		dot         float64
	}
	var all []near
	for i, f := range x.vectors {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j := range f.Count {
			all = append(all, near{i, j, f.dot(j, q)})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(b.dot, a.dot) })
	var out []candidate
	for _, v := range all {
		if len(out) == n {
			break
		}
		if c, ok := x.chunkOf(x.vectors[v.file].span(v.entry)); ok {
			c.score = v.dot
			out = append(out, c)
		}
	}
	return out, nil
}

// chunkOf finds the passage that a span is.
func (x *Index) chunkOf(sp Span) (candidate, bool) {
	place, ok := x.places()[sp.Version]
	if !ok {
		return candidate{}, false
	}
	s := x.segments[place.seg]
	i := sort.Search(s.info.Chunks, func(i int) bool {
		c := s.chunk(uint32(i))
		return c.doc > place.doc || c.doc == place.doc && int(c.start) >= sp.Start
	})
	if i == s.info.Chunks {
		return candidate{}, false
	}
	c := s.chunk(uint32(i))
	return candidate{seg: place.seg, chunk: uint32(i)}, c.doc == place.doc && int(c.start) == sp.Start && int(c.end) == sp.End
}

// fuse joins two rankings by reciprocal ranks (Cormack, Clarke and Büttcher,
// Reciprocal rank fusion, SIGIR 2009; k = 60).
func fuse(a, b []passage) []passage {
	const k = 60
	type key struct {
		seg   int
		chunk uint32
	}
	at := map[key]int{}
	var out []passage
	for _, list := range [][]passage{a, b} {
		for rank, g := range list {
			n, ok := at[key{g.seg, g.chunk}]
			if !ok {
				n = len(out)
				at[key{g.seg, g.chunk}] = n
				g.score = 0
				out = append(out, g)
			}
			out[n].score += 1 / float64(k+rank+1)
		}
	}
	slices.SortStableFunc(out, func(a, b passage) int { return cmp.Compare(b.score, a.score) })
	return out
}
