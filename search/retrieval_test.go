package search

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// A testSet is a corpus with questions and the documents that answer them.
type testSet struct {
	docs    []*feilun.Doc
	queries []testQuery
}

type testQuery struct {
	text     string
	relevant map[string]float64
}

// readSet reads a folder of data/search.
func readSet(tb testing.TB, name string) testSet {
	dir := testkit.Data(tb, "search", name)
	var s testSet
	lines(tb, filepath.Join(dir, "corpus.jsonl.zst"), func(b []byte) {
		var d struct{ ID, Title, Text string }
		unmarshal(tb, b, &d)
		s.docs = append(s.docs, &feilun.Doc{ID: d.ID, Title: d.Title, Text: d.Text})
	})
	relevant := map[string]map[string]float64{}
	qrels := filepath.Join(dir, "qrels.tsv")
	if _, err := os.Stat(qrels); err != nil {
		qrels += ".zst"
	}
	lines(tb, qrels, func(b []byte) {
		f := strings.Split(string(b), "\t")
		if f[0] == "query-id" {
			return
		}
		if relevant[f[0]] == nil {
			relevant[f[0]] = map[string]float64{}
		}
		var grade float64
		unmarshal(tb, []byte(f[2]), &grade)
		relevant[f[0]][f[1]] = grade
	})
	lines(tb, filepath.Join(dir, "queries.jsonl.zst"), func(b []byte) {
		var q struct{ ID, Text string }
		unmarshal(tb, b, &q)
		if relevant[q.ID] != nil {
			s.queries = append(s.queries, testQuery{q.Text, relevant[q.ID]})
		}
	})
	return s
}

func lines(tb testing.TB, name string, each func([]byte)) {
	tb.Helper()
	var b []byte
	var err error
	if strings.HasSuffix(name, ".zst") {
		b = testkit.ReadZstd(tb, name)
	} else if b, err = os.ReadFile(name); err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		each(bytes.TrimSpace(line))
	}
}

// unmarshal reads JSON whose field _id stands for ID.
func unmarshal(tb testing.TB, b []byte, v any) {
	tb.Helper()
	if err := json.Unmarshal(bytes.Replace(b, []byte(`"_id"`), []byte(`"ID"`), 1), v); err != nil {
		tb.Fatalf("%s: %v", b, err)
	}
}

// ndcg is nDCG@10 with gains of the grades themselves, as trec_eval's.
func ndcg(ids []string, relevant map[string]float64) float64 {
	var got, best float64
	for i, id := range ids[:min(10, len(ids))] {
		got += max(0, relevant[id]) / math.Log2(float64(i+2))
	}
	var grades []float64
	for _, g := range relevant {
		grades = append(grades, max(0, g))
	}
	for i := range min(10, len(grades)) {
		top := i
		for j := i; j < len(grades); j++ {
			if grades[j] > grades[top] {
				top = j
			}
		}
		grades[i], grades[top] = grades[top], grades[i]
		best += grades[i] / math.Log2(float64(i+2))
	}
	if best == 0 {
		return 0
	}
	return got / best
}

// openDocs indexes documents in a new folder and opens the index.
func openDocs(tb testing.TB, p Params, docs []*feilun.Doc) *Index {
	tb.Helper()
	dir := tb.TempDir()
	if _, err := Update(tb.Context(), dir, p, listDocs(docs), 2, nil); err != nil {
		tb.Fatal(err)
	}
	x, err := Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { x.Close() })
	return x
}

func listDocs(docs []*feilun.Doc) Docs {
	return func(each func(*feilun.Doc) error) error {
		for _, d := range docs {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}
}

func (s *testSet) score(tb testing.TB, x *Index, r *Ranking) float64 {
	sum := 0.0
	for _, q := range s.queries {
		hits, err := x.Search(tb.Context(), Query{Text: q.text, Ranking: r})
		if err != nil {
			tb.Fatal(err)
		}
		var ids []string
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		sum += ndcg(ids, q.relevant)
	}
	return sum / float64(len(s.queries))
}

// TestRetrieval holds nDCG@10 to what bleve 2.6.3 reached on the same day with
// BM25, one field of all text and its analysers cjk and standard
// (docs/log/search.md). The ranking was tuned on the XQuAD sets alone.
func TestRetrieval(t *testing.T) {
	for _, tt := range []struct {
		set   string
		bleve float64
		long  bool
	}{
		{"xquad-zh", 0.9572, false}, {"xquad-en", 0.9584, false}, {"cranfield-en", 0.3639, false}, {"cmrc2018-zh", 0.9848, false}, {"drcd-zh-hant", 0.9703, true},
	} {
		if tt.long && testing.Short() {
			continue
		}
		s := readSet(t, tt.set)
		x := openDocs(t, defaults(t), s.docs)
		got := s.score(t, x, nil)
		t.Logf("%s: nDCG@10 %.4f, %d questions", tt.set, got, len(s.queries))
		if got < tt.bleve {
			t.Errorf("%s: nDCG@10 %.4f, bleve has %.4f", tt.set, got, tt.bleve)
		}
	}
}
