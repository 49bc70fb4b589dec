package mix

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun/internal/testkit"
)

// cleanTexts are real texts that were not written for tests: books, poems,
// encyclopedia and web pages, in pieces of 600 to 1,500 characters.
func cleanTexts(tb testing.TB) []string {
	tb.Helper()
	var texts []string
	add := func(s string) {
		if len(s) >= 200 {
			texts = append(texts, s)
		}
	}
	pieces := func(text string, size int) {
		var b strings.Builder
		for line := range strings.Lines(text) {
			if b.WriteString(line); b.Len() >= size {
				add(b.String())
				b.Reset()
			}
		}
		add(b.String())
	}
	for _, pattern := range []string{"text/*/*.zst", "web/*/*.jsonl.zst"} {
		names, err := filepath.Glob(filepath.Join(testkit.Data(tb), filepath.FromSlash(pattern)))
		if err != nil {
			tb.Fatal(err)
		}
		for _, name := range names {
			b := testkit.ReadZstd(tb, name)
			switch {
			case strings.HasSuffix(name, ".txt.zst"):
				pieces(string(b), 1000)
			case strings.HasSuffix(name, ".jsonl.zst"):
				for line := range bytes.Lines(b) {
					pieces(strings.Join(strs(tb, line), "\n"), 600)
				}
			default:
				pieces(strings.Join(strs(tb, b), "\n"), 600)
			}
		}
	}
	return texts
}

// strs returns all texts in a JSON value.
func strs(tb testing.TB, b []byte) []string {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return (&DecontaminateParams{}).texts(v)
}

func evalSets(tb testing.TB, p *DecontaminateParams) *grams {
	tb.Helper()
	p.Sets = Paths(filepath.Join(testkit.Data(tb, "eval"), "*.json*"))
	g, err := newGrams(p)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// TestBar plants every item of the test sets in a clean document and looks for
// it, and counts the clean documents that are flagged. A clean document that
// quotes what a test quotes is told apart by a plain search for the words.
func TestBar(t *testing.T) {
	texts := cleanTexts(t)
	g := evalSets(t, rule(t, "gpt3"))
	tt := newTokenText()
	tt.keep = true
	var clean []string
	quoting, wrong := 0, 0
	for _, text := range texts {
		tt.cut(text)
		norm := " " + string(tt.norm) + " "
		hits := g.scan(text, tt, nil)
		if len(hits) == 0 {
			clean = append(clean, text)
			continue
		}
		quoting++
		for _, h := range hits {
			x := g.all[h.gram]
			if !strings.Contains(norm, " "+string(g.text[x.from:x.to])+" ") {
				wrong++
			}
		}
	}
	t.Logf("%d documents: %d quote what a test quotes, %d hits without such a quotation", len(texts), quoting, wrong)
	if wrong > 0 || len(clean) < 10000 || quoting*200 > len(texts) {
		t.Errorf("%d of %d clean documents, %d wrong hits: want 10,000 and none", len(clean), len(texts), wrong)
	}
	full := longestFields(t, g)
	docs := make([]uint32, len(g.all))
	found, short := map[int]int{}, 0
	for k, it := range g.items {
		if len(it.grams) == 0 {
			short++
			continue
		}
		if g.planted(uint32(k), clean[k%len(clean)], full[k], docs, tt) {
			found[it.set]++
		}
	}
	for i, name := range g.sets {
		n := 0
		for _, it := range g.items {
			if it.set == i && len(it.grams) > 0 {
				n++
			}
		}
		t.Logf("%-32s %5d of %5d items found", name, found[i], n)
		if found[i] != n {
			t.Errorf("%s: %d of %d planted items found", name, found[i], n)
		}
	}
	t.Logf("%d items are too short to search for", short)
}

// planted puts an item's longest field, whole, in the middle of a document, and
// reports whether the item is found there and the document cut or dropped.
func (g *grams) planted(k uint32, text, field string, docs []uint32, tt *tokenText) bool {
	middle := len(text) / 2
	if i := strings.IndexByte(text[middle:], '\n'); i >= 0 {
		middle += i
	} else {
		middle = len(text)
	}
	doc := text[:middle] + "\n" + field + "\n" + text[middle:]
	tt.cut(doc)
	hits := g.scan(doc, tt, nil)
	v, cuts := g.decide(doc, hits, docs)
	return (!v.Kept() || len(cuts) > 0) && slices.ContainsFunc(hits, func(h hit) bool { return slices.Contains(g.holders[h.gram], k) })
}

// longestFields reads the sets again for the longest field of each item.
func longestFields(tb testing.TB, g *grams) []string {
	tb.Helper()
	files, err := setFiles(g.params)
	if err != nil {
		tb.Fatal(err)
	}
	var all []string
	tt := newTokenText()
	for _, name := range files {
		err := eachItem(name, g.params, func(_ int, fields []string) error {
			best, _ := longest(tt, fields)
			all = append(all, best)
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// BenchmarkScan measures reading documents against all test sets.
func BenchmarkScan(b *testing.B) {
	g := evalSets(b, rule(b, "gpt3"))
	han := map[bool][]string{}
	for _, s := range cleanTexts(b) {
		zh := float64(utf8.RuneCountInString(s)) < 0.7*float64(len(s))
		han[zh] = append(han[zh], s)
	}
	for name, texts := range map[string][]string{"en": han[false], "zh": han[true]} {
		b.Run(name, func(b *testing.B) {
			n := int64(0)
			for _, s := range texts {
				n += int64(len(s))
			}
			tt := newTokenText()
			var hits []hit
			report := testkit.CPU(b, int(n))
			for b.Loop() {
				for _, s := range texts {
					tt.cut(s)
					hits = g.scan(s, tt, hits[:0])
				}
			}
			report()
		})
	}
}
