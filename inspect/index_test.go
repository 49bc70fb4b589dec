package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"feilun/internal/ledger"
)

// TestFolderNames holds a run to be found whole however its folder is called.
func TestFolderNames(t *testing.T) {
	src := writeRun(t, smallRun(), inspectRows())
	t.Chdir(t.TempDir())
	for _, name := range []string{"out", "out[1]", "a*b"} {
		if err := os.CopyFS(name, os.DirFS(src)); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"out", "./out", "out/", "out//", "../" + filepath.Base(must(os.Getwd())) + "/out", "out[1]", "./out[1]", "a*b"} {
		if n, problems, err := BuildIndex(t.Context(), dir, func(int64, int64) {}); err != nil || n != 5 || len(problems) != 0 {
			t.Errorf("%s: %d documents, problems %v, %v", dir, n, problems, err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "work")); err != nil {
			t.Fatal(err)
		}
		var rows []ledger.Row
		for r, err := range Rows(dir) {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, r)
		}
		if len(rows) != len(inspectRows()) {
			t.Errorf("%s: %d rows of the ledger", dir, len(rows))
		}
	}
	if err := os.Chdir("out"); err != nil {
		t.Fatal(err)
	}
	if n, problems, err := BuildIndex(t.Context(), ".", func(int64, int64) {}); err != nil || n != 5 || len(problems) != 0 {
		t.Errorf(".: %d documents, problems %v, %v", n, problems, err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestIndexRanges holds an index with numbers that no builder writes to be refused
// when it is opened, before they are used.
func TestIndexRanges(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	if _, _, err := BuildIndex(t.Context(), dir, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	name := must(indexName(dir))
	good := must(os.ReadFile(name))
	swap := func(from, to string) []byte {
		if !bytes.Contains(good, []byte(from)) {
			t.Fatalf("the index has no %s", from)
		}
		return bytes.Replace(good, []byte(from), []byte(to), 1)
	}
	many := swap(`"docs":5`, `"docs":1152921504606846976`) // times recordSize it is 0 in 64 bits
	binary.LittleEndian.PutUint64(many[len(many)-trailerSize+24:], 1<<60)
	binary.LittleEndian.PutUint64(many[len(many)-trailerSize:], 0)
	for what, b := range map[string][]byte{
		"bit below the range": swap(`"rule":"share"`, `"bit":-1,"rule":"share"`),
		"bit above the range": swap(`"rule":"share"`, `"bit":64,"rule":"share"`),
		"too many documents":  many,
	} {
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		x, err := openIndex(name)
		if !errors.Is(err, errIndex) {
			t.Errorf("%s: %v", what, err)
		}
		if err == nil {
			x.close()
		}
		if n, _, err := BuildIndex(t.Context(), dir, func(int64, int64) {}); err != nil || n != 5 {
			t.Errorf("%s: made anew with %d documents, %v", what, n, err)
		}
	}
}

// TestLabelsEdited holds labels that somebody edits while an inspector is open
// to be read anew, whether the file keeps its length, grows or is another one.
func TestLabelsEdited(t *testing.T) {
	name := filepath.Join(t.TempDir(), "labels.jsonl")
	l := must(openLabels(name))
	for _, id := range []string{"a", "b", "c"} {
		if err := l.set(id, "http://"+id+".example/", "good", time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	file := string(must(os.ReadFile(name)))
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what, want string) {
		t.Helper()
		if err := l.refresh(); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range l.rows() {
			got += r.ID + "=" + r.Label + " "
		}
		if got != want || l.bad != 0 {
			t.Errorf("%s: %q and %d odd lines, want %q", what, got, l.bad, want)
		}
	}
	write(name, strings.Replace(file, "good", "none", 1))
	if err := os.Chtimes(name, time.Time{}, time.Now().Add(time.Second)); err != nil { // coarse clocks
		t.Fatal(err)
	}
	check("as long as before", "b=good c=good ")
	write(name, strings.ReplaceAll(file, `"good"`, `"bad","why":"a longer line"`))
	check("longer lines", "a=bad b=bad c=bad ")
	write(name+"~", file+strings.Replace(file[:strings.Index(file, "\n")+1], "good", "none", 1))
	if err := os.Rename(name+"~", name); err != nil {
		t.Fatal(err)
	}
	check("another file", "b=good c=good ")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	check("none", "")
	write(name, file)
	check("back again", "a=good b=good c=good ")
}

// TestLabelRefused holds words that are no labels to be the asker's fault, and
// to leave the file alone.
func TestLabelRefused(t *testing.T) {
	dir := writeRun(t, smallRun(), inspectRows())
	c := newClient(t, dir, Tools{})
	for _, word := range []string{"", "ugly", "any", "Good"} {
		status, _, body := c.ask("POST", "/api/label", map[string]any{"n": 1, "gen": c.s.current().gen, "label": word}, nil)
		if status != http.StatusBadRequest || !strings.Contains(body, "no label") {
			t.Errorf("%q: %d %s", word, status, body)
		}
	}
	if _, err := os.Stat(LabelsName(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("labels were written: %v", err)
	}
}
