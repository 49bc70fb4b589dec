// Command search compares Feilun's index with bleve on the sets of
// ../shared/data/search: nDCG@10, indexing speed and time of queries, in
// processor time, one engine after the other for each set.
//
//	go run . -data ../../../shared/data
//	go run . -data ../../../shared/data -docs 50000
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"feilun"

	"github.com/klauspost/compress/zstd"
)

// sets are the sets with the analyser that bleve gets for them.
var sets = [][2]string{
	{"xquad-zh", "cjk"}, {"xquad-en", "standard"}, // tuned on
	{"cranfield-en", "standard"}, {"cmrc2018-zh", "cjk"}, {"drcd-zh-hant", "cjk"}, // not looked at
}

// An engine is an index under test.
type engine interface {
	search(q string) ([]string, error)
	close()
}

func main() {
	data := flag.String("data", "../../../shared/data", "folder of test data")
	docs := flag.Int("docs", 0, "measure speed on this many documents instead of quality")
	large := flag.Int("large", 0, "index this many passages cut from all texts of the data instead, on all processors")
	only := flag.String("only", "", "compare on sets whose name has this alone")
	flag.Parse()
	if *large > 0 {
		million(*data, *large)
		return
	}
	if *docs > 0 {
		speed(*data, *docs)
		return
	}
	fmt.Printf("%-24s %7s %8s %8s %8s %8s\n", "set", "queries", "feilun", "bleve", "bleve+en", "2 fields")
	for _, s := range sets {
		if !strings.Contains(s[0], *only) {
			continue
		}
		docs := readDocs(filepath.Join(*data, "search", s[0]))
		compare(s[0], s[1], docs, readQueries(filepath.Join(*data, "search", s[0])))
		if s[0] == "cmrc2018-zh" || s[0] == "drcd-zh-hant" {
			compare(s[0]+" titles", s[1], docs, titleQueries(docs))
		}
	}
}

// compare prints nDCG@10 of both engines; bleve is asked through its field of
// all text, the same with its analyser for English, and through title and text apart.
func compare(name, analyzer string, docs []*feilun.Doc, queries []query) {
	ours := newFeilun(docs)
	defer ours.close()
	row := []float64{quality(ours, queries)}
	for _, v := range []struct {
		analyzer string
		fields   bool
	}{{analyzer, false}, {"en", false}, {analyzer, true}} {
		if v.analyzer == "en" && analyzer == "cjk" {
			row = append(row, math.NaN())
			continue
		}
		b := newBleve(docs, v.analyzer, v.fields)
		row = append(row, quality(b, queries))
		b.close()
	}
	fmt.Printf("%-24s %7d %8.4f %8.4f %8.4f %8.4f\n", name, len(queries), row[0], row[1], row[2], row[3])
}

type query struct {
	text     string
	relevant map[string]float64
}

func readDocs(dir string) (docs []*feilun.Doc) {
	lines(filepath.Join(dir, "corpus.jsonl.zst"), func(line string) {
		var d struct {
			ID    string `json:"_id"`
			Title string
			Text  string
		}
		check(json.Unmarshal([]byte(line), &d))
		docs = append(docs, &feilun.Doc{ID: d.ID, Title: d.Title, Text: d.Text})
	})
	return docs
}

func readQueries(dir string) (queries []query) {
	relevant := map[string]map[string]float64{}
	qrels := filepath.Join(dir, "qrels.tsv")
	if _, err := os.Stat(qrels); err != nil {
		qrels += ".zst"
	}
	lines(qrels, func(line string) {
		f := strings.Split(line, "\t")
		grade := 0.0
		if _, err := fmt.Sscan(f[2], &grade); err != nil {
			return // the heading
		}
		if relevant[f[0]] == nil {
			relevant[f[0]] = map[string]float64{}
		}
		relevant[f[0]][f[1]] = grade
	})
	lines(filepath.Join(dir, "queries.jsonl.zst"), func(line string) {
		var q struct {
			ID   string `json:"_id"`
			Text string
		}
		check(json.Unmarshal([]byte(line), &q))
		if relevant[q.ID] != nil {
			queries = append(queries, query{q.Text, relevant[q.ID]})
		}
	})
	return queries
}

// titleQueries asks for the first two characters of each title that begins with
// two Han characters; relevant are the documents whose title has these two.
func titleQueries(docs []*feilun.Doc) (queries []query) {
	seen := map[string]bool{}
	for _, d := range docs {
		r := []rune(d.Title)
		if len(r) < 2 || !unicode.Is(unicode.Han, r[0]) || !unicode.Is(unicode.Han, r[1]) || seen[string(r[:2])] {
			continue
		}
		q := query{string(r[:2]), map[string]float64{}}
		seen[q.text] = true
		for _, o := range docs {
			if strings.Contains(o.Title, q.text) {
				q.relevant[o.ID] = 1
			}
		}
		queries = append(queries, q)
	}
	return queries
}

func lines(name string, each func(string)) {
	b, err := os.ReadFile(name)
	check(err)
	if strings.HasSuffix(name, ".zst") {
		d, err := zstd.NewReader(nil)
		check(err)
		b, err = d.DecodeAll(b, nil)
		check(err)
	}
	for line := range strings.Lines(string(b)) {
		each(strings.TrimSpace(line))
	}
}

// quality is the mean nDCG@10, gains being the grades, as in trec_eval.
func quality(e engine, queries []query) float64 {
	sum := 0.0
	for _, q := range queries {
		ids, err := e.search(q.text)
		check(err)
		got, best := 0.0, 0.0
		for i, id := range ids[:min(10, len(ids))] {
			got += max(0, q.relevant[id]) / math.Log2(float64(i+2))
		}
		var grades []float64
		for _, g := range q.relevant {
			grades = append(grades, max(0, g))
		}
		slices.Sort(grades)
		slices.Reverse(grades)
		for i, g := range grades[:min(10, len(grades))] {
			best += g / math.Log2(float64(i+2))
		}
		if best > 0 {
			sum += got / best
		}
	}
	return sum / float64(len(queries))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

var background = context.Background()
