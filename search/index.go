package search

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

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

// locate finds the document of a version.
func (x *Index) locate(v Version) (*segment, docEntry, bool) {
	for _, s := range x.segments {
		for i := range s.info.Docs {
			if e := s.doc(uint32(i)); e.version == v {
				return s, e, true
			}
		}
	}
	return nil, docEntry{}, false
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
	for depth := max(r.Depth, 3*k); ; depth *= 8 {
		found, more, err := x.candidates(ctx, p, r, depth)
		if err != nil {
			return nil, err
		}
		hits, err := x.rank(ctx, p, r, found, k)
		if err != nil || len(hits) >= k || !more || depth > 1<<16 {
			return hits, err
		}
	}
}
