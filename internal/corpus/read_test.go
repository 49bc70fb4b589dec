package corpus

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/parquet-go/parquet-go"
)

// readAll reads a file as id, url, language and text of each document.
func readAll(t *testing.T, name string) (all []string, err error) {
	t.Helper()
	for d, e := range Read(name) {
		if e != nil {
			return all, e
		}
		all = append(all, strings.Join([]string{d.ID, d.URL, d.Language, d.Source, d.Text}, "|"))
	}
	return all, nil
}

func TestReadLines(t *testing.T) {
	dir := t.TempDir()
	text := "\ufeff{\"text\":\"一\",\"id\":7,\"extra\":[1]}\n\n{\"id\":\"b\",\"url\":\"u\",\"text\":\"two\",\"language\":\"en\",\"source\":\"s\"}\n{\"text\": \"last\"}"
	want := []string{"7|||a.jsonl|一", "b|u|en|s|two", "a.jsonl:4|||a.jsonl|last"}
	plain := filepath.Join(dir, "a.jsonl")
	if err := os.WriteFile(plain, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, text)
	z.Close()
	if err := os.MkdirAll(filepath.Join(dir, "z"), 0o777); err != nil {
		t.Fatal(err)
	}
	zipped := filepath.Join(dir, "z", "a.jsonl") // told by its bytes, not by its name
	if err := os.WriteFile(zipped, packed.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{plain, zipped} {
		got, err := readAll(t, name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
	for bad, say := range map[string]string{
		"{\"text\":\"a\"}\n{\"id\":\"x\",\"url\":\"y\"}\n": "line 2: no text", "[1]\n": "line 1: not a JSON object", "{\"text\":\"a\"}\n{": "line 2",
	} {
		if err := os.WriteFile(plain, []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(t, plain); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("Read(%q): error %v, want %q", bad, err, say)
		}
	}
}

// TestReadParquet reads a file of another writer: other columns, some optional.
func TestReadParquet(t *testing.T) {
	type row struct {
		Score float32
		Text  string  `parquet:"text"`
		ID    *string `parquet:"id,optional"`
		URL   string  `parquet:"url,optional"`
	}
	write := func(name string, rows any) {
		var err error
		switch rows := rows.(type) {
		case []row:
			err = parquet.WriteFile(name, rows)
		case []struct{ Body string }:
			err = parquet.WriteFile(name, rows)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "x.parquet")
	id := "one"
	write(name, []row{{1, "a", &id, "u"}, {2, "文", nil, ""}})
	got, err := readAll(t, name)
	if d := cmp.Diff([]string{"one|u||x.parquet|a", "x.parquet:2|||x.parquet|文"}, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	write(name, []struct{ Body string }{{"x"}})
	if _, err := readAll(t, name); err == nil || !strings.Contains(err.Error(), `no column "text"`) {
		t.Errorf("without text: error %v", err)
	}
}

// TestMixed reads what a MixedWriter wrote, by both readers.
func TestMixed(t *testing.T) {
	for _, format := range []string{"parquet", "jsonl"} {
		var buf bytes.Buffer
		w, err := NewMixedWriter(&buf, format)
		if err != nil {
			t.Fatal(err)
		}
		for i, d := range docs() {
			if err := w.Write(d, "books", i%3); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "part"+Ext(format))
		if err := os.WriteFile(name, buf.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, read := range []func(string) func(func(*feilun.Doc, error) bool){
			func(n string) func(func(*feilun.Doc, error) bool) { return Docs(n) }, func(n string) func(func(*feilun.Doc, error) bool) { return Read(n) },
		} {
			n := 0
			for d, err := range read(name) {
				if err != nil {
					t.Fatal(err)
				}
				if want := docs()[n]; d.ID != want.ID || d.Text != want.Text || d.Confidence != want.Confidence {
					t.Fatalf("%s: document %d = %+v", format, n, d)
				}
				if n++; n == 20 {
					break
				}
			}
		}
	}
}

// FuzzRead holds the reader of foreign files to its word: no panic, and texts
// that are UTF-8.
func FuzzRead(f *testing.F) {
	f.Add([]byte("{\"text\":\"a\",\"id\":null}\n{\"text\":\"\\ud800\"}"))
	f.Add([]byte("PAR1\x00\x00PAR1"))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte("\x28\xb5\x2f\xfd\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		for d, err := range Read(name) {
			if err == nil && !utf8.ValidString(d.Text) {
				t.Errorf("text %q of %q is not UTF-8", d.Text, b)
			}
		}
		if plain, done, err := Plain(bufio.NewReader(bytes.NewReader(b))); err == nil {
			if _, err := plain.Peek(1); err == nil {
				done()
			}
		}
	})
}
