package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/search"
	"feilun/serve"
)

// generator opens what generates: the model, the upstream server, or both; nil where there
// is neither.
func (c *serveCmd) generator(a *app) (g serve.Generator, done func() error, err error) {
	done = func() error { return nil }
	var all []serve.Generator
	if c.Scripted != "" {
		f, err := os.Open(c.Scripted)
		if err != nil {
			return nil, nil, hint.Usage(err)
		}
		defer f.Close()
		s, err := serve.NewScripted(f)
		if err != nil {
			return nil, nil, hint.Usage(fmt.Errorf("%s: %w", c.Scripted, err))
		}
		all = append(all, s)
	}
	path, name := c.Model, ""
	if c.Upstream != "" {
		path, name = "", c.Model
		if !strings.HasPrefix(c.Upstream, "http://") && !strings.HasPrefix(c.Upstream, "https://") {
			return nil, nil, hint.Usage(hint.With(fmt.Errorf("--upstream %q is no address", c.Upstream), "give it as in http://127.0.0.1:11434/v1"))
		}
	}
	if path == "" && c.Dir != "" {
		if m := filepath.Join(c.Dir, "model"); fileExists(m) {
			path = m
		}
	}
	if path != "" {
		e, err := c.engine(path)
		if err != nil {
			return nil, nil, err
		}
		all, done = append(all, e), e.Close
	}
	if c.Upstream != "" {
		u := serve.NewUpstream(c.Upstream, c.UpstreamKey, name, 0)
		if _, err := u.Models(a.ctx); err != nil && a.ctx.Err() == nil {
			c.say("upstream", c.Upstream, unreached(err))
		}
		all = append(all, u)
	}
	if len(all) == 0 {
		return nil, done, nil
	}
	return serve.Join(all...), done, nil
}

// unreached is why a server does not answer, without the request.
func unreached(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func (c *serveCmd) engine(path string) (*serve.Engine, error) {
	kv, err := params.ParseSize(c.KVMemory)
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("--kv-memory: %w", err))
	}
	words, err := openWords(path)
	if err != nil {
		return nil, err
	}
	c.say("loading", path)
	e, err := c.open(path)
	if err != nil {
		return nil, err
	}
	o := serve.EngineOptions{Running: c.Parallel, Queue: c.Queue, KVBytes: int64(kv)}
	if c.Dir != "" && filepath.Clean(path) == filepath.Join(c.Dir, "model") {
		if abs, err := filepath.Abs(c.Dir); err == nil { // a folder named model says nothing
			o.ID = filepath.Base(abs)
		}
	}
	return serve.NewEngine(e, words, path, o)
}

// An indexSearcher lets serve ask a search index.
type indexSearcher struct{ x *search.Index }

// titles lists titles of documents that stand spread in the index.
func (s *indexSearcher) titles(n int) (out []string, err error) {
	docs, err := s.x.Sample(n)
	for _, d := range docs {
		out = append(out, d.Title)
	}
	return out, err
}

// Search implements [serve.Searcher].
func (s *indexSearcher) Search(ctx context.Context, query string, k int) ([]serve.Passage, error) {
	hits, err := s.x.Search(ctx, search.Query{Text: query, K: k})
	if err != nil {
		return nil, err
	}
	var out []serve.Passage
	for _, h := range hits {
		text, err := s.x.Text(h.Span)
		if err != nil {
			return nil, err
		}
		out = append(out, serve.Passage{Doc: h.ID, Version: h.Span.Version.String(), URL: h.URL, Title: h.Title, Date: h.Date, Start: h.Span.Start, End: h.Span.End,
			Text: text, Score: h.Score, Best: [2]int{h.Best.Start - h.Span.Start, h.Best.End - h.Span.Start}})
	}
	return out, nil
}

// Passage implements [serve.Searcher].
func (s *indexSearcher) Passage(_ context.Context, version string, start, end, margin int) (serve.Passage, error) {
	v, err := search.ParseVersion(version)
	if err != nil {
		return serve.Passage{}, err
	}
	d, err := s.x.Document(v)
	if err != nil {
		return serve.Passage{}, err
	}
	if start < 0 || end < start || end > d.Bytes || margin < 0 {
		return serve.Passage{}, errors.New("the document has no such passage")
	}
	from, to := max(0, start-margin), d.Bytes
	if margin < d.Bytes-end {
		to = end + margin
	}
	text, err := s.x.Text(search.Span{Version: v, Start: from, End: to})
	if err != nil {
		return serve.Passage{}, err
	}
	return serve.Passage{Doc: d.ID, Version: version, URL: d.URL, Title: d.Title, Date: d.Date, Start: start, End: end, Text: text[start-from : end-from],
		Before: strings.ToValidUTF8(text[:start-from], ""), After: strings.ToValidUTF8(text[end-from:], "")}, nil
}
