package inspect

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"feilun/internal/hint"
)

// A state is what the page shows around the list.
type state struct {
	Dir      string       `json:"dir"`
	Recipe   string       `json:"recipe"`
	Gen      string       `json:"gen"`
	Ready    bool         `json:"ready"`
	Finished bool         `json:"finished"`
	Stale    bool         `json:"stale"`
	Docs     int          `json:"docs"`
	Records  int64        `json:"records"`
	Problems []string     `json:"problems"`
	Build    howFar       `json:"build"`
	Labels   labelCounts  `json:"labels"`
	Kinds    []string     `json:"kinds"`
	Train    trainState   `json:"train"`
	Models   []modelState `json:"models"`
	Scored   string       `json:"scored"` // model of the scores, "" for the run's own
	Scores   bool         `json:"scores"` // there are some
	Limit    float64      `json:"limit"`  // around which they decide
	Scoring  howFar       `json:"scoring"`
	Recall   bool         `json:"recall"`
}

type labelCounts struct {
	File string `json:"file"`
	Good int    `json:"good"`
	Bad  int    `json:"bad"`
	Odd  int    `json:"odd"` // lines that are no labels
}

type modelState struct {
	Name  string  `json:"name"`
	Kind  string  `json:"kind"`
	Limit float64 `json:"limit"`
}

func (s *Server) counts() labelCounts {
	c := labelCounts{File: LabelsName(s.dir)}
	for _, l := range s.labels.rows() {
		if l.Label == "good" {
			c.Good++
		} else {
			c.Bad++
		}
	}
	s.labels.mu.Lock()
	defer s.labels.mu.Unlock()
	c.Odd = s.labels.bad
	return c
}

func (s *Server) answerState(context.Context, *http.Request) (any, error) {
	if err := s.labels.refresh(); err != nil {
		return nil, err
	}
	v := state{Dir: s.dir, Build: s.build.state(), Labels: s.counts(), Kinds: s.tools.Kinds, Train: s.train.show(), Scoring: s.scoring.state(),
		Models: []modelState{}, Problems: []string{}, Limit: 0.5, Recall: s.tools.Recall != nil}
	run, err := Stats(s.dir)
	if err == nil {
		v.Recipe = run.Recipe
		for _, q := range run.Quality {
			v.Limit = q.Limit
		}
	}
	s.mu.Lock()
	sn := s.snap
	v.Scored = s.scored
	for _, m := range s.models {
		v.Models = append(v.Models, modelState{m.Name, m.Kind, m.Limit})
		if m.Name == s.scored {
			v.Limit = m.Limit
		}
	}
	s.mu.Unlock()
	if sn != nil {
		t := &sn.x.t
		v.Ready, v.Gen, v.Finished, v.Docs, v.Records = true, sn.gen, t.Finished, t.Docs, t.Records
		v.Problems = append(v.Problems, t.Problems...)
		v.Stale, v.Scores = s.stale(sn), t.Scored || sn.scores != nil
	}
	return v, nil
}

// numbered returns the snapshot and the document a request names.
func (s *Server) numbered(q url.Values) (*snapshot, int, error) {
	sn := s.current()
	if sn == nil || q.Get("gen") != sn.gen {
		return nil, 0, errGone
	}
	n, err := strconv.Atoi(q.Get("n"))
	if err != nil {
		return nil, 0, hint.Usage(fmt.Errorf("no document %q", q.Get("n")))
	}
	return sn, n, nil
}

func (s *Server) answerList(_ context.Context, r *http.Request) (any, error) {
	sn := s.current()
	if sn == nil {
		return nil, errGone
	}
	if err := s.labels.refresh(); err != nil {
		return nil, err
	}
	q, err := parseQuery(r.URL.Query())
	if err != nil {
		return nil, hint.Usage(err)
	}
	texts := &textScan{dir: s.dir, x: sn.x}
	defer texts.close()
	a, err := sn.x.query(r.Context(), q, sn.scores, s.labels.snapshot(), func(r *record) (string, error) {
		if !r.kept() {
			return "", nil
		}
		d, err := texts.doc(r)
		if d == nil {
			return "", err
		}
		return d.Text, err
	})
	if err != nil {
		return nil, err
	}
	return struct {
		*answer
		Gen string `json:"gen"`
	}{a, sn.gen}, nil
}

func parseQuery(v url.Values) (*query, error) {
	q := &query{State: v.Get("state"), Stage: v.Get("stage"), Filter: v.Get("filter"), Rule: v.Get("rule"), Language: v.Get("lang"), Host: v.Get("host"),
		Label: v.Get("label"), Text: strings.ToLower(v.Get("q")), Whole: v.Get("whole") == "1", Order: v.Get("order"), Hosts: v.Get("hosts"),
		Min: math.Inf(-1), Max: math.Inf(1), Count: 50}
	for name, to := range map[string]*float64{"min": &q.Min, "max": &q.Max, "limit": &q.Limit} {
		if t := v.Get(name); t != "" {
			x, err := strconv.ParseFloat(t, 64)
			if err != nil {
				return nil, fmt.Errorf("%s=%q is no number", name, t)
			}
			*to = x
			q.Scored = q.Scored || name != "limit"
		}
	}
	for name, to := range map[string]*int{"from": &q.From, "count": &q.Count} {
		if t := v.Get(name); t != "" {
			x, err := strconv.Atoi(t)
			if err != nil || x < 0 {
				return nil, fmt.Errorf("%s=%q is no number from 0", name, t)
			}
			*to = x
		}
	}
	q.Count = min(q.Count, pageMost)
	return q, nil
}

func (s *Server) answerDoc(_ context.Context, r *http.Request) (any, error) {
	q := r.URL.Query()
	sn, n, err := s.numbered(q)
	if err != nil {
		return nil, err
	}
	f, err := s.found(sn, n)
	if err != nil {
		return nil, err
	}
	return s.sized(s.view(sn, n, f), q), nil
}

// sized cuts a long text short, unless all of it is asked for.
func (s *Server) sized(v *docView, q url.Values) *docView {
	if q.Get("all") != "1" {
		v.Segments, v.Left = clipSegments(v.Segments, textMost)
	}
	return v
}

// answerText reads a dropped document from the source.
func (s *Server) answerText(_ context.Context, r *http.Request) (any, error) {
	q := r.URL.Query()
	sn, n, err := s.numbered(q)
	if err != nil {
		return nil, err
	}
	f, err := s.whole(r.Context(), sn, n)
	if err != nil {
		return nil, hint.Usage(err)
	}
	return s.sized(s.view(sn, n, f), q), nil
}

// whole returns a document with its whole text.
func (s *Server) whole(ctx context.Context, sn *snapshot, n int) (*foundDoc, error) {
	f, err := s.found(sn, n)
	if err != nil || f.doc != nil {
		return f, err
	}
	d, err := s.recall(ctx, f)
	if err != nil {
		return nil, err
	}
	g := *f
	g.doc, g.from = d, "source"
	s.texts.put(sn, n, &g)
	return &g, nil
}

// found returns a document, from the last few if it is among them.
func (s *Server) found(sn *snapshot, n int) (*foundDoc, error) {
	if f := s.texts.get(sn, n); f != nil {
		return f, nil
	}
	f, err := sn.document(n)
	if err == nil {
		s.texts.put(sn, n, f)
	}
	return f, err
}

func (s *Server) answerSurvivor(_ context.Context, r *http.Request) (any, error) {
	q := r.URL.Query()
	sn, n, err := s.numbered(q)
	if err != nil {
		return nil, err
	}
	f, err := s.whole(r.Context(), sn, n)
	if err != nil { // the beginning must do
		if f, err = s.found(sn, n); err != nil {
			return nil, err
		}
	}
	v := s.view(sn, n, f)
	if v.Survivor == "" {
		return nil, hint.Usage(fmt.Errorf("%s is no duplicate", v.ID))
	}
	text := f.row.Sample
	if f.doc != nil {
		text = f.doc.Text
	}
	other, err := s.survivor(sn, v, text)
	if err != nil {
		return nil, err
	}
	return map[string]*docView{"mine": s.sized(v, q), "other": s.sized(other, q)}, nil
}

func (s *Server) answerLabel(_ context.Context, r *http.Request) (any, error) {
	var in struct {
		N     int
		Gen   string
		Label string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, hint.Usage(err)
	}
	sn := s.current()
	if sn == nil || in.Gen != sn.gen {
		return nil, errGone
	}
	rec, err := sn.x.record(in.N)
	if err != nil {
		return nil, hint.Usage(err)
	}
	names, err := sn.x.names(&rec)
	if err != nil {
		return nil, err
	}
	id := names[fieldID]
	if id == "" {
		id = names[fieldWhere]
	}
	if _, ok := labelNumber(in.Label); !ok {
		return nil, hint.Usage(fmt.Errorf("no label %q: good, bad or none", in.Label))
	}
	if err := s.labels.set(id, names[fieldURL], in.Label, time.Now()); err != nil {
		return nil, err
	}
	return s.counts(), nil
}

func (s *Server) answerRefresh(ctx context.Context, _ *http.Request) (any, error) {
	s.refresh(ctx)
	return s.build.state(), nil
}
