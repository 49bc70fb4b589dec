package main

import (
	"os"

	"feilun"
	"feilun/search"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/en"
	index "github.com/blevesearch/bleve_index_api"
)

type feilunEngine struct {
	dir string
	x   *search.Index
}

func newFeilun(docs []*feilun.Doc) *feilunEngine {
	dir, err := os.MkdirTemp("", "feilun")
	check(err)
	_, err = search.Update(background, dir, search.Params{Chunk: 1200, Batch: 16 << 20}, func(each func(*feilun.Doc) error) error {
		for _, d := range docs {
			if err := each(d); err != nil {
				return err
			}
		}
		return nil
	}, 1, nil)
	check(err)
	x, err := search.Open(dir)
	check(err)
	return &feilunEngine{dir, x}
}

func (e *feilunEngine) search(q string) ([]string, error) {
	hits, err := e.x.Search(background, search.Query{Text: q, K: 10})
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids, err
}

func (e *feilunEngine) close() {
	check(e.x.Close())
	check(os.RemoveAll(e.dir))
}

type bleveEngine struct {
	dir    string
	x      bleve.Index
	fields bool
}

func newBleve(docs []*feilun.Doc, analyzer string, fields bool) *bleveEngine {
	dir, err := os.MkdirTemp("", "bleve")
	check(err)
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = analyzer
	m.ScoringModel = index.BM25Scoring
	m.StoreDynamic, m.DocValuesDynamic = false, false
	x, err := bleve.New(dir+"/index", m)
	check(err)
	b := x.NewBatch()
	for i, d := range docs {
		check(b.Index(d.ID, map[string]string{"title": d.Title, "text": d.Text}))
		if i%1000 == 999 || i == len(docs)-1 {
			check(x.Batch(b))
			b = x.NewBatch()
		}
	}
	return &bleveEngine{dir, x, fields}
}

func (e *bleveEngine) search(q string) ([]string, error) {
	var r *bleve.SearchRequest
	if e.fields {
		title, text := bleve.NewMatchQuery(q), bleve.NewMatchQuery(q)
		title.SetField("title")
		text.SetField("text")
		r = bleve.NewSearchRequest(bleve.NewDisjunctionQuery(title, text))
	} else {
		r = bleve.NewSearchRequest(bleve.NewMatchQuery(q))
	}
	res, err := e.x.Search(r)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(res.Hits))
	for i, h := range res.Hits {
		ids[i] = h.ID
	}
	return ids, nil
}

func (e *bleveEngine) close() {
	check(e.x.Close())
	check(os.RemoveAll(e.dir))
}
