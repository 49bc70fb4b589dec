package corpus

import (
	"io"
	"iter"
	"os"
	"strings"

	"feilun"
	"feilun/internal/shard"

	"github.com/parquet-go/parquet-go"
)

// From yields the documents of one corpus file from a row on, counted from 0,
// with their scores where the file has them. Parquet is entered at the row; JSON
// lines are read up to it. An error comes once, last, with a nil document.
func From(name string, row int64) iter.Seq2[*feilun.Doc, error] {
	return func(yield func(*feilun.Doc, error) bool) {
		f, err := os.Open(name)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		if strings.HasSuffix(name, ".parquet") {
			parquetFrom(f, row, yield)
			return
		}
		for d, err := range shard.Docs(f) {
			if row--; row >= 0 && err == nil {
				continue
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

func parquetFrom(f *os.File, row int64, yield func(*feilun.Doc, error) bool) {
	info, err := f.Stat()
	if err != nil {
		yield(nil, err)
		return
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil { // NewGenericReader would panic
		yield(nil, err)
		return
	}
	r := parquet.NewGenericReader[scoredRow](file)
	defer r.Close()
	if row > 0 {
		if err := r.SeekToRow(row); err != nil {
			yield(nil, err)
			return
		}
	}
	rows := make([]scoredRow, 1)
	for {
		n, err := r.Read(rows)
		for _, row := range rows[:n] {
			d := &feilun.Doc{
				ID: row.ID, URL: row.URL, Text: row.Text, Title: row.Title, Date: row.Date,
				Language: row.Language, Script: row.Script, Confidence: row.Confidence, Source: row.Source, Score: row.Score,
			}
			if !yield(d, nil) {
				return
			}
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			yield(nil, err)
			return
		}
		rows = make([]scoredRow, min(2*len(rows), 256)) // fresh, since Score points into them
	}
}
