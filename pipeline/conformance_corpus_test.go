package pipeline

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/crawl"
	"feilun/internal/ledger"
	"feilun/mix"
	"feilun/run"
)

// conformCrawl holds CCNet's reading of WET to a record of its own.
func conformCrawl(t *testing.T, r *Recipe, seen conformance) {
	if !r.Crawl.WetTitle {
		return
	}
	dir := t.TempDir()
	text := "A title\nThe first line.\nThe second."
	wet := fmt.Sprintf("WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://a.example/\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(text), text)
	for name, content := range map[string]string{"a.wet": wet, "b.jsonl": `{"id":"b","text":"One line\nand another"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	one := Recipe{Name: r.Name, Crawl: r.Crawl, Extract: r.Extract, Output: r.Output}
	one.Crawl.Path = crawl.Paths(dir)
	out := filepath.Join(dir, "out")
	if _, err := Run(t.Context(), &one, Options{Out: out, Workers: 1, Memory: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, text := range conformTexts(t, out) {
		all = append(all, text)
	}
	got := strings.Join(all, "|")
	if !strings.Contains(got, "The first line.\nThe second.") || strings.Contains(got, "A title") || !strings.Contains(got, "One line\nand another") {
		t.Errorf("crawl.wet_title: texts %q", got)
	}
	seen.saw("crawl.wet_title", true)
	seen.saw("crawl.wet_title", false)
}

// A dedupCase is a corpus, and what becomes of its documents.
type dedupCase struct {
	step string
	docs []string          // texts by number, from 0; a line that begins with http is the address
	want map[string]string // by number: what is left of documents that are cut or dropped
	row  ledger.Row        // rule, value, limit and survivor of a dropped one
}

const gone = "" // what is left of a dropped document

// conformDedup runs each dedup step of the recipe alone.
func conformDedup(t *testing.T, r *Recipe, seen conformance) {
	for _, c := range dedupCases(r.Name) {
		one := Recipe{Name: r.Name, Crawl: r.Crawl, Extract: r.Extract, Output: r.Output}
		for _, s := range r.Dedup {
			if "dedup."+s.Key == c.step {
				one.Dedup = []Step{s}
			}
		}
		var docs []feilun.Doc
		for i, text := range c.docs {
			d := feilun.Doc{ID: fmt.Sprint(i), Text: text, Language: "en"}
			if strings.HasPrefix(text, "http") {
				d.URL, d.Text, _ = strings.Cut(text, "\n")
			}
			docs = append(docs, d)
		}
		texts, rows := conformRun(t, &one, docs)
		for _, d := range docs {
			want, changed := c.want[d.ID]
			if !changed {
				want = d.Text
			}
			if texts[d.ID] != want {
				t.Errorf("%s: of %s (%.80q) %q is left, want %q", c.step, d.ID, d.Text, texts[d.ID], want)
			}
			seen.saw(c.step, !changed)
		}
		for _, row := range rows {
			if row.Cut || c.row.Rule == "" {
				continue
			}
			if row.Rule != c.row.Rule || math.Abs(row.Value-c.row.Value) > 1e-9 || row.Limit != c.row.Limit || row.Survivor != c.row.Survivor {
				t.Errorf("%s: row %+v, want %+v", c.step, row, c.row)
			}
		}
	}
}

func dedupCases(recipe string) []dedupCase {
	long := join(uniq(0, 60))
	equal := dedupCase{step: "dedup.near", docs: []string{long, long, join(uniq(100, 60)), "only four words here", "only four words here"}, want: map[string]string{"1": gone},
		row: ledger.Row{Rule: "near", Value: 1, Survivor: "0"}}
	url := dedupCase{step: "dedup.url", docs: []string{"http://a.example/x\nfirst words", "https://www.a.example/x/\nother words", "http://a.example/y\nfirst words"},
		want: map[string]string{"1": gone}, row: ledger.Row{Rule: "url", Value: 1, Limit: 1, Survivor: "0"}}
	switch recipe {
	case "c4":
		return []dedupCase{{step: "dedup.line", docs: []string{"All rights reserved.\nThe mill.", "The river.\nALL rights reserved.", "Other words."}, want: map[string]string{"1": "The river."}}}
	case "ccnet":
		return []dedupCase{{step: "dedup.line", docs: []string{"Copyright 2023。\nThe mill.", "The river.\ncopyright 1999", "The hill.\nThe hill.\n\nIts top.", "Other words.\n\nMore.", "A last one."},
			want: map[string]string{"0": "The mill.", "1": "The river.", "2": "The hill.\nIts top.", "3": "Other words.\nMore."}}}
	case "gopher":
		near := func(n int, want map[string]string) dedupCase { // n of 100 shingles of 13 words
			return dedupCase{step: "dedup.near", docs: []string{join(uniq(0, 112)), join(uniq(0, n+12))}, want: want,
				row: ledger.Row{Rule: "near", Value: float64(n) / 100, Limit: 0.8, Survivor: "0"}}
		}
		return []dedupCase{near(80, map[string]string{"1": gone}), near(79, nil),
			{step: "dedup.exact", docs: []string{"the same", "the same", "the  same"}, want: map[string]string{"1": gone}, row: ledger.Row{Rule: "exact", Value: 1, Limit: 1, Survivor: "0"}}}
	case "gpt3":
		near := func(n, common int, want map[string]string) dedupCase { // two documents of n words
			return dedupCase{step: "dedup.near", docs: []string{join(uniq(0, n)), strings.ToUpper(join(uniq(n-common, n)))}, want: want,
				row: ledger.Row{Rule: "near", Value: float64(common) / float64(2*n-common), Limit: 0.5, Survivor: "0"}}
		}
		return []dedupCase{near(15, 10, map[string]string{"1": gone}), near(14, 9, nil)}
	case "fineweb-2024-04", "fineweb-2025", "fineweb2-zh":
		return []dedupCase{equal}
	case "refinedweb":
		passage := func(n int, want map[string]string) dedupCase {
			return dedupCase{step: "dedup.substring", docs: []string{"one two " + join(uniq(0, n)) + " three", "four five " + join(uniq(0, n)) + " six"}, want: want}
		}
		return []dedupCase{equal, {url.step, []string{url.docs[0], url.docs[1], url.docs[2]}, url.want, url.row}, passage(50, map[string]string{"1": "four five six"}), passage(49, nil)}
	case "zh-web":
		similar := dedupCase{step: "dedup.near", docs: []string{zhProse, zhProse + "完", strings.Repeat("深圳搬家公司", 9)}, want: map[string]string{"0": gone},
			row: ledger.Row{Rule: "near", Value: 85. / 86, Limit: 0.6, Survivor: "1"}}
		similar.row.Rule = ""
		longest := url
		longest.want, longest.row.Survivor = map[string]string{"0": gone}, "1"
		longest.docs = []string{url.docs[0], url.docs[1] + " that are more", url.docs[2]}
		return []dedupCase{similar, longest,
			{step: "dedup.exact", docs: []string{"the same", "the  same", "another"}, want: map[string]string{"1": gone}, row: ledger.Row{Rule: "exact", Value: 1, Limit: 1, Survivor: "0"}}}
	case "dclm":
		return dclmNgrams()
	}
	return nil
}

// dclmNgrams counts 13-grams: a paragraph of n words has n-12.
func dclmNgrams() []dedupCase {
	step, seen := "dedup.ngram", join(uniq(0, 18))
	fresh := join(uniq(500, 40))
	return []dedupCase{
		// 4 of 5 n-grams seen, which is no more than 0.8; then 5 of 6, as part of a longer text.
		{step: step, docs: []string{seen, join(uniq(0, 16), uniq(100, 1))}},
		{step: step, docs: []string{seen, join(uniq(0, 17), uniq(100, 1)) + "\n" + fresh}, want: map[string]string{"1": fresh}},
		// Paragraphs of 12 words and fewer are not looked up.
		{step: step, docs: []string{join(uniq(0, 12)), join(uniq(0, 12))}},
		// A document goes when more than 0.8 of all it holds was seen.
		{step: step, docs: []string{seen, seen + "\n" + join(uniq(300, 13))}, want: map[string]string{"1": gone},
			row: ledger.Row{Rule: "ngram", Value: 6. / 7, Limit: 0.8}},
	}
}

// conformMix mixes small sources by GPT-3's shares and leaves out a test set.
func conformMix(t *testing.T, r *Recipe, seen conformance) {
	if r.Mix == nil {
		return
	}
	dir := t.TempDir()
	spec := *r.Mix
	spec.Sources = append([]mix.NamedSource(nil), r.Mix.Sources...)
	spec.Tokens = 40000
	sets := *r.Mix.Decontaminate
	spec.Decontaminate, spec.Output.Format = &sets, "jsonl"
	item := uniq(9000, 13)
	sets.Sets = mix.Paths(writeText(t, dir, "test.jsonl", fmt.Sprintf("{\"question\":%q}\n", join(item))))
	for k, s := range spec.Sources {
		var b strings.Builder
		for i := range 1000 {
			text := join(uniq(10000*k+10*i, 10))
			switch {
			case k == 0 && i == 0: // of 350 characters before the trace 150 are left, too few to keep
				text = join(uniq(11000, 50), item, uniq(11100, 100))
			case k == 0 && i == 1:
				text = join(uniq(11300, 50), item[:12], uniq(11400, 100))
			}
			fmt.Fprintf(&b, "{\"id\":\"%s-%d\",\"text\":%q}\n", s.Name, i, text)
		}
		spec.Sources[k].Path = mix.Paths(writeText(t, dir, s.Name+".jsonl", b.String()))
	}
	out := filepath.Join(dir, "out")
	res, err := mix.Run(t.Context(), &spec, mix.Options{Out: out, Workers: 2, Memory: 1 << 30, Do: run.Local{Workers: 2}.Do})
	if err != nil {
		t.Fatal(err)
	}
	// Brown et al., table 2.2, divided by the 101 % that it sums to.
	for k, want := range []float64{0.60 / 1.01, 0.22 / 1.01, 0.08 / 1.01, 0.08 / 1.01, 0.03 / 1.01} {
		if got := res.Plan.Rows[k].Got; math.Abs(got-want) > 0.001*want {
			t.Errorf("mix: %s is %v of the tokens, want %v", spec.Sources[k].Name, got, want)
		}
	}
	if r.Mix.Tokens != 300e9 {
		t.Errorf("mix: %v tokens", r.Mix.Tokens)
	}
	texts := conformTexts(t, out)
	// Behind the 13 words stand a space and 699 characters, of which 200 go.
	tail := join(uniq(11100, 100))
	if got, ok := texts["common_crawl-0"]; ok && got != tail[len(tail)-500:] {
		t.Errorf("decontaminate: %q is left", got)
	}
	if got, ok := texts["common_crawl-1"]; ok && len(got) != 50*7+12*7+699 {
		t.Errorf("decontaminate: 12 words are a trace: %q is left", got)
	}
	if c := res.Contamination; c == nil || c.Touched != 1 || c.Cut != 1 {
		t.Errorf("decontaminate: %+v", c)
	}
	for _, step := range []string{"mix", "mix.decontaminate"} { // both documents of each were looked at above
		seen.saw(step, true)
		seen.saw(step, false)
	}
}

func writeText(t *testing.T, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}
