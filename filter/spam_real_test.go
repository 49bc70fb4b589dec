package filter

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// spamFilters are the rules the false-positive bar holds for.
func spamFilters(t testing.TB) []Filter {
	return []Filter{ready(t, &Soft404{}, nil), ready(t, &Parked{}, nil), ready(t, &Stuffed{}, nil), ready(t, &Mirror{}, nil)}
}

// realSets returns documents of real sources by name of the set.
func realSets(t testing.TB) map[string][]*feilun.Doc {
	sets := map[string][]*feilun.Doc{}
	sets["realweb-gold"] = goldDocs(t)
	sets["docs-zh-en"] = wetDocs(t)
	for name, files := range map[string][]string{
		"quality-zh-clean": {"quality/zh/chinesewebtext_clean.jsonl.zst"},
		"quality-zh-dirty": {"quality/zh/chinesewebtext_dirty.jsonl.zst"},
		"web-zh-cc":        {"web/zh/chinesewebtext_cc2021-43.jsonl.zst"},
		"quality-en-0":     {"quality/en/dclm_majority_data.jsonl.zst", "quality/en/dclm_agreement_data.jsonl.zst"},
		"web-en":           {"web/en/c4_demo.jsonl.zst"},
		"search":           {"search/cmrc2018-zh/corpus.jsonl.zst", "search/drcd-zh-hant/corpus.jsonl.zst", "search/xquad-en/corpus.jsonl.zst", "search/cranfield-en/corpus.jsonl.zst"},
		"abstracts-zh":     {"web/zh/fewclue_csldcp_test_public.jsonl.zst"},
		"apps-zh":          {"web/zh/fewclue_iflytek_dev_few_all.jsonl.zst"},
		"books-zh":         {"text/books-zh/classical_世说新语.jsonl.zst", "text/books-zh/luxun_呐喊.jsonl.zst", "text/books-zh/luxun_野草.jsonl.zst", "text/books-zh/classical_聊斋志异.jsonl.zst"},
	} {
		for _, file := range files {
			sets[name] = append(sets[name], lineDocs(t, file)...)
		}
	}
	for _, d := range sets["quality-en-0"] {
		if d.Source == "1" {
			sets["quality-en-1"] = append(sets["quality-en-1"], d)
		}
	}
	sets["poems-zh"] = poemDocs(t)
	return sets
}

func goldDocs(t testing.TB) (docs []*feilun.Doc) {
	b := testkit.ReadZstd(t, testkit.Data(t, "warc", "realweb-mix.gold.jsonl.zst"))
	for line := range bytes.Lines(b) {
		var row struct {
			URI  string `json:"uri"`
			Gold struct {
				Text  string `json:"text"`
				Title string `json:"title"`
			} `json:"gold"`
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if row.Gold.Text != "" {
			docs = append(docs, &feilun.Doc{ID: row.URI, URL: row.URI, Title: row.Gold.Title, Text: row.Gold.Text})
		}
	}
	return docs
}

// lineDocs reads JSON lines; it knows the names the sets use for their text.
func lineDocs(t testing.TB, file string) (docs []*feilun.Doc) {
	n := 0
	for line := range bytes.Lines(testkit.ReadZstd(t, testkit.Data(t, filepath.FromSlash(file)))) {
		n++
		var row map[string]any
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		d := &feilun.Doc{ID: fmt.Sprint(file, ":", n)}
		for _, k := range []string{"text", "raw_content", "content", "sentence"} {
			if s, ok := row[k].(string); ok {
				d.Text = s
			}
		}
		d.Title, _ = row["title"].(string)
		d.URL, _ = row["url"].(string)
		if l, ok := row["label"].(float64); ok {
			d.Source = fmt.Sprint(l)
		}
		if d.Text == "" {
			continue // one of cranfield's abstracts is empty
		}
		docs = append(docs, d)
	}
	return docs
}

func poemDocs(t testing.TB) (docs []*feilun.Doc) {
	for _, file := range []string{"poet.tang.0.json.zst", "ci.song.0.json.zst"} {
		var rows []struct{ Paragraphs []string }
		if err := json.Unmarshal(testkit.ReadZstd(t, testkit.Data(t, "text", "poetry-zh", file)), &rows); err != nil {
			t.Fatal(err)
		}
		for i, r := range rows {
			docs = append(docs, &feilun.Doc{ID: fmt.Sprint(file, i), Text: strings.Join(r.Paragraphs, "\n")})
		}
	}
	return docs
}

// wetDocs reads the conversion records of docs-zh-en, and the identified language.
func wetDocs(t testing.TB) (docs []*feilun.Doc) {
	file, err := os.Open(testkit.Data(t, "warc", "docs-zh-en.warc.wet.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(z)
	for {
		head := map[string]string{}
		for {
			line, err := r.ReadString('\n')
			if err == io.EOF {
				return docs
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			k, v, _ := strings.Cut(line, ": ")
			head[k] = v
		}
		n, _ := strconv.Atoi(head["Content-Length"])
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			t.Fatal(err)
		}
		if head["WARC-Type"] == "conversion" {
			title, text, _ := strings.Cut(string(body), "\n")
			docs = append(docs, &feilun.Doc{ID: head["WARC-Target-URI"], URL: head["WARC-Target-URI"], Title: title, Text: text,
				Language: map[string]string{"zho": "zh", "eng": "en"}[head["WARC-Identified-Content-Language"]]})
		}
	}
}

// mustStay are the sets of the bar, and texts by people that have titles and no
// site around them. The others hold spam of their own or are descriptions in
// the tone of advertising.
var mustStay = map[string]bool{"realweb-gold": true, "docs-zh-en": true, "search": true, "abstracts-zh": true, "books-zh": true, "poems-zh": true, "quality-zh-clean": true, "quality-en-1": true}

// TestSpamOnRealPages prints how many pages of each set the four rules drop,
// and holds the bar of 1 % on pages that must stay.
func TestSpamOnRealPages(t *testing.T) {
	sets := realSets(t)
	filters := spamFilters(t)
	for name, docs := range sets {
		rules := map[string]int{}
		dropped := 0
		for _, d := range docs {
			any := false
			for _, f := range filters {
				if v := f.Check(d); !v.Kept() {
					any = true
					rules[Name(f)+"."+v.Rule]++
					t.Logf("DROP %s %s %.2f/%.2f %q | %s | %.100q", Name(f), v.Rule, v.Value, v.Limit, v.Note, d.ID, d.Title+" ¦ "+d.Text)
				}
			}
			if any {
				dropped++
			}
		}
		share := float64(dropped) / float64(len(docs))
		t.Logf("SET %-18s %5d documents, %4d dropped (%.2f %%) %v", name, len(docs), dropped, 100*share, rules)
		if mustStay[name] && share > 0.01 {
			t.Errorf("%s: %.2f %% dropped, more than 1 %%", name, 100*share)
		}
	}
}

// BenchmarkSpam measures every filter and edit of this file's topic on pages
// that are kept, bytes of text a second.
func BenchmarkSpam(b *testing.B) {
	docs := append(goldDocs(b), wetDocs(b)[:600]...)
	size := 0
	for _, d := range docs {
		size += len(d.Text)
	}
	var steps []func(*feilun.Doc)
	var names []string
	step := func(name string, f func(*feilun.Doc)) { names, steps = append(names, name), append(steps, f) }
	for _, f := range append(spamFilters(b), ready(b, &Han{}, nil), ready(b, &Status{}, nil), ready(b, &Robots{}, nil), ready(b, &URL{}, nil)) {
		step(Name(f), func(d *feilun.Doc) { f.Check(d) })
	}
	for _, e := range []Edit{ready(b, &Mask{}, nil), ready(b, &MirrorLines{}, nil)} {
		step(Name(e), func(d *feilun.Doc) { e.Edit(d) })
	}
	run := func(name string, steps ...func(*feilun.Doc)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, d := range docs {
					fresh := feilun.Doc{URL: d.URL, Title: d.Title, Text: d.Text, Language: d.Language}
					for _, f := range steps {
						f(&fresh)
					}
				}
			}
		})
	}
	for i, name := range names {
		run(name, steps[i])
	}
	run("all", steps...)
}
