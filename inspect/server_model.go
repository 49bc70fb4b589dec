package inspect

import (
	"context"
	"crypto/rand"
	"math"
	"net/http"
	"os"
	"sync"
	"time"
)

// An explanation is what a model says of a document.
type explanation struct {
	Model     string    `json:"model"`
	Kind      string    `json:"kind"`
	Score     float64   `json:"score"`
	Limit     float64   `json:"limit"`
	LowIsGood bool      `json:"low_is_good,omitempty"`
	Features  []Feature `json:"features"`
	Segments  []segment `json:"segments"` // the text with the features that stand in it
	Left      int       `json:"left,omitempty"`
}

// featuresMost is how many features are shown of a document.
const featuresMost = 20

func (s *Server) answerExplain(_ context.Context, r *http.Request) (any, error) {
	q := r.URL.Query()
	sn, n, err := s.numbered(q)
	if err != nil {
		return nil, err
	}
	f, err := s.found(sn, n)
	if err != nil {
		return nil, err
	}
	d := f.doc
	if d == nil {
		d = f.beginning()
	}
	s.mu.Lock()
	models := s.models
	s.mu.Unlock()
	out := []explanation{}
	s.modelMu.Lock()
	defer s.modelMu.Unlock()
	for _, m := range models {
		e := explanation{Model: m.Name, Kind: m.Kind, Limit: m.Limit, LowIsGood: m.LowIsGood, Score: m.Score(d), Features: m.Explain(d, featuresMost)}
		if math.IsNaN(e.Score) || math.IsInf(e.Score, 0) {
			continue
		}
		e.Segments, e.Left = clipSegments(marked(d.Text, featureMarks(d.Text, m.Kind, e.Features)), textMost)
		out = append(out, e)
	}
	return out, nil
}

// featureMarks finds features that are words or phrases.
func featureMarks(text, kind string, features []Feature) []mark {
	if kind == "signals" {
		return nil // its features are measurements
	}
	var marks []mark
	for _, f := range features {
		k := markGood
		if f.Weight < 0 {
			k = markBad
		}
		marks = append(marks, occurrences(text, f.Name, k, f.Name, noteMost)...)
	}
	return inOrder(marks)
}

// ticketLife is how long a ticket for the page about the model is good.
const ticketLife = time.Minute

// answerTicket gives a ticket with which a new tab may load the page about the
// model, once.
func (s *Server) answerTicket(context.Context, *http.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, until := range s.tickets {
		if time.Now().After(until) {
			delete(s.tickets, t)
		}
	}
	t := rand.Text()
	s.tickets[t] = time.Now().Add(ticketLife)
	return map[string]string{"ticket": t}, nil
}

func (s *Server) answerModelPage(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	until, ok := s.tickets[r.URL.Query().Get("ticket")]
	delete(s.tickets, r.URL.Query().Get("ticket"))
	s.mu.Unlock()
	last := s.train.show().Last
	if !ok || time.Now().After(until) || last == nil || last.Page == "" {
		http.Error(w, "open this page from the inspector", http.StatusForbidden)
		return
	}
	b, err := os.ReadFile(last.Page)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Security-Policy", modelPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b)
}

// A textCache keeps the documents that were looked at last.
type textCache struct {
	mu  sync.Mutex
	all []cachedDoc
}

type cachedDoc struct {
	sn *snapshot
	n  int
	f  *foundDoc
}

// cachedDocs is how many documents a cache keeps.
const cachedDocs = 8

func (c *textCache) get(sn *snapshot, n int) *foundDoc {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.all {
		if d.sn.gen == sn.gen && d.n == n {
			return d.f
		}
	}
	return nil
}

func (c *textCache) put(sn *snapshot, n int, f *foundDoc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []cachedDoc{{sn, n, f}}
	for _, d := range c.all {
		if (d.sn.gen != sn.gen || d.n != n) && len(all) < cachedDocs {
			all = append(all, d)
		}
	}
	c.all = all
}

func (c *textCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = nil
}
