package dedup

import (
	"bytes"
	"encoding/json"
	"testing"

	"feilun"
	"feilun/internal/testkit"
)

// news and novel are real texts: English news of about 1.6 kB, Chinese
// chapters of about 15 kB.
func news(tb testing.TB) []feilun.Doc {
	var docs []feilun.Doc
	for line := range bytes.Lines(testkit.ReadZstd(tb, testkit.Data(tb, "dedup", "minhash_articles_1000.train.zst"))) {
		id, text, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		docs = append(docs, feilun.Doc{ID: string(id), Text: string(text), Language: "en"})
	}
	return docs
}

func novel(tb testing.TB) []feilun.Doc {
	var docs []feilun.Doc
	for line := range bytes.Lines(testkit.ReadZstd(tb, testkit.Data(tb, "dedup", "two-editions_三国演义.jsonl.zst"))) {
		var v struct{ ID, Text string }
		if err := json.Unmarshal(line, &v); err != nil {
			tb.Fatal(err)
		}
		docs = append(docs, feilun.Doc{ID: v.ID, Text: v.Text, Language: "zh"})
	}
	return docs
}

func size(docs []feilun.Doc) (n int64) {
	for _, d := range docs {
		n += int64(len(d.Text))
	}
	return n
}

// BenchmarkSketch measures signatures by setting: ours, and datatrove's.
func BenchmarkSketch(b *testing.B) {
	frozen := New("near").(*NearParams)
	frozen.Tokens, frozen.Hash, frozen.Bands, frozen.Rows, frozen.Short = "words", "xxh64", 14, 8, "skip"
	for _, set := range []struct {
		name string
		docs func(testing.TB) []feilun.Doc
	}{{"en", news}, {"zh", novel}} {
		for _, p := range []*NearParams{New("near").(*NearParams), frozen} {
			b.Run(set.name+"/"+p.Tokens, func(b *testing.B) {
				docs := set.docs(b)
				s := newSketcher(p)
				b.SetBytes(size(docs))
				b.ReportAllocs()
				report := testkit.CPU(b, int(size(docs)))
				for b.Loop() {
					for i := range docs {
						s.sketch(&docs[i])
					}
				}
				report()
			})
		}
	}
}

// BenchmarkMinimums measures the hash functions alone, a shingle a byte.
func BenchmarkMinimums(b *testing.B) {
	xs := make([]uint64, 4096)
	f, o := permutations(1, 112)
	least := make([]uint64, len(f))
	small := make([]uint32, len(f))
	for i := range xs {
		xs[i] = uint64(i) * mulChunk
	}
	for name, loop := range map[string]func(){
		"61": func() { minimums(xs, f, o, least) },
		"32": func() { minimums32(xs, small, small, small) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(xs)))
			report := testkit.CPU(b, len(xs))
			for b.Loop() {
				loop()
			}
			report()
		})
	}
}
