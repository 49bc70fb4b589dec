package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// An Index is an open index. Its methods may be called from many goroutines at once,
// but for Close. It shows what the index held when it was opened.
type Index struct {
	dir      string
	m        *manifest
	segments []*segment
	chunks   int
	average  float64 // length of a chunk in terms
	newest   int32   // day of the newest document, noDay without dates
	defaults Ranking
	standard func() *impacts // with the defaults
	vectors  []*vectorFile
	places   func() map[Version]place // where documents are, made when first asked for
}

type place struct {
	seg int
	doc uint32
}

// Open opens the index in dir.
func Open(dir string) (*Index, error) {
	for try := 0; ; try++ {
		m, err := readManifest(dir)
		if err != nil {
			return nil, err
		}
		x, err := openIndex(dir, m)
		if err == nil {
			return x, nil
		}
		// A writer may have replaced segments since the manifest was read.
		if !errors.Is(err, fs.ErrNotExist) || try == 20 {
			return nil, err
		}
	}
}

func openIndex(dir string, m *manifest) (*Index, error) {
	x := &Index{dir: dir, m: m, newest: noDay}
	if err := params.Fill(&x.defaults); err != nil {
		panic(err) // a default tag is wrong
	}
	tokens := int64(0)
	for _, info := range m.Segments {
		s, err := openSegment(filepath.Join(dir, info.Name), info)
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
		x.segments = append(x.segments, s)
		x.chunks += info.Chunks
		tokens += info.Tokens
		for i := range info.Docs {
			x.newest = max(x.newest, s.doc(uint32(i)).day)
		}
	}
	var err error
	if x.vectors, _, err = readVectors(dir); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	x.standard = sync.OnceValue(func() *impacts { return x.impacts(&x.defaults) })
	x.places = sync.OnceValue(x.findPlaces)
	x.average = max(1, float64(tokens)/float64(max(1, x.chunks)))
	return x, nil
}

// Close frees the index. No other method may run or follow.
func (x *Index) Close() (err error) {
	for _, s := range x.segments {
		err = errors.Join(err, s.close())
	}
	return err
}

// Verify reads the whole index and compares it with the hashes it was written with.
func (x *Index) Verify() error {
	for _, s := range x.segments {
		if err := s.verify(); err != nil {
			return err
		}
	}
	return nil
}

// Stats tells what the index holds.
func (x *Index) Stats() Report {
	r := Report{}
	for _, s := range x.segments {
		r.Docs, r.Chunks, r.Text = r.Docs+s.info.Docs, r.Chunks+s.info.Chunks, r.Text+s.info.Text
		for _, f := range s.info.Files {
			r.Size += f.Size
		}
	}
	return r
}

func (x *Index) findPlaces() map[Version]place {
	m := map[Version]place{}
	for i, s := range x.segments {
		for d := range s.info.Docs {
			m[s.doc(uint32(d)).version] = place{i, uint32(d)}
		}
	}
	return m
}

// locate finds the document of a version.
func (x *Index) locate(v Version) (*segment, docEntry, bool) {
	p, ok := x.places()[v]
	if !ok {
		return nil, docEntry{}, false
	}
	s := x.segments[p.seg]
	return s, s.doc(p.doc), true
}

// Text returns the bytes of a span as they were indexed.
func (x *Index) Text(sp Span) (string, error) {
	s, e, ok := x.locate(sp.Version)
	if !ok {
		return "", hint.With(fmt.Errorf("the index holds no document of version %s", sp.Version), "it was changed or removed since")
	}
	if sp.Start < 0 || sp.Start > sp.End || sp.End > int(e.length) {
		return "", fmt.Errorf("document %s has %d bytes; %d to %d do not lie in it", sp.Version, e.length, sp.Start, sp.End)
	}
	b, err := s.span(nil, e, sp.Start, sp.End)
	return string(b), err
}

// How many passages are read at most when those read so far fall to filters:
// with quoted phrases, which only the text tells, and without.
const (
	deepest = 1 << 16
	shallow = 1 << 9
)

// few is how many terms a question has that names something more often than it asks: titles tell more than counts
// of words do then, and are looked for deeper.
const few = 2

// Search finds the passages that answer a question best, best first.
func (x *Index) Search(ctx context.Context, q Query) ([]Hit, error) {
	r := q.Ranking
	if r == nil {
		r = &x.defaults
	}
	k := q.K
	if k <= 0 {
		k = 10
	}
	p := parse(q.Text, r)
	if len(p.terms) == 0 && q.Vector == nil {
		return nil, nil
	}
	depth := max(r.Depth, 3*k)
	if len(p.terms) <= few {
		depth *= 4
	}
	for ; ; depth *= 8 {
		all, more, err := x.ranked(ctx, q, p, r, depth)
		if err != nil {
			return nil, err
		}
		hits := pick(all, r, k)
		if len(hits) >= k || !more || depth > deepest || depth > shallow && len(p.phrases) == 0 {
			return hits, nil
		}
	}
}

// ranked returns about depth passages, best first; more says that there are others.
func (x *Index) ranked(ctx context.Context, q Query, p *parsed, r *Ranking, depth int) (all []passage, more bool, err error) {
	found, more, err := x.candidates(ctx, p, r, depth)
	if err != nil {
		return nil, false, err
	}
	if all, err = x.passages(ctx, p, r, found); err != nil || q.Vector == nil {
		return all, more, err
	}
	near, err := x.nearest(ctx, q.Vector, depth)
	if err != nil {
		return nil, false, err
	}
	order := map[candidate]int{}
	for i := range near {
		near[i].score = 0
		order[near[i]] = i
	}
	dense, err := x.passages(ctx, p, r, near)
	if err != nil {
		return nil, false, err
	}
	dense = slices.DeleteFunc(dense, func(g passage) bool { return !p.allows(&g) })
	slices.SortFunc(dense, func(a, b passage) int { return cmp.Compare(order[a.candidate], order[b.candidate]) })
	return fuse(all, dense), more, nil
}
