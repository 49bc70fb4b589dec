package crawl

import (
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// readJSON gives documents and rows, a line each, of a file told by its first bytes.
func readJSON(t *testing.T, file string) (docs, rows string) {
	t.Helper()
	p := Defaults()
	p.Source, p.Path, p.MaxBody = "auto", Paths(write(t, "x", file)), 1<<16
	d, r, _ := gave(t, p)
	return strings.Join(d, "\n"), strings.Join(r, "\n")
}

// TestJSON reads lists of objects, and objects that hold others.
func TestJSON(t *testing.T) {
	for name, c := range map[string]struct{ file, docs, row string }{
		"list":           {`[ {"text": "a", "id": 7}, {"text": "b", "url": "http://x.example/"} ]`, "7||||a\nx:2||||b", ""},
		"paragraphs":     {`[{"title": "T", "paragraphs": ["a", "b"], "id": "p"}]`, "p|T|||a\nb", ""},
		"content":        {"\xef\xbb\xbf[\n{\"content\": \"a\"}]", "x:1||||a", ""},
		"text first":     {`[{"content": "no", "text": "yes", "id": "p"}]`, "p||||yes", ""},
		"within":         {"{\n \"title\": \"B\", \"content\": [{\"content\": [{\"content\": [\"a\"]}, {\"content\": [\"b\"]}]}]}", "x:1||||a\nx:2||||b", ""},
		"several":        {"{\n\"text\": \"a\"}\n{\n\"text\": \"b\"}", "x:1||||a\nx:2||||b", ""},
		"lists":          {"[{\"text\": \"a\"}]\n[{\"text\": \"b\"}]", "x:1||||a\nx:2||||b", ""},
		"no text":        {`[{"title": "a"}, {"text": "b"}]`, "x:2||||b", "damaged: no field text"},
		"no object":      {`[{"text": "a"}, 5]`, "x:1||||a", "damaged: not an object of JSON"},
		"cut":            {`[{"text": "a"}, {"text": "b`, "x:1||||a", "damaged: not JSON: unexpected EOF"},
		"no end":         {`[{"text": "a"}`, "x:1||||a", "damaged: not JSON: unexpected EOF"},
		"closes nothing": {`[{"text": "a"}]]`, "x:1||||a", "damaged: not JSON: "},
		"deep":           {`[{"content": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}]`, "", "damaged: JSON is deeper than 16 levels"},
	} {
		docs, rows := readJSON(t, c.file)
		if docs != c.docs || (rows != "") != (c.row != "") || !strings.HasPrefix(rows, c.row) {
			t.Errorf("%s: %q, %q; want %q, %q", name, docs, rows, c.docs, c.row)
		}
	}
}

// TestZip reads archives of texts.
func TestZip(t *testing.T) {
	file := zipped(t, "a/", "", "a/1.txt", "One.", "2.html", "<p>Two", "3.json", `[{"text": "Three"}]`, "4.jsonl", "{\"text\": \"Four\", \"id\": 4}\n{\"text\": \"Five\"}", "5.bin", "a\x00b", "6.gz", gz("x"))
	docs, rows := readJSON(t, file)
	if want := "x!a/1.txt||||One.\nx!2.html||||\nx!3.json:1||||Three\n4||||Four\nx!4.jsonl:2||||Five"; docs != want {
		t.Errorf("documents %q, want %q", docs, want)
	}
	if want := "record_type: entry that is no text\nrecord_type: entry that is no text"; rows != want {
		t.Errorf("rows %q, want %q", rows, want)
	}
	long := zipped(t, "1.txt", strings.Repeat("a", 1<<20), "2.txt", "b")
	if docs, rows := readJSON(t, long); !strings.Contains(docs, "x!2.txt||||b") || len(docs) > 1<<17 || rows != "" {
		t.Errorf("long entry: %d bytes, %q", len(docs), rows)
	}
}

// TestRealJSON reads real poems and speeches.
func TestRealJSON(t *testing.T) {
	for file, want := range map[string]int{"poetry-zh/poet.tang.2000.json.zst": 1002, "poetry-zh/guwenguanzhi.json.zst": 222, "poetry-zh/shijing.json.zst": 305, "speeches-en/inaugural.zip": 60} {
		p := Defaults()
		p.Source, p.Path = "auto", Paths(testkit.Data(t, "text", file))
		if docs, rows, _ := gave(t, p); len(docs) != want || len(rows) != 0 {
			t.Errorf("%s: %d documents, %q; want %d", file, len(docs), rows, want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"text": "a"}, {"content": ["b"]}, 5]`))
	f.Add([]byte("{\n\"content\": [{\"paragraphs\": [\"b\"]}]}\n[{}]"))
	f.Fuzz(func(t *testing.T, file []byte) { anyRange(t, kindJSON, file, int64(len(file)/3)+1) })
}

func FuzzZip(f *testing.F) {
	f.Add([]byte(zipped(f, "a/", "", "a/1.txt", "One.", "2.html", "<p>Two", "3.json", `[{"text": "Three"}]`)))
	f.Fuzz(func(t *testing.T, file []byte) { anyRange(t, "auto", file, int64(len(file)/3)+1) })
}
