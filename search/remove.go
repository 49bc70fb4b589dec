package search

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"feilun/internal/hint"
)

// A Removed is a document that was taken out.
type Removed struct {
	Version Version `json:"version"`
	ID      string  `json:"id"`
	URL     string  `json:"url"`
}

// Remove takes the documents of the given addresses out of the index in dir, so
// that no byte of them is left, and keeps later updates from adding them. It
// lists what it took out.
func Remove(ctx context.Context, dir string, addresses []string) ([]Removed, error) {
	if _, err := readManifest(dir); err != nil {
		return nil, err
	}
	w, err := openWriter(dir, Params{})
	if err != nil {
		return nil, err
	}
	defer w.unlock()
	wanted, hosts := map[string]bool{}, map[uint32]bool{}
	for _, u := range addresses {
		wanted[u], hosts[hostHash(u)] = true, true
	}
	var out []Removed
	gone := map[Version]bool{}
	err = w.each(func(_ int, s *segment) error {
		for i := range s.info.Docs {
			e := s.doc(uint32(i))
			if !hosts[e.host] {
				continue
			}
			r, err := s.head(e)
			if err != nil {
				return err
			}
			if wanted[r.url] && r.url != "" {
				gone[e.version] = true
				out = append(out, Removed{e.version, r.id, r.url})
			}
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	// The list comes first: killed after it, the same call finishes the work.
	w.m.Removed = distinct(w.m.Removed, addresses)
	if err := w.m.write(dir); err != nil {
		return nil, err
	}
	return out, w.remove(gone)
}

// ParseSpan reads a span as String writes it; a version alone stands for its
// whole text.
func (x *Index) ParseSpan(s string) (Span, error) {
	version, place, some := strings.Cut(s, ":")
	v, err := ParseVersion(version)
	if err != nil {
		return Span{}, hint.Usage(err)
	}
	if !some {
		_, e, _ := x.locate(v)
		return Span{v, 0, int(e.length)}, nil
	}
	from, to, _ := strings.Cut(place, "-")
	a, err1 := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil {
		return Span{}, hint.Usage(fmt.Errorf("%q is no span: VERSION:START-END", s))
	}
	return Span{v, a, b}, nil
}
