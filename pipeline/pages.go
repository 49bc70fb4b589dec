package pipeline

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"feilun"
	"feilun/crawl"
	"feilun/extract"
	"feilun/filter"
	"feilun/internal/atomicfile"
	"feilun/internal/ledger"
	"feilun/internal/shard"
	"feilun/internal/stats"
	"feilun/language"
)

// The per-document stages, fused in one pass over a unit of input.
const (
	atCrawl = iota
	atExtract
	atLanguage
	atFilter
	atQuality
	perDocument // how many there are
)

// hostsKept is how many hosts a unit's marker names; the rest are summed up.
const hostsKept = 500

// pagesStats is the marker of a finished unit: what the pass did.
type pagesStats struct {
	Reports    []feilun.Report             `json:"reports"`
	Histograms map[string]*stats.Histogram `json:"histograms"` // by step key and rule, "gopher_quality.min_words"
	Languages  []stats.Share               `json:"languages"`
	Hosts      []stats.Share               `json:"hosts"`
	Seconds    []float64                   `json:"seconds"` // CPU-bound wall time by stage, writing last
	Input      int64                       `json:"input"`   // bytes of the unit's files
}

// A measurer tells the values its Check compares, for the report's histograms.
type measurer interface {
	Measure(d *feilun.Doc, add func(rule string, value float64))
}

// A liveStep is a prepared filter or edit of one worker.
type liveStep struct {
	Step
	check   filter.Filter
	edit    filter.Edit
	measure measurer
}

// A pageWorker carries documents from crawl to the end of quality. It is used by
// one goroutine; its parts keep scratch space.
type pageWorker struct {
	source    crawl.Source
	extractor *extract.Extractor
	language  *language.Stage
	steps     []liveStep
	judges    []liveJudge
	sample    int
	scores    bool // documents keep their scores

	tallies    [perDocument]*stats.Tally
	histograms map[string]*stats.Histogram
	languages  stats.Shares
	hosts      stats.Shares
	spent      [perDocument + 1]time.Duration
	ledger     *ledger.Writer
	shard      *shard.Writer
	seen       int
	err        error
}

func (w *pageWorker) reset() {
	for i, s := range Stages()[:perDocument] {
		w.tallies[i] = stats.NewTally(s.Word)
	}
	w.histograms = map[string]*stats.Histogram{}
	w.languages, w.hosts = stats.Shares{}, stats.Shares{}
	clear(w.spent[:])
	w.seen, w.err = 0, nil
}

// run passes one unit and writes its documents, ledger and marker, in that order.
func (w *pageWorker) run(ctx context.Context, f folder, i int, u unit, progress func(bytes int64)) (pagesStats, error) {
	w.reset()
	err := atomicfile.Write(f.docs(i), func(docs io.Writer) error {
		return atomicfile.Write(f.pagesLedger(i), func(rows io.Writer) (err error) {
			if w.shard, err = shard.NewWriter(docs); err != nil {
				return err
			}
			if w.ledger, err = ledger.NewWriter(rows); err != nil {
				return err
			}
			for _, t := range u.Tasks {
				if err := w.task(ctx, t); err != nil {
					return fmt.Errorf("%s from byte %d: %w", t.File, t.Start, err)
				}
				progress(t.End - t.Start)
			}
			if err := w.shard.Close(); err != nil {
				return err
			}
			return w.ledger.Close()
		})
	})
	if err != nil {
		return pagesStats{}, err
	}
	s, err := w.close()
	if err != nil {
		return s, err
	}
	for _, t := range u.Tasks {
		s.Input += t.End - t.Start
	}
	return s, writeJSON(f.docsMarker(i), s)
}

func (w *pageWorker) task(ctx context.Context, t feilun.Task) error {
	last := time.Now()
	for d, err := range w.source.Docs(ctx, t, w.lost) {
		if err != nil {
			return err
		}
		now := time.Now()
		w.spent[atCrawl] += now.Sub(last)
		w.document(d, now)
		if w.err != nil {
			return w.err
		}
		last = time.Now()
	}
	w.spent[atCrawl] += time.Since(last)
	if w.err != nil {
		return w.err
	}
	return ctx.Err()
}

// lost takes a record that became no document.
func (w *pageWorker) lost(r ledger.Row) {
	r.Stage = Stages()[atCrawl].Word
	c := feilun.Count{Docs: 1, Bytes: r.Bytes}
	w.tallies[atCrawl].Report.In.Add(c)
	w.tallies[atCrawl].Drop("", r.Rule, c)
	w.row(r)
}

func (w *pageWorker) row(r ledger.Row) {
	if err := w.ledger.Write(r); err != nil && w.err == nil {
		w.err = err
	}
}

// fetched is the size of a document as crawl gave it: its page, or its text.
func fetched(d *feilun.Doc) feilun.Count {
	if d.Page != nil && d.Text == "" {
		return feilun.Count{Docs: 1, Bytes: int64(len(d.Page.Body))}
	}
	return size(d)
}

// size is the size of a document's text.
func size(d *feilun.Doc) feilun.Count {
	return feilun.Count{Docs: 1, Bytes: int64(len(d.Text)), Chars: int64(utf8.RuneCountInString(d.Text))}
}

// document takes one document through the stages and writes it if it stays.
func (w *pageWorker) document(d *feilun.Doc, start time.Time) {
	host := hostOf(d.URL)
	page := fetched(d)
	w.tallies[atCrawl].Report.In.Add(feilun.Count{Docs: 1, Bytes: storedBytes(d, page.Bytes), Chars: page.Chars})
	w.tallies[atCrawl].Report.Cut += storedBytes(d, page.Bytes) - page.Bytes
	w.tallies[atCrawl].Report.Kept.Add(page)

	c, kept := w.extract(d, page)
	mid := time.Now()
	w.spent[atExtract] += mid.Sub(start)
	if kept {
		kept = w.identify(d, c)
		start = time.Now()
		w.spent[atLanguage] += start.Sub(mid)
		lang := d.Language
		if kept {
			c, kept = w.filter(d, c)
			mid = time.Now()
			w.spent[atFilter] += mid.Sub(start)
		}
		if kept {
			kept = w.quality(d, c)
			start = time.Now()
			w.spent[atQuality] += start.Sub(mid)
			mid = start
		}
		w.languages.Add(lang, 1, one(kept))
	}
	w.hosts.Add(host, 1, one(kept))
	if kept {
		if err := w.shard.Write(d); err != nil {
			w.err = err
		}
		w.spent[perDocument] += time.Since(mid)
	}
	w.seen++
}

func one(kept bool) int64 {
	if kept {
		return 1
	}
	return 0
}

func storedBytes(d *feilun.Doc, body int64) int64 {
	if d.Stored > 0 {
		return d.Stored
	}
	return body
}

// extract returns the size of the text too, which the next stages take.
func (w *pageWorker) extract(d *feilun.Doc, page feilun.Count) (feilun.Count, bool) {
	t := w.tallies[atExtract]
	t.Report.In.Add(page)
	if v := w.extractor.Page(d); !v.Kept() {
		w.dropped(atExtract, "", d, v, page)
		return page, false
	}
	text := size(d)
	t.Report.Cut += page.Bytes - text.Bytes
	t.Report.Kept.Add(text)
	return text, true
}

func (w *pageWorker) identify(d *feilun.Doc, c feilun.Count) bool {
	t := w.tallies[atLanguage]
	t.Report.In.Add(c)
	if v := w.language.Check(d); !v.Kept() {
		w.dropped(atLanguage, "", d, v, c)
		return false
	}
	t.Report.Kept.Add(c)
	return true
}

// filter runs the steps in the recipe's order until one drops the document. It
// returns the size of the text too, which edits change.
func (w *pageWorker) filter(d *feilun.Doc, c feilun.Count) (feilun.Count, bool) {
	t := w.tallies[atFilter]
	t.Report.In.Add(c)
	measure := w.measured()
	for i := range w.steps {
		s := &w.steps[i]
		if !s.applies(d.Language, d.Script) {
			continue
		}
		text := d.Text
		v := w.step(s, d)
		if d.Text != text {
			c = size(d)
		}
		if s.measure != nil && measure {
			over := false // the rules behind the one that dropped the document did not test it
			s.measure.Measure(d, func(rule string, x float64) {
				if !over {
					over = v.Rule == rule
					w.histogram(s.Key, rule).Add(x, !over)
				}
			})
		}
		if !v.Kept() {
			w.dropped(atFilter, s.Key, d, v, c)
			return c, false
		}
	}
	t.Report.Kept.Add(c)
	return c, true
}

// measured says whether this document's values go into the histograms: the
// first hundred of a unit, then one in eight, since measuring asks every test
// of a filter again. It depends on the position in the unit alone.
func (w *pageWorker) measured() bool { return w.seen < 100 || w.seen%8 == 0 }

func (w *pageWorker) histogram(key, rule string) *stats.Histogram {
	name := key + "." + rule
	if w.histograms[name] == nil {
		w.histograms[name] = &stats.Histogram{}
	}
	return w.histograms[name]
}

// step applies one filter or edit. A text that an edit leaves empty is dropped.
func (w *pageWorker) step(s *liveStep, d *feilun.Doc) feilun.Verdict {
	if s.check != nil {
		return s.check.Check(d)
	}
	text, cuts := s.edit.Edit(d)
	gone := 0
	for _, c := range cuts {
		gone += c.Bytes
		w.tallies[atFilter].Cut(s.Key, c.Rule, int64(c.Bytes))
		w.row(ledger.Row{
			ID: d.ID, URL: d.URL, Record: d.Record, Stage: "filter", Filter: s.Key, Rule: c.Rule,
			Cut: true, Start: c.Start, End: c.End, Bytes: int64(c.Bytes), Sample: clip(d.Text[c.Start:c.End], w.sample),
		})
	}
	if len(d.Text)-len(text) != gone && w.err == nil {
		w.err = fmt.Errorf("edit %s of %s: cuts say %d bytes, the text lost %d", s.Key, d.ID, gone, len(d.Text)-len(text))
	}
	d.Text = text
	if strings.TrimSpace(text) == "" {
		return emptied
	}
	return feilun.Keep
}

func (w *pageWorker) dropped(stage int, key string, d *feilun.Doc, v feilun.Verdict, c feilun.Count) {
	w.tallies[stage].Drop(key, v.Rule, c)
	text := d.Text
	if text == "" {
		text = d.Title
	}
	w.row(ledger.Row{
		ID: d.ID, URL: d.URL, Record: d.Record, Stage: Stages()[stage].Word, Filter: key, Rule: v.Rule,
		Value: v.Value, Limit: v.Limit, Note: v.Note, Language: d.Language, Bytes: c.Bytes, Sample: clip(text, w.sample),
	})
}

// clip returns the first n characters of s.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// close closes the unit's books and checks that nothing was lost.
func (w *pageWorker) close() (pagesStats, error) {
	s := pagesStats{Histograms: w.histograms, Languages: w.languages.Top(200), Hosts: w.hosts.Top(hostsKept)}
	for _, t := range w.tallies {
		s.Reports = append(s.Reports, t.Done())
	}
	for _, d := range w.spent {
		s.Seconds = append(s.Seconds, d.Seconds())
	}
	return s, conserved(s.Reports)
}

// conserved checks each stage's books, and that each takes what the one before
// it gave.
func conserved(rs []feilun.Report) error {
	for i, r := range rs {
		switch {
		case r.In.Docs != r.Kept.Docs+r.Dropped.Docs:
			return fmt.Errorf("stage %s lost documents: %d in, %d kept, %d dropped", r.Stage, r.In.Docs, r.Kept.Docs, r.Dropped.Docs)
		case r.In.Bytes != r.Kept.Bytes+r.Cut+r.Dropped.Bytes:
			return fmt.Errorf("stage %s lost bytes: %d in, %d kept, %d cut, %d dropped", r.Stage, r.In.Bytes, r.Kept.Bytes, r.Cut, r.Dropped.Bytes)
		case i > 0 && r.In != rs[i-1].Kept:
			return fmt.Errorf("stage %s took %v of the %v that %s gave", r.Stage, r.In, rs[i-1].Kept, rs[i-1].Stage)
		}
	}
	return nil
}
