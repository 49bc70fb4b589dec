package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"path/filepath"
	"slices"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/zeebo/xxh3"
)

func pull(seq iter.Seq2[*feilun.Doc, error]) (func() (*feilun.Doc, error, bool), func()) {
	return iter.Pull2(seq)
}

// ModelName is where the model trained from the labels of the run in dir lies.
func ModelName(dir string) string { return filepath.Join(dir, "labels.model") }

// A trainWork is training, with its last outcome.
type trainWork struct {
	work
	last    *Trained
	missing int // labelled documents whose texts could not be had
	short   int // those of which the beginning alone was
}

// A labelledDoc is a labelled document with its text.
type labelledDoc struct {
	Label
	doc   *feilun.Doc
	short bool // the beginning alone
}

// labelled gathers the texts of labelled documents: of the corpus, of what
// --keep-stages left, of the source, or the ledger's beginnings.
func (s *Server) labelled(ctx context.Context) (docs []labelledDoc, missing int, err error) {
	sn := s.current()
	if sn == nil {
		return nil, 0, errors.New("the list of documents is not ready yet")
	}
	rows := s.labels.rows()
	at := map[uint64]int{}
	for i, l := range rows {
		at[xxh3.HashString(l.ID)] = i
	}
	places := make([]int, len(rows))
	for i := range places {
		places[i] = -1
	}
	err = sn.x.each(func(n int, r *record) bool {
		if i, ok := at[r.Key]; ok && places[i] < 0 {
			places[i] = n
		}
		return ctx.Err() == nil
	})
	if err := errors.Join(err, ctx.Err()); err != nil {
		return nil, 0, err
	}
	var asked []ledger.Row
	var where []int
	for i, l := range rows {
		if places[i] < 0 {
			missing++
			continue
		}
		f, err := sn.document(places[i])
		if err != nil {
			return nil, 0, err
		}
		d := labelledDoc{Label: l, doc: f.doc}
		if d.doc == nil {
			d.short = true
			d.doc = f.beginning()
			asked, where = append(asked, *f.row), append(where, len(docs))
		}
		docs = append(docs, d)
	}
	s.fill(ctx, docs, asked, where)
	return docs, missing, ctx.Err()
}

// fill reads texts that the run folder does not hold from the source. What is
// not there stays short.
func (s *Server) fill(ctx context.Context, docs []labelledDoc, asked []ledger.Row, where []int) {
	if s.tools.Recall == nil || len(asked) == 0 {
		return
	}
	err := s.tools.Recall(ctx, asked, func(i int, d *feilun.Doc, err error) {
		if err == nil && d != nil && d.Text != "" {
			docs[where[i]].doc, docs[where[i]].short = d, false
		}
	})
	if err != nil {
		s.train.note(err)
	}
}

// note keeps why texts are short, for the page.
func (t *trainWork) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = err
}

// learn trains a model from the labels, and scores all documents with it.
func (s *Server) learn(ctx context.Context, kind string) bool {
	return s.train.start(ctx, func(inner context.Context) error {
		docs, missing, err := s.labelled(inner)
		if err != nil {
			return err
		}
		var sides [2][]*feilun.Doc
		short := 0
		for _, d := range docs {
			if d.doc.Text == "" {
				missing++
				continue
			}
			if d.short {
				short++
			}
			side := 0
			if d.Label.Label == "bad" {
				side = 1
			}
			sides[side] = append(sides[side], d.doc)
		}
		t, err := s.tools.Train(inner, kind, ModelName(s.dir), sides[0], sides[1])
		if err != nil {
			return err
		}
		s.addModel(t.Model)
		s.train.mu.Lock()
		s.train.last, s.train.missing, s.train.short = t, missing, short
		s.train.mu.Unlock()
		s.scoreAll(ctx, t.Model)
		return nil
	})
}

type trainState struct {
	howFar
	Last    *Trained `json:"last,omitempty"`
	Page    bool     `json:"page"`
	Missing int      `json:"missing"`
	Short   int      `json:"short"`
}

func (t *trainWork) show() trainState {
	p := t.state()
	t.mu.Lock()
	defer t.mu.Unlock()
	return trainState{p, t.last, t.last != nil && t.last.Page != "", t.missing, t.short}
}

func (s *Server) answerTrain(ctx context.Context, r *http.Request) (any, error) {
	var in struct{ Kind string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, hint.Usage(err)
	}
	if s.tools.Train == nil || !slices.Contains(s.tools.Kinds, in.Kind) {
		return nil, hint.Usage(fmt.Errorf("no kind %q of model", in.Kind))
	}
	s.learn(ctx, in.Kind)
	return s.train.show(), nil
}

func (s *Server) answerStop(context.Context, *http.Request) (any, error) {
	s.train.stop()
	s.scoring.stop()
	return s.train.show(), nil
}

func (s *Server) answerScore(ctx context.Context, r *http.Request) (any, error) {
	var in struct{ Model string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, hint.Usage(err)
	}
	m := s.modelNamed(in.Model)
	if m == nil {
		return nil, hint.Usage(fmt.Errorf("no model %q", in.Model))
	}
	s.scoreAll(ctx, m)
	return s.scoring.state(), nil
}

// answerExport writes the labels, or the labelled documents with their texts,
// as JSON lines that feilun quality train and output.labels read.
func (s *Server) answerExport(w http.ResponseWriter, r *http.Request) {
	var rows []any
	what := r.URL.Query().Get("what")
	switch what {
	case "labels":
		for _, l := range s.labels.rows() {
			rows = append(rows, l)
		}
	case "texts", "good", "bad":
		docs, _, err := s.labelled(r.Context())
		if err != nil {
			writeJSON(w, http.StatusInternalServerError, failure{Error: err.Error(), Hint: hint.Of(err)})
			return
		}
		rows = exported(docs, what)
	default:
		writeJSON(w, http.StatusBadRequest, failure{Error: "what must be labels, texts, good or bad"})
		return
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+what+`.jsonl"`)
	enc := json.NewEncoder(w)
	for _, row := range rows {
		if enc.Encode(row) != nil {
			return // the reader went away
		}
	}
}

// An exportedDoc is a labelled document as a line of JSON.
type exportedDoc struct {
	ID       string `json:"id"`
	URL      string `json:"url"`
	Title    string `json:"title"`
	Language string `json:"language"`
	Label    int    `json:"label"`           // 1 good, 0 bad
	Short    bool   `json:"short,omitempty"` // the beginning alone
	Text     string `json:"text"`
}

func exported(docs []labelledDoc, what string) (rows []any) {
	for _, d := range docs {
		if what != "texts" && d.Label.Label != what {
			continue
		}
		e := exportedDoc{ID: d.ID, URL: d.URL, Title: d.doc.Title, Language: d.doc.Language, Short: d.short, Text: d.doc.Text}
		if d.Label.Label == "good" {
			e.Label = 1
		}
		rows = append(rows, e)
	}
	return rows
}

// Export writes the labels of the run in dir (what is labels), or the labelled
// documents with their texts (texts, good, bad), calling each with every line.
func Export(ctx context.Context, dir string, tools Tools, what string, each func(any) error) error {
	s, err := NewServer(dir, tools, nil)
	if err != nil {
		return err
	}
	var rows []any
	for _, l := range s.labels.rows() {
		rows = append(rows, l)
	}
	if what != "labels" {
		s.refresh(ctx)
		<-s.build.ended
		defer s.close()
		docs, _, err := s.labelled(ctx)
		if err != nil {
			return errors.Join(err, s.build.err)
		}
		rows = exported(docs, what)
	}
	for _, row := range rows {
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}
