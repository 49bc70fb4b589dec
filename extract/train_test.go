package extract

import (
	"flag"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/forest"
)

var trainFlag = flag.Bool("train", false, "train the model anew from the tuned halves and write model_table.go")

// A sample is one page as the trainer sees it.
type sample struct {
	g      *gold
	rows   []int16
	width  int
	words  [][]string // by block
	label  []float64  // by block; negative when unknown
	weight []float64
	gold   []string
	x      *Extractor
	near   []int32
	texts  []string
}

func measure(t testing.TB, x *Extractor, g *gold) *sample {
	d := g.doc()
	x.read(d)
	s := &sample{g: g, rows: slices.Clone(x.rows), width: x.width, gold: words(g.Text)}
	for i := range x.blocks {
		b := &x.blocks[i]
		s.texts = append(s.texts, string(x.buf[b.from:b.to]))
		s.words = append(s.words, words(s.texts[i]))
	}
	s.labels()
	return s
}

var seed = maphash.MakeSeed()

func gram(w []string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, s := range w {
		h.WriteString(s)
		h.WriteByte(0)
	}
	return h.Sum64()
}

const gramLen = 4

// labels sets the share of each block's words that the gold text holds: a word
// counts when four words in a row around it are in the gold text, or when the
// whole block is a line of it.
func (s *sample) labels() {
	s.label, s.weight = make([]float64, len(s.words)), make([]float64, len(s.words))
	if !s.g.full() {
		s.snippets()
		return
	}
	grams := map[uint64]bool{}
	for i := range s.gold {
		if i+gramLen <= len(s.gold) {
			grams[gram(s.gold[i:i+gramLen])] = true
		}
	}
	lines := map[string]bool{}
	for l := range strings.Lines(s.g.Text) {
		lines[strings.Join(words(l), " ")] = true
	}
	var all []string
	for _, w := range s.words {
		all = append(all, w...)
	}
	hit := make([]bool, len(all))
	for i := range all {
		if i+gramLen <= len(all) && grams[gram(all[i:i+gramLen])] {
			for k := range gramLen {
				hit[i+k] = true
			}
		}
	}
	at := 0
	for i, w := range s.words {
		n := 0
		for k := range w {
			if hit[at+k] {
				n++
			}
		}
		at += len(w)
		if lines[strings.Join(w, " ")] {
			n = len(w)
		}
		if len(w) > 0 {
			s.label[i] = float64(n) / float64(len(w))
			s.weight[i] = (float64(len(w)) + 1) / (float64(len(s.gold)) + 20)
			s.weight[i] = min(s.weight[i], 1)
		}
	}
}

// snippets labels the blocks that hold a string that must, or must not, be in
// the text; nothing is known of the others.
func (s *sample) snippets() {
	n := 0
	for i, text := range s.texts {
		s.label[i] = -1
		for _, w := range s.g.With {
			if w = strings.TrimSpace(w); len(w) > 3 && strings.Contains(text, w) {
				s.label[i] = 1
			}
		}
		for _, w := range s.g.Without {
			if w = strings.TrimSpace(w); len(w) > 3 && strings.Contains(text, w) {
				s.label[i] = 0
			}
		}
		if s.label[i] >= 0 {
			n++
		}
	}
	for i := range s.label {
		if s.label[i] >= 0 {
			s.weight[i] = 0.5 / float64(n)
		}
	}
}

// f1 scores the blocks that keep holds.
func (s *sample) f1(keep []bool) float64 {
	var got []string
	for i, w := range s.words {
		if keep[i] {
			got = append(got, w...)
		}
	}
	return wordF1(got, s.gold)
}

// oracle is the F1 of the blocks whose label is over a half.
func (s *sample) oracle() float64 {
	keep := make([]bool, len(s.words))
	for i, l := range s.label {
		keep[i] = l > 0.5
	}
	return s.f1(keep)
}

var quick = forest.Params{Trees: 150, Leaves: 24, Rate: 0.1, MinWeight: 0.05, Lambda: 0.5, Rows: 0.7, Cols: 0.4, Seed: 1}

func rowsOf(samples []*sample, use func(*sample) bool) forest.Data {
	d := forest.Data{Columns: make([][]int16, samples[0].width)}
	for k, s := range samples {
		if !use(s) {
			continue
		}
		for i, l := range s.label {
			if l < 0 || s.weight[i] == 0 {
				continue
			}
			for c, v := range s.rows[i*s.width : (i+1)*s.width] {
				d.Columns[c] = append(d.Columns[c], v)
			}
			d.Target = append(d.Target, l)
			d.Weight = append(d.Weight, s.weight[i])
			d.Group = append(d.Group, int32(k))
		}
	}
	return d
}

func (s *sample) scores(f *forest.Forest) []int32 {
	out := make([]int32, len(s.words))
	for i := range out {
		out[i] = f.Score(s.rows[i*s.width : (i+1)*s.width])
	}
	return out
}

func (s *sample) pick(scores []int32) []bool {
	x := &Extractor{}
	for _, w := range s.words {
		x.blocks = append(x.blocks, block{count: counts{words: int32(len(w))}})
	}
	x.choose(scores)
	return x.keep
}

func samplesOf(t testing.TB, tuneOnly bool) []*sample {
	x, err := New(Params{MaxBytes: 1 << 30, MaxNodes: 1 << 30, MaxBlocks: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	var out []*sample
	for _, set := range sets {
		for _, g := range loadSet(t, set) {
			if g.tune() || !tuneOnly {
				out = append(out, measure(t, x, g))
			}
		}
	}
	return out
}

func TestExperiment(t *testing.T) {
	if !*trainFlag {
		t.Skip("trains a model; run with -train")
	}
	ss := samplesOf(t, true)
	t.Logf("%d pages, width %d", len(ss), ss[0].width)
	const folds = 3
	res := map[string][]float64{}
	add := func(k string, v float64) { res[k] = append(res[k], v) }
	for k := range folds {
		d := rowsOf(ss, func(s *sample) bool { return s.g.fold(folds) != k })
		t.Logf("fold %d: %d rows", k, len(d.Target))
		f := forest.Train(d, quick)
		for _, s := range ss {
			if s.g.fold(folds) == k && s.g.full() {
				set := strings.TrimSuffix(strings.TrimSuffix(s.g.set, "-a"), "-b")
				v := s.f1(s.pick(s.scores(f)))
				add(set, v)
				add(set+" oracle", s.oracle())
				all := make([]bool, len(s.words))
				for i := range all {
					all[i] = true
				}
				add(set+" all", s.f1(all))
				if s.g.PageType != "" {
					add(set+" "+s.g.PageType, v)
					add(set+" "+s.g.PageType+" oracle", s.oracle())
				}
			}
		}
	}
	var keys []string
	for k := range res {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out strings.Builder
	for _, k := range keys {
		sum := 0.0
		for _, v := range res[k] {
			sum += v
		}
		fmt.Fprintf(&out, "%-40s %4d %.4f\n", k, len(res[k]), sum/float64(len(res[k])))
	}
	t.Log("\n" + out.String())
}

var _ = feilun.Keep
