package inspect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/ledger"

	"github.com/zeebo/xxh3"
)

// A view of one document, as the page shows it.
type docView struct {
	hit
	Record   feilun.Record `json:"record"`
	File     string        `json:"file"` // of the corpus or the ledger
	Date     string        `json:"date,omitempty"`
	Script   string        `json:"script,omitempty"`
	Sure     float64       `json:"confidence,omitempty"` // of the language
	Source   string        `json:"source,omitempty"`
	Bytes    int64         `json:"bytes"`
	Note     string        `json:"note,omitempty"`
	Survivor string        `json:"survivor,omitempty"`
	Verdict  bool          `json:"verdict"` // Value and Limit are a measurement
	Where    string        `json:"where,omitempty"`
	About    *About        `json:"about,omitempty"`
	Segments []segment     `json:"segments"`
	Left     int           `json:"left,omitempty"`  // bytes behind the last segment
	Whole    bool          `json:"whole"`           // the text is all there is, not the ledger's beginning
	From     string        `json:"from"`            // where the text is from: corpus, stages, source or ledger
	Loose    []segment     `json:"loose,omitempty"` // cuts that could not be put back
	Error    string        `json:"error,omitempty"` // why the whole text cannot be had
	Hint     string        `json:"hint,omitempty"`
}

// textMost is how much of a text the page gets at once.
const textMost = 200_000

// A found document, with what the ledger says of it.
type foundDoc struct {
	rec   record
	names names
	doc   *feilun.Doc // with the text, when it is whole
	from  string
	row   *ledger.Row // that drops it
	cuts  []ledger.Row
}

// ledgerRow reads one row of a ledger file.
func (s *snapshot) ledgerRow(p place) (*ledger.Row, error) {
	name, err := s.x.file(p.File)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n := uint32(0)
	for r, err := range ledger.Rows(f) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if n == p.Row {
			return &r, nil
		}
		n++
	}
	return nil, fmt.Errorf("%s has no row %d any more", name, p.Row)
}

// ledgerRows reads rows of ledger files, those of one file in one pass.
func (s *snapshot) ledgerRows(places []place) ([]ledger.Row, error) {
	var out []ledger.Row
	for len(places) > 0 {
		file := places[0].File
		n := 0
		for n < len(places) && places[n].File == file {
			n++
		}
		rows, err := s.rowsOf(file, places[:n])
		if err != nil {
			return nil, err
		}
		out, places = append(out, rows...), places[n:]
	}
	return out, nil
}

// rowsOf reads rows of one file, whose numbers ascend.
func (s *snapshot) rowsOf(file uint32, places []place) ([]ledger.Row, error) {
	name, err := s.x.file(file)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []ledger.Row
	n := uint32(0)
	for r, err := range ledger.Rows(f) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if n == places[len(out)].Row {
			if out = append(out, r); len(out) == len(places) {
				return out, nil
			}
		}
		n++
	}
	return nil, fmt.Errorf("%s has fewer rows than it had", name)
}

// corpusDoc reads one document of the corpus.
func (s *snapshot) corpusDoc(file, row uint32) (*feilun.Doc, error) {
	name, err := s.x.file(file)
	if err != nil {
		return nil, err
	}
	for d, err := range corpus.From(filepath.Join(s.dir, filepath.FromSlash(name)), int64(row)) {
		return d, err
	}
	return nil, fmt.Errorf("%s has no document %d any more", name, row)
}

// document reads one document: with its text, where the run still has it.
func (s *snapshot) document(n int) (*foundDoc, error) {
	r, err := s.x.record(n)
	if err != nil {
		return nil, err
	}
	f := &foundDoc{rec: r}
	if f.names, err = s.x.names(&r); err != nil {
		return nil, err
	}
	places, err := s.x.placesOf(&r)
	if err != nil {
		return nil, err
	}
	if f.cuts, err = s.ledgerRows(places); err != nil {
		return nil, err
	}
	if r.kept() {
		f.from = "corpus"
		f.doc, err = s.corpusDoc(r.File, r.Row)
		return f, err
	}
	f.from = "ledger"
	if f.row, err = s.ledgerRow(place{r.File, r.Row}); err != nil {
		return nil, err
	}
	if s := f.row.Stage; s != "crawl" && s != "extract" && f.row.Bytes == int64(len(f.row.Sample)) { // the beginning is all
		f.doc = f.beginning()
		return f, nil
	}
	if f.row.Stage == "dedup" {
		if f.doc, err = s.staged(f.row.ID); f.doc != nil {
			f.from = "stages"
		}
	}
	return f, err
}

// staged looks for a document among the texts that --keep-stages leaves.
func (s *snapshot) staged(id string) (*feilun.Doc, error) {
	names, err := fs.Glob(os.DirFS(s.dir), "work/docs/*.jsonl.zst")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		for d, err := range corpus.From(filepath.Join(s.dir, filepath.FromSlash(name)), 0) {
			if err != nil {
				return nil, err
			}
			if d.ID == id {
				return d, nil
			}
		}
	}
	return nil, nil
}

// errNoRecall is why a text that is not in the run folder cannot be read anew.
var errNoRecall = errors.New("the run folder holds the beginning of this text alone")

// recall reads a dropped document's text from the source.
func (s *Server) recall(ctx context.Context, f *foundDoc) (*feilun.Doc, error) {
	if s.tools.Recall == nil || f.row == nil {
		return nil, errNoRecall
	}
	var doc *feilun.Doc
	failed := error(nil)
	err := s.tools.Recall(ctx, []ledger.Row{*f.row}, func(_ int, d *feilun.Doc, err error) { doc, failed = d, err })
	if err = errors.Join(err, failed); err == nil && doc == nil {
		err = errNoRecall
	}
	return doc, err
}

// view makes the page's view of a document.
func (s *Server) view(sn *snapshot, n int, f *foundDoc) *docView {
	v := &docView{Record: feilun.Record{}, From: f.from, Bytes: int64(f.rec.Text), Whole: f.doc != nil}
	one := search{query: &query{}, x: sn.x, scores: sn.scores, labels: s.labels.snapshot(), ans: &answer{}}
	if err := one.hit(n, &f.rec); err == nil {
		v.hit = one.ans.Docs[0]
	}
	v.File, _ = sn.x.file(f.rec.File)
	text, language := f.names[fieldText], ""
	if f.row != nil {
		r := f.row
		v.Record, v.Note, v.Survivor, v.Bytes, text = r.Record, r.Note, r.Survivor, r.Bytes, r.Sample
		v.Verdict, language = r.Value != r.Limit, r.Language
		v.About = s.tools.about(r.Stage, r.Filter, r.Rule)
	}
	if d := f.doc; d != nil {
		v.Date, v.Script, v.Sure, v.Source, text = d.Date, d.Script, d.Confidence, d.Source, d.Text
		if d.Title != "" {
			v.Title = d.Title
		}
		if d.Language != "" {
			v.Lang, language = d.Language, d.Language
		}
	}
	var marks []mark
	if f.row != nil {
		marks, v.Where = marksOf(text, language, f.row)
	}
	v.Segments = marked(text, marks)
	if len(f.cuts) > 0 {
		v.cuts(f)
	}
	return v
}

// cuts puts what was cut back in its place, or lists it beside the text.
func (v *docView) cuts(f *foundDoc) {
	if f.doc != nil {
		if all, err := uncut(v.Segments, f.cuts); err == nil {
			v.Segments = all
			return
		}
	}
	for _, r := range f.cuts {
		v.Loose = append(v.Loose, segment{Text: r.Sample, Kind: cutOut, Rule: RuleName(r.Filter, r.Rule), More: max(0, r.End-r.Start-len(r.Sample))})
	}
}

// survivor finds the copy that stayed of a duplicate, and marks what differs.
func (s *Server) survivor(sn *snapshot, v *docView, text string) (*docView, error) {
	at, err := sn.x.find(xxh3.HashString(v.Survivor))
	if err != nil {
		return nil, err
	}
	for _, n := range at {
		f, err := sn.document(n)
		if err != nil {
			return nil, err
		}
		if !f.rec.kept() || f.doc == nil {
			continue
		}
		other := s.view(sn, n, f)
		here := text
		if !v.Whole {
			f.doc.Text = clipBytes(f.doc.Text, len(text)) // a beginning is compared with a beginning
		}
		mine, its := differences(here, f.doc.Text)
		v.Segments, other.Segments = marked(here, mine), marked(f.doc.Text, its)
		if len(f.cuts) > 0 && v.Whole {
			other.cuts(f)
		}
		return other, nil
	}
	return nil, fmt.Errorf("the copy that stays, %s, is not in the corpus", v.Survivor)
}

// beginning is a dropped document as far as the ledger holds it.
func (f *foundDoc) beginning() *feilun.Doc {
	return &feilun.Doc{ID: f.names[fieldID], URL: f.names[fieldURL], Title: f.names[fieldTitle], Text: f.row.Sample, Language: f.row.Language, Record: f.row.Record}
}
