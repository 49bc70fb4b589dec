package dedup

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/shard"

	"github.com/google/go-cmp/cmp"
)

// writeShards stores docs in n shards of about equal size.
func writeShards(tb testing.TB, docs []feilun.Doc, n int) []string {
	tb.Helper()
	var names []string
	dir := tb.TempDir()
	per := (len(docs) + n - 1) / n
	for part := range slices.Chunk(docs, max(per, 1)) {
		name := filepath.Join(dir, fmt.Sprintf("%05d.jsonl.zst", len(names)))
		f, err := os.Create(name)
		if err != nil {
			tb.Fatal(err)
		}
		w, err := shard.NewWriter(f)
		if err != nil {
			tb.Fatal(err)
		}
		for i := range part {
			if err := w.Write(&part[i]); err != nil {
				tb.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		if err := f.Close(); err != nil {
			tb.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// decide returns all decisions by shard.
func decide(tb testing.TB, p Params, shards []string, o Options) [][]Decision {
	tb.Helper()
	if o.Dir == "" {
		o.Dir = tb.TempDir()
	}
	ds, err := Decide(tb.Context(), p, shards, o)
	if err != nil {
		tb.Fatal(err)
	}
	var all [][]Decision
	for i := range shards {
		var part []Decision
		for d, err := range ds.Shard(i) {
			if err != nil {
				tb.Fatal(err)
			}
			part = append(part, d)
		}
		all = append(all, part)
	}
	return all
}

func everything() Params {
	return Params{
		URL: New("url").(*URLParams), Exact: New("exact").(*ExactParams),
		Line: New("line").(*LineParams), Near: New("near").(*NearParams),
	}
}

// corpus makes n documents of which some are copies or edits of others.
func corpus(n int, seed uint64) []feilun.Doc {
	r := rand.New(rand.NewPCG(seed, 1))
	docs := make([]feilun.Doc, 0, n)
	for i := range n {
		d := feilun.Doc{ID: fmt.Sprint("doc", i), URL: fmt.Sprintf("http://site/%d", i), Confidence: float64(i%7) / 7}
		switch k := r.IntN(10); {
		case i > 0 && k == 0: // a copy
			d.Text = docs[r.IntN(i)].Text
		case i > 0 && k == 1: // an edit
			w := strings.Fields(docs[r.IntN(i)].Text)
			w[r.IntN(len(w))] = "edited"
			d.Text = strings.Join(w, " ")
		case i > 0 && k == 2: // the same address
			d.URL = "https://www.site/" + fmt.Sprint(r.IntN(i)) + "#top"
			fallthrough
		default:
			var b strings.Builder
			for range 3 + r.IntN(4) {
				for range 10 + r.IntN(10) {
					fmt.Fprintf(&b, "w%d ", r.IntN(5000))
				}
				b.WriteByte('\n')
			}
			if k == 3 {
				b.WriteString("All rights reserved 2024\n")
			}
			d.Text = b.String()
		}
		docs = append(docs, d)
	}
	return docs
}

func TestSteps(t *testing.T) {
	long := "a b c d e f g h i j k l m n o p q r s t u v w x y z one two three four five six seven eight nine ten"
	docs := []feilun.Doc{
		{ID: "0", URL: "http://a.example/x", Text: "short text"},
		{ID: "1", URL: "https://www.a.example/x/?utm_source=q#part", Text: "a much longer text"},
		{ID: "2", URL: "http://b.example/", Text: "a  much longer\ntext"},
		{ID: "3", URL: "", Text: long + "\n© Example 2024"},
		{ID: "4", URL: "", Text: long + " eleven\n© Example 1999"},
		{ID: "5", URL: "http://c.example", Text: "other words stand here alone"},
	}
	p := everything()
	p.Line.Inside = false
	got := decide(t, p, writeShards(t, docs, 2), Options{})
	want := [][]Decision{{
		{Index: 0, Verdict: feilun.Drop("url", 1, 1), Survivor: "1"},
		{Index: 2, Verdict: feilun.Drop("exact", 1, 1), Survivor: "1"},
	}, {
		{Index: 0, Verdict: feilun.Verdict{Rule: "near"}, Survivor: "4"},
		{Index: 1, Cuts: []feilun.Cut{{Rule: "line", Start: len(long) + 7, End: len(docs[4].Text), Bytes: 16}}},
	}}
	near := &got[1][0].Verdict
	if near.Value < 0.8 || near.Value >= 1 {
		t.Errorf("estimated similarity = %v, want about 0.97", near.Value)
	}
	near.Value, near.Limit = 0, 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSame compares worker counts, memory limits and a continued run.
func TestSame(t *testing.T) {
	shards := writeShards(t, corpus(800, 1), 7)
	for _, verify := range []bool{false, true} {
		p := everything()
		p.Near.Verify = verify
		want := decide(t, p, shards, Options{Workers: 1})
		for _, o := range []Options{{Workers: 2}, {Workers: 8}, {Workers: 2, Memory: 1 << 14}} {
			if diff := cmp.Diff(want, decide(t, p, shards, o)); diff != "" {
				t.Errorf("%+v: %s", o, diff)
			}
		}
	}
}
