package ledger

import (
	"encoding/json"
	"io"
	"math"
	"testing"

	"feilun"
)

func FuzzAppendRow(f *testing.F) {
	f.Add("id", "https://例.cn/?a=1&b=<2>", "行\n\"引号\"\t\\", "gopher", 0.1, 1e-7, int64(5), 3, false)
	f.Add("", "", "\u2028\u2029\x00\x7f\xff\xc3", "", -1e21, 1e-10, int64(0), 0, true)
	f.Add("a", "b", "\b\f\r\u00e9\ufffd", "x", 123456789.5, math.SmallestNonzeroFloat64, int64(-1), -7, true)
	f.Add("a", "b", "", "", math.Inf(1), 0.0, int64(1), 1, false)
	f.Add("a", "b", "c", "", 3e-7, math.Copysign(0, -1), int64(1), 1, false)
	f.Fuzz(func(t *testing.T, id, url, sample, filter string, value, limit float64, bytes int64, end int, cut bool) {
		r := Row{ID: id, URL: url, Record: feilun.Record{File: url, Offset: bytes}, Stage: filter, Filter: filter, Rule: id,
			Value: value, Limit: limit, Note: sample, Survivor: id, Language: filter, Cut: cut, Start: end / 2, End: end, Bytes: bytes, Sample: sample}
		want, wantErr := json.Marshal(r)
		got, err := appendRow(nil, &r)
		if (err == nil) != (wantErr == nil) || err == nil && string(got) != string(want) {
			t.Errorf("appendRow = %s, %v\nwant        %s, %v", got, err, want, wantErr)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	w, err := NewWriter(io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	r := Row{URL: "https://example.org/a/page.html?x=1", Record: feilun.Record{File: "crawl/part-00001.warc.gz", Offset: 123456},
		Stage: "crawl", Rule: "record_type", Note: "request", Bytes: 431}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(r); err != nil {
			b.Fatal(err)
		}
	}
}
