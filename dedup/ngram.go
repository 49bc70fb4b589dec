package dedup

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/words"

	"github.com/zeebo/xxh3"
)

// NgramParams cuts out paragraphs, and drops documents, most of whose n-grams
// stand further up in the corpus, with a Bloom filter as BFF has it
// (DCLM-baseline, arXiv:2406.11794). Documents are taken in corpus order and the
// filter's hash functions are fixed, so that the outcome is repeatable, which
// BFF's is not. Words are those between Unicode's word boundaries, marks included.
type NgramParams struct {
	// Remove says what goes: old-both (paragraphs, and documents that hold too much in all, as in DCLM-baseline) or paragraph.
	Remove string `json:"remove" default:"old-both"`
	// Min is the number of words from which a paragraph shorter than max is looked up as a whole; shorter ones stay.
	Min int `json:"min" default:"13" range:"1..1000"`
	// Max is the number of words in an n-gram.
	Max int `json:"max" default:"13" range:"1..1000"`
	// Threshold is the highest share of n-grams that may have been seen.
	Threshold float64 `json:"threshold" default:"0.8" range:"0..1"`
	// FalsePositives is the share of new n-grams that the full filter takes for seen; it decides the memory.
	FalsePositives float64 `name:"false_positives" json:"false_positives" default:"0.01" range:"0.000001..0.5"`
	// Seed of the filter's hash functions.
	Seed int64 `json:"seed" default:"1" range:"0.."`
}

// cutsNgram are the cuts of line and ngram.
const cutsNgram = "ngramcuts"

// ngrams cuts and drops what the corpus holds further up.
func (j *job) ngrams() error {
	if j.Ngram == nil {
		return nil
	}
	counts := make([]int64, len(j.shards))
	err := j.parallel(len(j.shards), func(_, i int) error {
		n := ngramReader{p: j.Ngram}
		return j.docsLeft(i, func(index int, d *feilun.Doc) error {
			if !j.gone.has(j.base[i] + uint64(index)) {
				n.pieces(d.Text, func(_, _ int, grams []xxh3.Uint128) { counts[i] += int64(len(grams)) })
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	b, err := newBloom(total, j.Ngram.FalsePositives, j.Memory)
	if err != nil {
		return err
	}
	err = j.parallelInOrder(func(i int) error { return j.ngramShard(i, b) })
	j.left = cutsNgram
	return err
}

// parallelInOrder is [job.parallel] for work that must go in order.
func (j *job) parallelInOrder(f func(i int) error) error {
	workers := j.Workers
	j.Workers = 1
	defer func() { j.Workers = workers }()
	return j.parallel(len(j.shards), func(_, i int) error { return f(i) })
}

// ngramShard decides on the documents of one shard and writes the cuts, those
// of repeated lines among them.
func (j *job) ngramShard(i int, b *bloom) error {
	earlier, err := j.cutsLeft(i)
	if err != nil {
		return err
	}
	n := ngramReader{p: j.Ngram}
	return j.writePieces(i, []string{cutsNgram}, func(out map[string]io.Writer) error {
		return j.docs(i, func(index int, d *feilun.Doc) error {
			cuts := earlier[index]
			if doc := uint64(i)<<32 | uint64(index); !j.gone.has(j.number(doc)) {
				left := Apply(d.Text, cuts)
				found, share, drop := n.look(left, b)
				if drop {
					if err := j.drop(doc, stepNgram, nobody, share); err != nil {
						return err
					}
				} else {
					cuts = original(cuts, found)
				}
			}
			if len(cuts) == 0 {
				return nil
			}
			_, err := out[cutsNgram].Write(appendCuts(nil, uint64(index), 0, cuts))
			return err
		})
	})
}

// cutsLeft gathers the cuts that earlier steps made in shard i, by document.
func (j *job) cutsLeft(i int) (map[int][]feilun.Cut, error) {
	all := map[int][]feilun.Cut{}
	if j.left == "" {
		return all, nil
	}
	err := j.eachCutRecord(i, j.left, func(index uint64, _ float64, c []feilun.Cut) error {
		all[int(index)] = slices.Clone(c)
		return nil
	})
	return all, err
}

// An ngramReader cuts texts into paragraphs and these into n-grams. It keeps
// scratch space.
type ngramReader struct {
	p     *NgramParams
	spans []words.Span
	raw   []byte
	ends  []int
	grams []xxh3.Uint128
}

// pieces calls f with the paragraphs of text and their n-grams, valid during
// the call. A paragraph begins with the line feed that ends the one before.
func (n *ngramReader) pieces(text string, f func(start, end int, grams []xxh3.Uint128)) {
	for start := 0; start < len(text); {
		end := len(text)
		if k := strings.IndexByte(text[start+1:], '\n'); k >= 0 {
			end = start + 1 + k
		}
		f(start, end, n.hash(text[start:end]))
		start = end
	}
}

// hash returns the n-grams of a paragraph. Words are set apart by zeros.
func (n *ngramReader) hash(piece string) []xxh3.Uint128 {
	n.spans = words.TokenizeBy(n.spans[:0], piece, "", words.Boundaries)
	n.raw, n.ends, n.grams = n.raw[:0], append(n.ends[:0], 0), n.grams[:0]
	for _, s := range n.spans {
		n.raw = append(append(n.raw, s.Of(piece)...), 0)
		n.ends = append(n.ends, len(n.raw))
	}
	size, count := n.p.Max, len(n.spans)
	if count < size && count >= n.p.Min {
		size = count
	}
	for i := 0; i+size <= count && size > 0; i++ {
		n.grams = append(n.grams, xxh3.Hash128Seed(n.raw[n.ends[i]:n.ends[i+size]], uint64(n.p.Seed)))
	}
	return n.grams
}

// look returns the paragraphs of a text to cut, the share of its n-grams that
// were seen, and whether the document goes. N-grams of paragraphs that stay are
// seen from then on, even if the document goes, as in BFF.
func (n *ngramReader) look(text string, b *bloom) (cuts []feilun.Cut, share float64, drop bool) {
	all, seen := 0, 0
	n.pieces(text, func(start, end int, grams []xxh3.Uint128) {
		here := 0
		for _, g := range grams {
			if b.has(g) {
				here++
			}
		}
		all, seen = all+len(grams), seen+here
		if len(grams) == 0 || float64(here)/float64(len(grams)) <= n.p.Threshold {
			for _, g := range grams {
				b.add(g)
			}
			return
		}
		if k := len(cuts); k > 0 && cuts[k-1].End == start {
			cuts[k-1].End = end
		} else {
			cuts = append(cuts, feilun.Cut{Rule: "ngram", Start: start, End: end})
		}
	})
	if all > 0 {
		share = float64(seen) / float64(all)
	}
	if len(cuts) > 0 && cuts[0].Start == 0 && cuts[0].End < len(text) {
		cuts[0].End++ // the line feed that led to what stays
	}
	for i := range cuts {
		cuts[i].Bytes = cuts[i].End - cuts[i].Start
	}
	drop = n.p.Remove == "old-both" && share > n.p.Threshold ||
		len(cuts) > 0 && strings.TrimFunc(Apply(text, cuts), space) == ""
	return cuts, share, drop
}

// bloom is a Bloom filter.
type bloom struct {
	bits  bitmap
	size  uint64
	tries int
}

// newBloom returns a filter for so many items.
func newBloom(items int64, falsePositives float64, memory int64) (*bloom, error) {
	n := float64(max(items, 1))
	bits := math.Ceil(-n * math.Log(falsePositives) / (math.Ln2 * math.Ln2))
	if bits/8 > float64(memory) {
		return nil, hint.With(hint.Usage(fmt.Errorf("ngram: a filter of %d n-grams needs %.0f MiB", items, bits/(8<<20))),
			"give more --memory, raise dedup.ngram.false_positives, or deduplicate parts of the corpus first")
	}
	return &bloom{newBitmap(uint64(bits)), uint64(bits), max(1, int(math.Ceil(bits/n*math.Ln2)))}, nil
}

func (b *bloom) at(g xxh3.Uint128, i int) uint64 { return (g.Lo + uint64(i)*(g.Hi|1)) % b.size }

func (b *bloom) add(g xxh3.Uint128) {
	for i := range b.tries {
		b.bits.set(b.at(g, i))
	}
}

func (b *bloom) has(g xxh3.Uint128) bool {
	for i := range b.tries {
		if !b.bits.has(b.at(g, i)) {
			return false
		}
	}
	return true
}
