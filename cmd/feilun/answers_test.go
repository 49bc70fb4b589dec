package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/cite"
	"feilun/internal/params"
	"feilun/internal/testkit"
	"feilun/search"
)

var tuning = flag.Bool("tuning", false, "answer the questions that thresholds are chosen on, not the unseen ones")

// An asked is a question of the test data.
type asked struct {
	set, id, text string
	answers       []string
	page          *feilun.Doc
}

var answerSets = []string{"cmrc2018-zh", "drcd-zh-hant", "xquad-zh", "xquad-en"}

// readAsked reads the pages and questions of data/search that have answers.
func readAsked(tb testing.TB) (pages []*feilun.Doc, all []asked) {
	for _, set := range answerSets {
		dir := testkit.Data(tb, "search", set)
		docs, relevant := map[string]*feilun.Doc{}, map[string]string{}
		each := func(name string, do func([]byte)) {
			for line := range bytes.Lines(testkit.ReadZstd(tb, filepath.Join(dir, name))) {
				do(bytes.TrimSpace(line))
			}
		}
		each("corpus.jsonl.zst", func(b []byte) {
			var d struct {
				ID          string `json:"_id"`
				Title, Text string
			}
			if err := json.Unmarshal(b, &d); err != nil {
				tb.Fatal(err)
			}
			docs[d.ID] = &feilun.Doc{ID: d.ID, Title: d.Title, Text: d.Text}
			pages = append(pages, docs[d.ID])
		})
		each("qrels.tsv.zst", func(b []byte) {
			if f := strings.Split(string(b), "\t"); len(f) == 3 {
				relevant[f[0]] = f[1]
			}
		})
		each("queries.jsonl.zst", func(b []byte) {
			var d struct {
				ID      string `json:"_id"`
				Text    string
				Answers []string
			}
			if err := json.Unmarshal(b, &d); err != nil {
				tb.Fatal(err)
			}
			if p := docs[relevant[d.ID]]; p != nil {
				all = append(all, asked{set, d.ID, d.Text, d.Answers, p})
			}
		})
	}
	return pages, all
}

// chosen are n questions of each set, of titles in one half (0 is tuned on), by the hash of their ids.
func chosen(all []asked, half, n int) (out []asked) {
	hash := func(s string) uint32 {
		h := fnv.New32a()
		h.Write([]byte(s))
		return h.Sum32()
	}
	for _, set := range answerSets {
		var own []asked
		for _, q := range all {
			if q.set == set && int(hash(q.page.Title)>>7)&1 == half {
				own = append(own, q)
			}
		}
		slices.SortFunc(own, func(a, b asked) int { return cmp.Compare(hash(a.id+"*"), hash(b.id+"*")) })
		out = append(out, own[:min(n, len(own))]...)
	}
	return out
}

func indexOf(tb testing.TB, pages []*feilun.Doc) *search.Index {
	var p search.Params
	if err := params.Fill(&p); err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	docs := func(each func(*feilun.Doc) error) error {
		for _, d := range pages {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := search.Update(tb.Context(), dir, p, docs, 2, nil); err != nil {
		tb.Fatal(err)
	}
	x, err := search.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	return x
}

// found is what an index gives for a question, as sources; those of pages with the title without are left out.
func found(tb testing.TB, x *search.Index, question, without string) *cite.Set {
	hits, err := x.Search(tb.Context(), search.Query{Text: question, K: 40})
	if err != nil {
		tb.Fatal(err)
	}
	var sources []cite.Source
	for _, h := range hits {
		if h.Title == without || len(sources) == 6 {
			continue
		}
		if len(sources) < 3 { // as answers do, with what stands around
			d, err := x.Document(h.Span.Version)
			if err != nil {
				tb.Fatal(err)
			}
			h.Span.Start, h.Span.End = max(0, h.Span.Start-1500), min(d.Bytes, h.Span.End+1500)
		}
		text, err := x.Text(h.Span)
		if err != nil {
			tb.Fatal(err)
		}
		sources = append(sources, cite.Source{Title: h.Title, Text: text, Start: h.Span.Start})
	}
	return cite.NewSet(sources, question)
}

// TestExtractiveAnswers asks 200 questions by whose pages nothing was tuned. What is quoted stands in the source to
// the byte; the log tells how often the answer is in what is cited, and how often nothing is
// said where the article is not there.
func TestExtractiveAnswers(t *testing.T) {
	pages, all := readAsked(t)
	x := indexOf(t, pages)
	half := 1
	if *tuning {
		half = 0
	}
	each := 50
	if testing.Short() {
		each = 8
	}
	type tally struct{ n, shown, top, any, citations, withAnswer, silent int }
	total := &tally{}
	for _, set := range answerSets {
		c := &tally{}
		for _, q := range chosen(all, half, each) {
			if q.set != set {
				continue
			}
			s := found(t, x, q.text, "-")
			quotes := s.Extract(3)
			c.n++
			for i, u := range quotes {
				src := s.Sources[u.Source]
				if got := src.Text[u.Start-src.Start : u.End-src.Start]; got != u.Text {
					t.Errorf("%s quotes %q where the source has %q", q.id, u.Text, got)
				}
				c.citations++
				if hasAnswer(u.Text, q.answers) {
					c.withAnswer++
					if i == 0 {
						c.top++
					}
				}
			}
			if len(quotes) > 0 {
				c.shown++
			}
			if slices.ContainsFunc(quotes, func(u cite.Quote) bool { return hasAnswer(u.Text, q.answers) }) {
				c.any++
			}
			if len(found(t, x, q.text, q.page.Title).Extract(3)) == 0 {
				c.silent++
			}
		}
		t.Logf("%s: %+v", set, *c)
		total.n, total.shown, total.top, total.any = total.n+c.n, total.shown+c.shown, total.top+c.top, total.any+c.any
		total.citations, total.withAnswer, total.silent = total.citations+c.citations, total.withAnswer+c.withAnswer, total.silent+c.silent
	}
	t.Logf("%d questions: %d answered, answer in the first quote %d, in any %d; %d of %d citations hold it; silent without the article %d",
		total.n, total.shown, total.top, total.any, total.withAnswer, total.citations, total.silent)
}

func hasAnswer(text string, answers []string) bool {
	return slices.ContainsFunc(answers, func(a string) bool {
		return a != "" && strings.Contains(strings.ReplaceAll(text, " ", ""), strings.ReplaceAll(a, " ", ""))
	})
}
