package crawl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

type ledgerRow = ledger.Row

func write(t testing.TB, name, content string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

const jsonLines = `{"text":"One, 一","id":"a","url":"http://a.example/","title":"T","date":"2021-02-03T04:05:06Z","language":"en","source":"s"}
{"text":"Two","id":7,"metadata":{"url":"http://b.example/","date":"no date"}}

not json
{"text":5}
{"title":"no text"}
{"text":"Last"}`

func TestJSONLines(t *testing.T) {
	for _, store := range []string{"plain", "gzip", "zstd"} {
		content := jsonLines
		switch store {
		case "gzip":
			content = gz(jsonLines)
		case "zstd":
			content = zst(jsonLines)
		}
		for _, src := range []string{"jsonl", "auto"} {
			p := Defaults()
			p.Source, p.Path = src, Paths(write(t, "x.data", content))
			got := sameInRanges(t, p, len(content), 1, 10, 100)
			var lines []string
			for _, l := range got.lines {
				lines = append(lines, l[:strings.LastIndexByte(l, ' ')])
			}
			want := []string{"a http://a.example/ 1 0", "7 http://b.example/ 2 0", "x.data:7  7 0"}
			if d := cmp.Diff(want, lines); d != "" || got.damaged != 3 {
				t.Errorf("%s, %s: %d damaged; %s", store, src, got.damaged, d)
			}
		}
	}
}

func TestParquet(t *testing.T) {
	type doc struct {
		Text  string  `parquet:"text,zstd"`
		ID    int64   `parquet:"id"`
		URL   *string `parquet:"url,optional"`
		Other []int   `parquet:"other,list"`
	}
	name := filepath.Join(t.TempDir(), "x.bin")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[doc](f, parquet.MaxRowsPerRowGroup(10))
	url := "http://a.example/"
	for i := range 25 {
		d := doc{Text: fmt.Sprint("text ", i), ID: int64(i), Other: []int{1, 2, 3}}
		if i%2 == 0 {
			d.URL = &url
		}
		if _, err := w.Write([]doc{d}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	p := Defaults()
	p.Source, p.Path = "auto", Paths(name)
	got := sameInRanges(t, p, len(b), 100, 1000)
	if got.docs != 25 || got.damaged != 0 || !strings.HasPrefix(got.lines[24], "24 http://a.example/ 25 0") {
		t.Errorf("%d documents, %+v, last %q", got.docs, got.rows, got.lines[len(got.lines)-1])
	}
	p.Path = Paths(write(t, "cut.parquet", string(b[:len(b)/2])))
	if got := readAll(t, p); got.docs != 0 || got.damaged != 1 {
		t.Errorf("cut file: %d documents, %d damaged; want 0, 1", got.docs, got.damaged)
	}
}

// TestFolder reads a folder of all kinds, in the order of names.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b/page.txt":  " \n<!doctype html><p>page",
		"b/a.html":    gz("<p>packed"),
		"a/text":      "Plain text, 中文\n",
		"a/gbk.txt":   "\xd6\xd0\xce\xc4 text",
		"c.warc.html": warcRecord(1, nil),
		"d.gz":        gz(jsonLines[:40] + `"}`),
		"empty":       "",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p := Defaults()
	p.Source, p.Path = "auto", Paths(dir)
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := s.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, task := range tasks {
		for d, err := range s.Docs(t.Context(), task, func(r ledgerRow) { got = append(got, r.Rule) }) {
			if err != nil {
				t.Fatal(err)
			}
			body := "-"
			if d.Page != nil {
				body = fmt.Sprintf("%s:%.20q", d.Page.ContentType, d.Page.Body)
			}
			got = append(got, fmt.Sprintf("%s|%s|%s|%s", d.ID, d.Record.File, d.Text, body))
		}
	}
	want := []string{
		`a/gbk.txt|a/gbk.txt||text/plain:"\xd6\xd0\xce\xc4 text"`,
		"a/text|a/text|Plain text, 中文\n|-",
		`b/a.html|b/a.html||text/html:"<p>packed"`,
		`b/page.txt|b/page.txt||text/html:" \n<!doctype html><p>"`,
		`00000001|c.warc.html||text/html; charset=utf-8:"<p>19660e page 1, 第"`,
		"d.gz:1|d.gz|One, 一|-",
	}
	want[4] = strings.Replace(want[4], "19660e", strings.SplitN(strings.SplitN(page(1), "<p>", 2)[1], " ", 2)[0], 1)
	want[4] = want[4][:strings.LastIndexByte(want[4], ':')+1] + fmt.Sprintf("%.20q", page(1)[strings.Index(page(1), "<p>"):])
	want[5] = "a" + want[5][len("d.gz:1"):]
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestPaths checks names and order for the ways to give paths.
func TestPaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"x/b.warc", "x/a.warc", "y/c.warc", "y/n,o.warc"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(warcRecord(1, nil)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		path string
		want []string
	}{
		{"D/x/a.warc", []string{"a.warc"}},
		{"D/x", []string{"a.warc", "b.warc"}},
		{"D/x/*.warc", []string{"a.warc", "b.warc"}},
		{"D/*/?.warc", []string{"x/a.warc", "x/b.warc", "y/c.warc"}},
		{"D/y/c.warc, D/x/b.warc\nD/x/a.warc,D/x", []string{"y/c.warc", "x/b.warc", "x/a.warc"}},
		{"D/y/n,o.warc", []string{"n,o.warc"}},
	} {
		p := Defaults()
		if err := p.Path.UnmarshalJSON(fmt.Appendf(nil, "%q", strings.ReplaceAll(tt.path, "D", dir))); err != nil {
			t.Fatal(err)
		}
		s, err := New(p)
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := s.Tasks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, task := range tasks {
			got = append(got, task.File)
			for _, err := range s.Docs(t.Context(), task, func(ledgerRow) {}) {
				if err != nil {
					t.Error(err)
				}
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.path, d)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		p    Params
		want string
	}{
		{Params{Source: "wrac", Path: "x"}, `unknown source "wrac"`},
		{Params{Source: "warc"}, "no path"},
		{Params{Source: "commoncrawl"}, "snapshot"},
		{Params{Source: "commoncrawl", Snapshot: "CC-MAIN-2021-04", Kind: "wat"}, "kind"},
		{Params{Source: "commoncrawl", Snapshot: "CC-MAIN-2021-04", Base: "example"}, "base"},
	} {
		if _, err := New(tt.p); err == nil || !strings.Contains(err.Error(), tt.want) || !hint.IsUsage(err) || hint.Of(err) == "" {
			t.Errorf("New(%+v) = %v, want a usage error on %s with a hint", tt.p, err, tt.want)
		}
	}
	s, err := New(Params{Path: "no/such/*.warc"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Tasks(t.Context()); err == nil || !hint.IsUsage(err) {
		t.Errorf("Tasks of nothing = %v, want a usage error", err)
	}
}

func writeParquet[T any](f *os.File, rows []T) error {
	w := parquet.NewGenericWriter[T](f)
	if _, err := w.Write(rows); err != nil {
		return err
	}
	return w.Close()
}

// TestEmpty holds files of nothing, compressed or not, to hold no record.
func TestEmpty(t *testing.T) {
	for _, source := range []string{"auto", "warc", "html", "text", "jsonl"} {
		for store, content := range map[string]string{"plain": "", "gzip": gz(""), "zstd": zst("")} {
			p := Defaults()
			p.Source, p.Path = source, Paths(write(t, "x", content))
			if got := readAll(t, p); got.docs != 0 || got.damaged != 0 || len(got.rows) > 0 {
				t.Errorf("%s, %s: %d documents, rows %v", source, store, got.docs, got.rows)
			}
		}
	}
}
