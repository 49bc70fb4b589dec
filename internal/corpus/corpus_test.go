package corpus

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"feilun"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
)

func docs() []*feilun.Doc {
	var all []*feilun.Doc
	for i := range 1000 {
		all = append(all, &feilun.Doc{
			ID: fmt.Sprintf("id-%d", i), URL: fmt.Sprintf("http://a.example/%d", i), Title: "题目", Text: fmt.Sprintf("正文 %d\nline", i),
			Date: "2021-04-01", Language: "zh", Script: "Hans", Confidence: 0.5 + float64(i)/4000, Source: "s",
		})
	}
	return all
}

// TestScores: the column is there when it is asked for, and does not hinder readers.
func TestScores(t *testing.T) {
	for _, format := range []string{"parquet", "jsonl"} {
		var buf bytes.Buffer
		w, err := NewScoredWriter(&buf, format)
		if err != nil {
			t.Fatal(err)
		}
		all := docs()
		all[1].Score = new(0.75)
		for _, d := range all {
			if err := w.Write(d); err != nil {
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
		n := 0
		for d, err := range Docs(name) {
			if err != nil {
				t.Fatal(err)
			}
			if d.ID != all[n].ID || d.Text != all[n].Text {
				t.Errorf("%s: document %d is %+v", format, n, d)
			}
			n++
		}
		if n != len(all) {
			t.Errorf("%s: %d documents", format, n)
		}
		if format == "parquet" {
			rows, err := parquet.ReadFile[scoredRow](name)
			if err != nil || rows[0].Score != nil || *rows[1].Score != 0.75 {
				t.Errorf("scores %v, %v", rows[:2], err)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, format := range []string{"parquet", "jsonl"} {
		var first []byte
		for range 2 {
			var buf bytes.Buffer
			w, err := NewWriter(&buf, format)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range docs() {
				if err := w.Write(d); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if first != nil && !bytes.Equal(first, buf.Bytes()) {
				t.Errorf("%s: the same documents gave other bytes", format)
			}
			first = buf.Bytes()
		}
		name := filepath.Join(t.TempDir(), "part"+Ext(format))
		if err := os.WriteFile(name, first, 0o666); err != nil {
			t.Fatal(err)
		}
		var got []*feilun.Doc
		for d, err := range Docs(name) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
		if d := cmp.Diff(docs(), got, cmpopts.IgnoreUnexported(feilun.Doc{})); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := NewWriter(nil, "csv"); err == nil {
		t.Error("NewWriter(csv) = nil error")
	}
}

// TestRowGroups holds what a writer keeps in memory to 16 MiB of text.
func TestRowGroups(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, "parquet")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("The river froze early that year. ", 3000)
	for i := range 400 { // 40 MB
		if err := w.Write(&feilun.Doc{ID: strconv.Itoa(i), Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for _, g := range f.RowGroups() {
		if rows += g.NumRows(); g.NumRows()*int64(len(text)) > groupBytes+batchBytes+int64(len(text)) {
			t.Errorf("a row group of %d rows", g.NumRows())
		}
	}
	if rows != 400 {
		t.Errorf("%d rows, want 400", rows)
	}
}
