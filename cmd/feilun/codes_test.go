package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"feilun/internal/stats"
)

// call runs the program with arguments on standard input.
func call(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

// TestExitCodes holds 0 done, 1 failed, 2 usage, 3 done in part.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"page.html":  "<html><body><p>The path starts behind the church and climbs through beeches to the quarry.</p></body></html>",
		"empty.html": "", "junk.html": "\x00\xff\x1b\x00\x00\x7f",
		"docs.jsonl": `{"text":"One."}` + "\n",
		"two.yaml":   "about: a\n---\nabout: b\n", "zz.yaml": "language: {keep: [zz]}\n",
		"model.yaml": "language: {model: absent.bin}\n", "lists.yaml": "filter: {url: {lists: absent}}\n",
		"source.yaml": "crawl: {source: wrac}\n", "kind.yaml": "crawl: {source: commoncrawl, snapshot: CC-MAIN-2021-04, kind: wart}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("folder.yaml", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		code int
	}{
		{"extract page.html", 0},
		{"extract --json page.html empty.html junk.html", 0}, // pages without text are verdicts
		{"extract empty.html", 0},
		{"extract page.html absent.html", 3},
		{"extract --json page.html absent.html", 3},
		{"extract --json absent.html", 2},
		{"extract --json folder.yaml", 1},
		{"crawl --json docs.jsonl", 0},
		{"crawl --json docs.jsonl absent.warc", 3},
		{"crawl docs.jsonl folder.yaml", 3},
		{"crawl absent.warc", 2},
		{"crawl folder.yaml", 1},
		{"check zh-web", 0},
		{"check two.yaml", 2},
		{"check zz.yaml", 2},
		{"check model.yaml", 2},
		{"check lists.yaml", 2},
		{"check source.yaml", 2},
		{"check kind.yaml", 2},
		{"check zh-web --set language.keep=zh", 2},
		{"check folder.yaml", 2},
		{"check absent.yaml", 2},
		{"check zh-web --set filter.length@xx=on", 2},
		{"filter --recipe model.yaml docs.jsonl", 2},
		{"filter --recipe zh-web absent.jsonl", 2},
		{"run model.yaml --in docs.jsonl --out out", 2},
		{"run source.yaml --in docs.jsonl --out out", 2},
		{"run zh-web --in absent.warc --out out", 2},
		{"run zh-web --out out", 2},
		{"run tiny --in docs.jsonl --out out", 2}, // tiny reads its own crawl
		{"run tiny --out docs.jsonl", 2},
		{"run tiny --out docs.jsonl/below", 2},
		{"bench tiny --in docs.jsonl", 2},
		{"run tiny --out out --memory 1MiB", 2},
		{"run tiny --out out --memory 0", 2},
		{"run zh-web --in docs.jsonl --out out --set dedup.near.hash=md5", 2},
		{"check zh-web --set dedup.near.keep=all", 2},
		{"run tiny --out out --workers -1", 2},
		{"language --model absent.bin", 2},
		{"stats absent", 2},
		{"why absent http://a.example/", 2},
		{"dropped absent", 2},
		{"diff absent absent", 2},
		{"explain lenght", 2},
		{"dedup near absent.jsonl", 2},
		{"dedup near --bands 0 docs.jsonl", 2},
		{"dedup near --keep all none.jsonl", 2},
		{"bench tiny --runs 0", 2},
	} {
		code, out, err := call(t, "", strings.Fields(tt.args)...)
		if code != tt.code {
			t.Errorf("feilun %s: exit code %d, want %d\n%s%s", tt.args, code, tt.code, out, err)
		}
		if code != 0 && !strings.HasPrefix(err, "feilun: error: ") && !strings.Contains(err, "\nfeilun: error: ") {
			t.Errorf("feilun %s: no error on stderr: %q", tt.args, err)
		}
	}
}

// TestBadLines goes on behind lines that are no documents.
func TestBadLines(t *testing.T) {
	t.Chdir(t.TempDir())
	lines := "\ufeff" + `{"text":"One short text."}
{"text":"cut
{"id":"x"}

[1]
{"text":"ok"} and more
{"id":{"$oid": "5f1e"},"text":"One short text."}
{"id":7e0,"text":"Two."}
{"id":null,"text":"Three."}
{"id":"y","text":5}
`
	code, out, errs := call(t, lines, "filter", "--recipe", "zh-web", "--json", "-")
	var ids, bad []string
	for line := range strings.Lines(out) {
		if id, _, _ := strings.Cut(line, `,"keep"`); strings.Contains(line, `"error":`) {
			bad = append(bad, id)
		} else {
			ids = append(ids, id)
		}
	}
	if got, want := strings.Join(ids, " "), `{"id":"1" {"id":"{\"$oid\":\"5f1e\"}" {"id":"7e0" {"id":"9"`; got != want {
		t.Errorf("documents %s, want %s", got, want)
	}
	if got, want := strings.Join(bad, " "), `{"id":"2" {"id":"x" {"id":"5" {"id":"6" {"id":"y"`; got != want {
		t.Errorf("errors at %s, want %s", got, want)
	}
	if code != exitPartial || !strings.Contains(errs, "5 of 9 lines") {
		t.Errorf("exit code %d, stderr %q", code, errs)
	}
	for _, words := range []string{`"error":"the line is no object but of type array"`, `"error":"field text is of type number, not string"`} {
		if !strings.Contains(out, words) {
			t.Errorf("no %s in %s", words, out)
		}
	}
	code, out, errs = call(t, lines, "filter", "--recipe", "zh-web", "-")
	if code != exitPartial || strings.Count(out, "\n") != 4 || !strings.Contains(errs, "feilun: - line 2: ") {
		t.Errorf("without --json: exit code %d, %q, stderr %q", code, out, errs)
	}
	code, out, errs = call(t, lines, "dedup", "exact", "--json", "-")
	if want := `{"cluster":1,"ids":["1","{\"$oid\":\"5f1e\"}"],"survivor":"1"}` + "\n"; code != exitPartial || out != want || !strings.Contains(errs, "line 5") {
		t.Errorf("dedup: exit code %d, %s want %s, stderr %q", code, out, want, errs)
	}
	if code, out, _ = call(t, "nothing\n", "filter", "--recipe", "zh-web", "--json", "-"); code != exitFailed || !strings.Contains(out, `"error":`) {
		t.Errorf("no document at all: exit code %d, %q", code, out)
	}
	if code, out, _ = call(t, "", "filter", "--recipe", "zh-web", "--json", "-"); code != 0 || out != "" {
		t.Errorf("no line at all: exit code %d, %q", code, out)
	}
}

// TestShowJSON prints recipes as JSON that is the same recipe.
func TestShowJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	_, yaml, _ := call(t, "", "recipes", "show", "zh-web")
	code, out, errs := call(t, "", "recipes", "show", "--json", "zh-web")
	if code != 0 || strings.Count(out, "\n") != 1 {
		t.Fatalf("exit code %d, %q %q", code, out, errs)
	}
	if err := os.WriteFile("r.yaml", []byte(out), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, again, errs := call(t, "", "recipes", "show", "r.yaml"); again != yaml {
		t.Errorf("shown as JSON and read again: %q\n%s", errs, again)
	}
	for _, args := range [][]string{{"recipes", "--json"}, {"recipes", "list", "--json"}} {
		if code, out, errs := call(t, "", args...); code != 0 || !strings.Contains(out, `"name":"zh-web","needs":{},"runnable":true}`) {
			t.Errorf("feilun %v: exit code %d, %q %q", args, code, out, errs)
		}
	}
	if code, out, _ := call(t, "", "explain", "--json"); code != 0 || !strings.Contains(out, `"name":"length"}`) {
		t.Errorf("feilun explain --json: exit code %d, %q", code, out)
	}
}

// TestCrawlGoesOn reads what can be read behind files that cannot.
func TestCrawlGoesOn(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.jsonl", "shut.jsonl", "z.jsonl"} {
		if err := os.WriteFile(name, []byte(`{"text":"One."}`), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"crawl", "--json", "a.jsonl", "absent.jsonl", "z.jsonl"}
	failed := `{"file":"absent.jsonl","records":0,"responses":0,"documents":0,"damaged":0,"bytes_lost":0,"error":`
	if os.Chmod("shut.jsonl", 0) == nil {
		if f, err := os.Open("shut.jsonl"); err == nil {
			f.Close() // root reads everything
		} else {
			names = append(names, "shut.jsonl")
		}
	}
	code, out, errs := call(t, "", names...)
	if code != exitPartial || strings.Count(out, "\n") != len(names)-2 || strings.Count(out, `"documents":1`) != 2 || !strings.Contains(out, failed) {
		t.Errorf("exit code %d, %s\n%s", code, out, errs)
	}
}

// shut is an output that takes nothing, such as a full disk.
type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestFullOutput has every command tell that its results are lost.
func TestFullOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, errs := call(t, "", "run", "tiny", "--out", "out"); code != 0 {
		t.Fatal(errs)
	}
	for name, text := range map[string]string{"page.html": "<p>Hello there", "docs.jsonl": `{"text":"One."}` + "\n" + `{"text":"One."}` + "\n"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range []string{
		"run tiny --out out", "stats out", "why out http://parked-2.example/", "dropped out", "diff out out", "explain", "explain length",
		"recipes", "recipes show tiny", "check tiny", "crawl page.html", "extract page.html", "filter --recipe zh-web docs.jsonl",
		"dedup exact docs.jsonl", "language", "version",
	} {
		for _, format := range []string{"", " --json"} {
			var errs bytes.Buffer
			code := run(strings.Fields(args+format), strings.NewReader("A line.\n"), shut{}, &errs)
			if code != exitFailed || !strings.Contains(errs.String(), "feilun: error: no space left on device") {
				t.Errorf("feilun %s%s: exit code %d, stderr %q", args, format, code, errs.String())
			}
		}
	}
}

// TestExtractStdin reads a page from standard input.
func TestExtractStdin(t *testing.T) {
	code, out, errs := call(t, "<html><body><p>The path starts behind the church and climbs to the quarry.</p></body></html>", "extract", "--json", "-")
	if want := `{"file":"-","title":"","text":"The path starts behind the church and climbs to the quarry.",`; code != 0 || !strings.HasPrefix(out, want) {
		t.Errorf("exit code %d, %q %q", code, out, errs)
	}
}

func TestPace(t *testing.T) {
	for _, tt := range []struct {
		pages, passed int64
		want          string
	}{
		{400, 400, "400 pages in 2s, 200 pages/s on 2 workers"},
		{400, 100, "400 pages, 100 of them now in 2s, 50 pages/s on 2 workers"},
		{400, 0, "400 pages, all read before; the rest in 2s on 2 workers"},
		{0, 0, "0 pages in 2s, 0 pages/s on 2 workers"},
	} {
		if got := pace(&stats.Times{Pages: tt.pages, Passed: tt.passed, WallSecond: 2, Workers: 2}); got != tt.want {
			t.Errorf("pace = %q, want %q", got, tt.want)
		}
	}
}

// TestOutputInInput runs twice into a folder inside the input.
func TestOutputInInput(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.jsonl", []byte(`{"text":"One."}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		code, out, errs := call(t, "", "run", "zh-web", "--in", ".", "--out", "out", "--set", "output.format=jsonl", "--json")
		if code != 0 || !strings.Contains(out, `"records":1,`) {
			t.Fatalf("exit code %d, %s%s", code, out, errs)
		}
	}
}

// TestAnotherRecipe says which key is another.
func TestAnotherRecipe(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, errs := call(t, "", "run", "tiny", "--out", "out"); code != 0 {
		t.Fatal(errs)
	}
	for set, want := range map[string]string{
		"filter.length@en.min_chars=7": "another recipe (first difference: filter.length@en.min_chars)",
		"filter.length@en=off":         "another recipe (first difference: filter.han@zh)",
		"dedup.near.bands=9":           "another recipe (first difference: dedup.near.bands)",
	} {
		code, _, errs := call(t, "", "run", "tiny", "--out", "out", "--set", set)
		if code != exitUsage || !strings.Contains(errs, want) || !strings.Contains(errs, "--fresh") {
			t.Errorf("with %s: exit code %d, %q; want %q", set, code, errs, want)
		}
	}
}

// TestBadValueFirst refuses a value without meaning before any input is read.
func TestBadValueFirst(t *testing.T) {
	code, _, errs := call(t, "no document\n", "dedup", "near", "--keep", "all", "-")
	if code != exitUsage || strings.Contains(errs, "line 1") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}
