package crawl

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/ledger"
	"feilun/internal/params"
	"feilun/internal/testkit"
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

// explained lists the files in which this reader finds other records or other
// damage than the list that came with the test data, and why. That list's
// reader knows no ARC.
var explained = map[string]struct {
	records, damaged int
	why              string
}{
	"warc/fixtures/jwat/invalid-warcfile-lonely-request-response-resource-conversion.warc": {4, 4, "records without Content-Length end where the next begins; the other reader stops at the first"},
	"warc/fixtures/jwat/invalid-warcfile-lonely-warcinfo-metadata.warc":                    {2, 2, "as above"},
	"warc/fixtures/jwat/valid-warcfile-upper-lower-case.warc":                              {5, 0, "the version line may be in lower case; the other reader stops there"},
	"warc/fixtures/pywb/bad.arc":                                                           {3, 3, "ARC: records of length -1 end where the next begins; the last has length abc and no block"},
	"warc/fixtures/pywb/example.arc":                                                       {2, 0, "ARC: filedesc and one page"},
	"warc/fixtures/warcio/example-space-in-url.arc":                                        {2, 1, "ARC: as above, the length 12 too large"},
	"warc/fixtures/jwat/test-arc-1.0-dashed-fields.arc":                                    {2, 1, "ARC: dashes for address, date and type in the filedesc line; the page is longer than stated"},
	"warc/fixtures/jwat/invalid-arcfile-record-then-garbage.arc":                           {1, 1, "ARC: garbage follows the record"},
	"warc/real-other/aut/badexample.arc.gz":                                                {6, 3, "ARC: one member; wrong lengths, and a date \"null\""},
}

// TestExpected compares the records of every real file with what an
// independent reader found.
func TestExpected(t *testing.T) {
	root := testkit.Data(t, "warc", "fixtures")
	files := 0
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
		records := want.Records
		if e, ok := explained[want.File]; ok {
			records = e.records
		} else if want.Format != "" {
			t.Errorf("%s: %s has no line in the table", want.File, want.Format)
		}
		if got.records() != records {
			t.Errorf("%s: %d records (%d documents, %v, %d damaged), want %d: %v %v", want.File, got.records(), got.docs, got.types, got.damaged, records, want.Types, want.Errors)
		}
		if (got.damaged > 0) != (len(want.Errors) > 0) && explained[want.File].damaged != got.damaged {
			t.Errorf("%s: %d damaged: %+v; the other reader found %q", want.File, got.damaged, got.rows, want.Errors)
		}
		files++
	}
	if files < 50 {
		t.Errorf("%d files, want all of them", files)
	}
}

// TestExpectedRanges reads every small real file in ranges.
func TestExpectedRanges(t *testing.T) {
	root := testkit.Data(t, "warc")
	for _, dir := range []string{"fixtures", "real-cc", "real-other"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			p := Defaults()
			p.Path = Paths(name)
			step := max(1000, int(info.Size())/20)
			sameInRanges(t, p, int(info.Size()), step, 3*step+1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRanges cuts a real crawl into ranges of many sizes.
func TestRanges(t *testing.T) {
	p := Defaults()
	p.Path = Paths(testkit.Data(t, "warc", "docs-zh-en.warc.gz"))
	whole := readAll(t, p)
	if want := 3338; whole.docs != want || whole.damaged != 0 || whole.records() != 3*want+1 {
		t.Errorf("%d documents of %d records, %d damaged; want %d of %d", whole.docs, whole.records(), whole.damaged, want, 3*want+1)
	}
	for _, size := range []int64{5_000_000, 100_000, 1000} {
		p.Range = size
		compare(t, fmt.Sprintf("range %d", size), readAll(t, p), whole)
	}
	p.Range = 900_000
	compare(t, "new source per task", readApart(t, p), whole)
}

// TestTruth compares decoded bodies with the pages they were made from, for
// the pages that are stored in their first encoding.
func TestTruth(t *testing.T) {
	type page struct {
		Offset    int64
		Kind      string
		Encoding  string `json:"body_encoding"`
		Transfer  string
		Truncated bool
		Sum       string `json:"source_sha256"`
	}
	truth := map[int64]page{}
	lines := bufio.NewScanner(bytes.NewReader(testkit.ReadZstd(t, testkit.Data(t, "warc", "docs-zh-en.truth.jsonl.zst"))))
	for lines.Scan() {
		var p page
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		truth[p.Offset] = p
	}
	s, tasks := source(t, testkit.Data(t, "warc", "docs-zh-en.warc.gz"))
	same, cut, wantCut := map[string]int{}, 0, 0
	for _, p := range truth {
		if p.Truncated {
			wantCut++
		}
	}
	for _, task := range tasks {
		for d, err := range s.Docs(t.Context(), task, func(ledger.Row) {}) {
			if err != nil {
				t.Fatal(err)
			}
			p := truth[d.Record.Offset]
			if p.Truncated {
				cut++
				if d.Page.Truncated != "length" {
					t.Errorf("offset %d: truncated %q, want length", p.Offset, d.Page.Truncated)
				}
			}
			if p.Kind == "page" && p.Encoding == "utf-8" && !p.Truncated {
				if sum := fmt.Sprintf("%x", sha256.Sum256(d.Page.Body)); sum == p.Sum {
					same[p.Transfer]++
				}
			}
		}
	}
	t.Logf("bodies equal to their source: %v; truncated: %d", same, cut)
	if want := map[string]int{"decoded": 2158, "gzip": 122, "chunked": 106, "gzip+chunked": 44, "identity": 52}; !maps.Equal(same, want) || cut != wantCut || cut == 0 {
		t.Errorf("bodies equal to their source: %v, truncated %d; want %v, %d", same, cut, want, wantCut)
	}
}

// TestVerify reads a fixture whose digests are right, in several notations, and
// a record whose digest is not.
func TestVerify(t *testing.T) {
	p := Defaults()
	p.Verify = true
	p.Path = Paths(write(t, "x.warc", warcRecord(1, nil)+warcRecord(2, func(header, _ *string) {
		*header = strings.Replace(*header, "WARC-Date", "WARC-Block-Digest: sha1:Z6W6WEQQQICP5WA7OWB2SS75WLK4K7Y3\r\nWARC-Date", 1)
	})))
	if got := readAll(t, p); got.damaged != 1 || got.docs != 1 {
		t.Errorf("%d damaged, %d documents; want 1, 1: %+v", got.damaged, got.docs, got.rows)
	}
	p.Path = Paths(testkit.Data(t, "warc", "fixtures", "warcio", "example-digest.warc"))
	if got := readAll(t, p); got.damaged != 0 || got.records() != 4 {
		t.Errorf("%d damaged, %d records; want 0, 4: %+v", got.damaged, got.records(), got.rows)
	}
}

// TestParams checks that the parameters can be set and described like those of
// any stage.
func TestParams(t *testing.T) {
	p := Defaults()
	for name, value := range map[string]string{"path": "data/*.warc.gz", "files": "3", "verify": "true"} {
		if err := params.Set(&p, name, value); err != nil {
			t.Error(err)
		}
	}
	if p.Path != "data/*.warc.gz" || p.Files != 3 || !p.Verify || p.Range != 16<<20 {
		t.Errorf("Params = %+v", p)
	}
	list, err := params.Describe(&p, Code)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		if d.Help == "" || d.Name == "" {
			t.Errorf("parameter without name or help: %+v", d)
		}
	}
}
