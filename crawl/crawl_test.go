package crawl

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"testing"

	"feilun"
	"feilun/internal/ledger"
	"feilun/internal/testkit"

	"github.com/google/go-cmp/cmp"
)

// A result is everything a source said about its input.
type result struct {
	docs, damaged int
	types         map[string]int // of dropped records
	rows          []ledger.Row
	lines         []string // one per document: id, place, status, hash of body or text
	body          int64
}

// readAll reads all tasks of a source in order.
func readAll(t testing.TB, p Params) result {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := s.Tasks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res := result{types: map[string]int{}}
	for _, task := range tasks {
		res.read(t, s, task)
	}
	return res
}

func (res *result) read(t testing.TB, s Source, task feilun.Task) {
	t.Helper()
	drop := func(r ledger.Row) {
		res.rows = append(res.rows, r)
		if r.Rule == RuleDamaged {
			res.damaged++
		} else {
			res.types[r.Note]++
		}
	}
	for d, err := range s.Docs(t.Context(), task, drop) {
		if err != nil {
			t.Fatalf("%s: %v", task.File, err)
		}
		res.docs++
		h := fnv.New64a()
		h.Write([]byte(d.Text))
		status := 0
		if d.Page != nil {
			h.Write(d.Page.Body)
			status = d.Page.Status
			res.body += int64(len(d.Page.Body))
		}
		res.lines = append(res.lines, fmt.Sprintf("%s %s %d %d %x", d.ID, d.URL, d.Record.Offset, status, h.Sum64()))
	}
}

func (r result) records() int {
	n := r.docs
	for _, k := range r.types {
		n += k
	}
	return n
}

// explained lists the files in which this reader finds another number of
// records than the list that came with the test data, and why.
var explained = map[string]string{
	"warc/fixtures/jwat/invalid-warcfile-lonely-request-response-resource-conversion.warc": "4: records without Content-Length end where the next begins; the other reader stops at the first",
	"warc/fixtures/jwat/invalid-warcfile-lonely-warcinfo-metadata.warc":                    "2: as above",
	"warc/fixtures/jwat/valid-warcfile-upper-lower-case.warc":                              "5: the version line may be in lower case; the other reader stops there",
}

// TestExpected compares the records of every real file with what an
// independent reader found.
func TestExpected(t *testing.T) {
	root := testkit.Data(t, "warc", "fixtures")
	lines := bufio.NewScanner(bytes.NewReader(testkit.ReadZstd(t, testkit.Data(t, "warc", "expected.jsonl.zst"))))
	for lines.Scan() {
		var want struct {
			File    string
			Format  string
			Records int
			Types   map[string]int
			Errors  []string
		}
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		p := Defaults()
		p.Path = Paths(filepath.Join(root, "..", "..", filepath.FromSlash(want.File)))
		got := readAll(t, p)
		t.Logf("%s: docs %d, types %v, damaged %d; want %d %v %v %s", want.File, got.docs, got.types, got.damaged, want.Records, want.Types, want.Errors, want.Format)
		if got.records() != want.Records && explained[want.File] == "" && want.Format == "" {
			t.Errorf("%s: %d records, want %d", want.File, got.records(), want.Records)
		}
	}
}

func TestRanges(t *testing.T) {
	p := Defaults()
	p.Path = Paths(testkit.Data(t, "warc", "docs-zh-en.warc.gz"))
	whole := readAll(t, p)
	t.Logf("docs %d, types %v, damaged %d", whole.docs, whole.types, whole.damaged)
	for _, size := range []int64{1 << 20, 100_000} {
		p.Range = size
		if got := readAll(t, p); !cmp.Equal(got.lines, whole.lines) || !cmp.Equal(got.rows, whole.rows) {
			t.Errorf("range %d: other documents", size)
		}
	}
}
