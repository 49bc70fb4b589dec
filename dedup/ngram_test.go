package dedup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// paragraphs returns documents of paragraphs that are drawn from few.
func paragraphs(n int) []string {
	rng := rand.New(rand.NewPCG(3, 4))
	var all []string
	for i := range n {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			kind := rng.IntN(60)
			if rng.IntN(2) == 0 {
				kind = 1000 + i // of this document alone
			}
			for w := range 10 + kind%25 {
				fmt.Fprintf(&b, "word%d ", kind*100+w)
			}
			b.WriteString("\n")
		}
		all = append(all, b.String())
	}
	return all
}

// TestNgramRepeats holds the step to the same decisions for any number of
// workers and cut of the corpus into shards.
func TestNgramRepeats(t *testing.T) {
	all := paragraphs(300)
	docs := texts(all...)
	p := Params{Line: New("line").(*LineParams), Ngram: New("ngram").(*NgramParams), Substring: substring(9)}
	p.Line.MinDocs = 60
	first := after(t, p, docs, 1)
	for _, shards := range []int{2, 7} {
		if diff := cmp.Diff(first, after(t, p, docs, shards)); diff != "" {
			t.Errorf("%d shards: %s", shards, diff)
		}
	}
	names := writeShards(t, docs, 7)
	if diff := cmp.Diff(decide(t, p, names, Options{Workers: 1}), decide(t, p, names, Options{Workers: 5, Memory: 1 << 20})); diff != "" {
		t.Error(diff)
	}
	dropped, cut := 0, 0
	for i, text := range first {
		switch {
		case text == "":
			dropped++
		case text != all[i]:
			cut++
		}
	}
	if dropped == 0 || cut == 0 {
		t.Errorf("%d dropped, %d cut of %d", dropped, cut, len(all))
	}
}

// TestBloom holds the filter to the share of false positives it was made for.
func TestBloom(t *testing.T) {
	b, err := newBloom(20000, 0.01, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	n := ngramReader{p: &NgramParams{Min: 1, Max: 1, Seed: 1}}
	for i := range 20000 {
		b.add(n.hash(fmt.Sprint("in", i))[0])
	}
	wrong := 0
	for i := range 20000 {
		if !b.has(n.hash(fmt.Sprint("in", i))[0]) {
			t.Fatalf("item %d is lost", i)
		}
		if b.has(n.hash(fmt.Sprint("out", i))[0]) {
			wrong++
		}
	}
	if wrong < 100 || wrong > 300 { // 200 expected, standard deviation 14
		t.Errorf("%d of 20000 new items are taken for seen", wrong)
	}
	if _, err := newBloom(1<<40, 0.01, 1<<30); err == nil {
		t.Error("a filter larger than memory was made")
	}
}

// TestSparkSame finds duplicates by Spark's functions for any number of workers.
func TestSparkSame(t *testing.T) {
	p := Params{Near: New("near").(*NearParams)}
	p.Near.Tokens, p.Near.Hash, p.Near.Ngram, p.Near.Bands, p.Near.Rows, p.Near.Threshold = "spark", "spark", 1, 10, 1, 0.5
	shards := writeShards(t, corpus(400, 1), 5)
	want := decide(t, p, shards, Options{Workers: 1})
	if diff := cmp.Diff(want, decide(t, p, shards, Options{Workers: 4, Memory: 1 << 14})); diff != "" {
		t.Error(diff)
	}
	p.Near.Ngram = 2
	if err := p.Check(); err == nil {
		t.Error("Spark's features of pairs of words were accepted")
	}
}
