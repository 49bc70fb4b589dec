package pipeline

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/extract"
	"feilun/internal/ledger"
	"feilun/internal/params"
	"feilun/internal/sample"
	"feilun/internal/testkit"
	"feilun/quality"

	"github.com/klauspost/compress/zstd"
)

// A labelSet gathers documents for the measurements of quality. Each text has the
// address of the work or site it is from, so that parts split by it.
type labelSet struct {
	tb   testing.TB
	docs []*feilun.Doc
}

// pieceChars is about how long the pieces are that books are cut into.
const pieceChars = 1500

func (s *labelSet) add(host, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	n := len(s.docs)
	s.docs = append(s.docs, &feilun.Doc{ID: fmt.Sprintf("%s/%d", host, n), URL: fmt.Sprintf("http://%s/%d", host, n), Text: text})
}

// cut adds a book in pieces of whole paragraphs, every step-th of them.
func (s *labelSet) cut(host, text string, step int) {
	var piece strings.Builder
	n := 0
	for _, line := range strings.Split(text, "\n") {
		piece.WriteString(strings.TrimSpace(line) + "\n")
		if piece.Len() >= pieceChars {
			if n%step == 0 {
				s.add(host, piece.String())
			}
			n++
			piece.Reset()
		}
	}
	s.add(host, piece.String())
}

// lines calls each with the lines of a .zst file of the shared data.
func (s *labelSet) lines(each func([]byte), elem ...string) {
	sc := bufio.NewScanner(bytes.NewReader(testkit.ReadZstd(s.tb, testkit.Data(s.tb, elem...))))
	sc.Buffer(nil, 64<<20)
	for sc.Scan() {
		each(sc.Bytes())
	}
}

// field returns a string of a JSON object.
func field(line []byte, name string) string {
	var m map[string]any
	if json.Unmarshal(line, &m) != nil {
		return ""
	}
	v, _ := m[name].(string)
	return v
}

// curatedEnglish is encyclopedia, books and documentation.
func curatedEnglish(tb testing.TB) []*feilun.Doc {
	s := &labelSet{tb: tb}
	n := 0
	s.lines(func(b []byte) { n++; s.cut(fmt.Sprintf("wiki%d.example", n), string(b), 1) }, "text", "wiki-en", "wiki_demo.txt.zst")
	s.lines(func(b []byte) { s.add(field(b, "title")+".wiki.example", field(b, "text")) }, "search", "xquad-en", "corpus.jsonl.zst")
	for _, book := range []string{"being_ernest", "frankenstein", "sherlock_holmes", "tom_sawyer"} {
		s.cut(book+".book.example", string(testkit.ReadZstd(tb, testkit.Data(tb, "text", "books-en", "pg-"+book+".txt.zst"))), 3)
	}
	documentation(tb, s, "en", 4)
	return s.docs
}

// curatedChinese is the same in Chinese, simplified and traditional, modern and classical.
func curatedChinese(tb testing.TB) []*feilun.Doc {
	s := &labelSet{tb: tb}
	for _, w := range []string{"cmrc2018-zh", "drcd-zh-hant", "xquad-zh"} {
		s.lines(func(b []byte) { s.add(field(b, "title")+".wiki.example", field(b, "text")) }, "search", w, "corpus.jsonl.zst")
	}
	for _, book := range []string{"三国演义", "红楼梦"} {
		s.cut(book+".book.example", string(testkit.ReadZstd(tb, testkit.Data(tb, "text", "books-zh", book+".txt.zst"))), 10)
	}
	for _, book := range []string{"世说新语", "儒林外史", "史记", "聊斋志异"} {
		s.lines(func(b []byte) { s.cut(book+".book.example", field(b, "text"), 10) }, "text", "books-zh", "classical_"+book+".jsonl.zst")
	}
	for _, book := range []string{"呐喊", "野草"} {
		s.lines(func(b []byte) { s.cut(book+".book.example", field(b, "text"), 1) }, "text", "books-zh", "luxun_"+book+".jsonl.zst")
	}
	documentation(tb, s, "zh", 4)
	return s.docs
}

// documentation adds every step-th page of docs-zh-en in a language.
func documentation(tb testing.TB, s *labelSet, lang string, step int) {
	n := 0
	r := testReader(tb)
	err := r.Docs(tb.Context(), testkit.Data(tb, "warc", "docs-zh-en.warc.gz"), func(d *feilun.Doc) error {
		if d.Language == lang {
			if n++; n%step == 0 {
				s.docs = append(s.docs, d)
			}
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
}

func testReader(tb testing.TB) *Reader {
	r, err := NewReader()
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// pages calls each with every page of a set of data/extraction, extracted.
func pages(tb testing.TB, name string, each func(host string, d *feilun.Doc)) {
	f, err := os.Open(testkit.Data(tb, "extraction", name+".tar.zst"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	var p extract.Params
	if err := params.Fill(&p); err != nil {
		tb.Fatal(err)
	}
	x, err := extract.New(p)
	if err != nil {
		tb.Fatal(err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			tb.Fatal(err)
		}
		if !strings.HasSuffix(h.Name, ".html") {
			continue
		}
		body, err := io.ReadAll(t)
		if err != nil {
			tb.Fatal(err)
		}
		d := &feilun.Doc{Page: &feilun.Page{Body: body, ContentType: "text/html"}}
		x.Page(d)
		each(strings.TrimSuffix(filepath.Base(h.Name), ".html")+"."+name+".example", d)
	}
}

// boilerplate is what stands around the main text of real pages, and pages of
// errors, in Chinese or other scripts.
func boilerplate(tb testing.TB, chinese bool) []*feilun.Doc {
	s := &labelSet{tb: tb}
	sets := []string{"wcxb-dev-a", "wcxb-dev-b", "scrapinghub", "dragnet", "readability", "cleanportaleval"}
	errors := "errors-en.txt"
	if chinese {
		sets, errors = []string{"zh-handmade", "zh-news-raw", "zh-netease-gbk"}, "errors-zh.txt"
	}
	for _, name := range sets {
		pages(tb, name, func(host string, d *feilun.Doc) {
			if len(d.Frame) > 100 {
				s.add(host, d.Frame)
			}
		})
	}
	b, err := os.ReadFile(filepath.Join(testkit.Root(tb), "quality", "testdata", errors))
	if err != nil {
		tb.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		s.add(fmt.Sprintf("error%d.example", i), line)
	}
	return s.docs
}

func examples(positive, negative []*feilun.Doc) []quality.Example {
	var all []quality.Example
	for _, d := range positive {
		all = append(all, quality.Example{Doc: d, Positive: true})
	}
	for _, d := range negative {
		all = append(all, quality.Example{Doc: d})
	}
	return all
}

// human returns the labelled documents of data/quality.
func human(tb testing.TB, lang string) []quality.Example {
	s := &labelSet{tb: tb}
	var all []quality.Example
	if lang == "zh" {
		for _, name := range []string{"clean", "dirty"} {
			s.lines(func(b []byte) {
				all = append(all, quality.Example{Doc: &feilun.Doc{Text: field(b, "text"), Language: "zh"}, Positive: name == "clean"})
			}, "quality", "zh", "chinesewebtext_"+name+".jsonl.zst")
		}
		return all
	}
	for _, name := range []string{"agreement", "majority"} {
		s.lines(func(b []byte) {
			var d struct {
				Text  string
				Label int
			}
			if err := json.Unmarshal(b, &d); err != nil {
				tb.Fatal(err)
			}
			all = append(all, quality.Example{Doc: &feilun.Doc{Text: d.Text, Language: "en"}, Positive: d.Label == 1})
		}, "quality", "en", "dclm_"+name+"_data.jsonl.zst")
	}
	return all
}

func sampleWARC() []byte { return sample.WARC() }

// ledgerRows reads the rows of a run.
func ledgerRows(t *testing.T, dir string) []ledger.Row {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "ledger", "*.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	var all []ledger.Row
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for r, err := range ledger.Rows(f) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	return all
}
