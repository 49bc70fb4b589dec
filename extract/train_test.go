package extract

import (
	"flag"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"testing"

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
	ctx    context
	groups int
	rows2  []int16
	width2 int
	texts  []string
	tags   []string
}

func measure(t testing.TB, x *Extractor, g *gold) *sample {
	d := g.doc()
	x.read(d)
	s := &sample{g: g, rows: slices.Clone(x.rows), width: x.width, gold: words(g.Text)}
	for i := range x.blocks {
		b := &x.blocks[i]
		s.texts = append(s.texts, string(x.buf[b.from:b.to]))
		s.words = append(s.words, words(s.texts[i]))
		s.tags = append(s.tags, b.tag.String())
	}
	s.ctx = context{rings: slices.Clone(x.context.rings), group: slices.Clone(x.context.group), words: slices.Clone(x.context.words)}
	s.groups = len(x.table)
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

func rowsOf(samples []*sample, second bool, use func(*sample) bool) forest.Data {
	d := forest.Data{Columns: make([][]int16, samples[0].width)}
	if second {
		d.Columns = make([][]int16, samples[0].width+contextWidth)
	}
	for k, s := range samples {
		if !use(s) {
			continue
		}
		for i, l := range s.label {
			if l < 0 || s.weight[i] == 0 {
				continue
			}
			for c, v := range s.row(i, second) {
				d.Columns[c] = append(d.Columns[c], v)
			}
			d.Target = append(d.Target, l)
			d.Weight = append(d.Weight, s.weight[i])
			d.Group = append(d.Group, int32(k))
		}
	}
	return d
}

// row returns the columns of block i; for the second forest, with the context
// of the first one's scores.
func (s *sample) row(i int, second bool) []int16 {
	r := s.rows[i*s.width : (i+1)*s.width : (i+1)*s.width]
	if second {
		return s.ctx.columns(r, i)
	}
	return r
}

func (s *sample) scores(f *forest.Forest, second bool) []int32 {
	out := make([]int32, len(s.words))
	for i := range out {
		out[i] = f.Score(s.row(i, second))
	}
	return out
}

// hear sets the first forest's scores as context.
func (s *sample) hear(scores []int32) {
	s.ctx.scores = scores
	s.ctx.sumUp(s.groups)
}

// A pair is the two forests, the second of which hears the first.
type pair struct{ first, second *forest.Forest }

const inner = 3

// trainPair trains on the samples that use admits. The second forest learns
// from scores that the first one gives to pages it was not trained on.
func trainPair(ss []*sample, use func(*sample) bool) pair {
	for k := range inner {
		f := forest.Train(rowsOf(ss, false, func(s *sample) bool { return use(s) && s.g.fold(inner*100)/100 != k }), quick)
		for _, s := range ss {
			if use(s) && s.g.fold(inner*100)/100 == k {
				s.hear(s.scores(f, false))
			}
		}
	}
	var p pair
	p.first = forest.Train(rowsOf(ss, false, use), quick)
	p.second = forest.Train(rowsOf(ss, true, use), quick)
	return p
}

func (p pair) keep(s *sample) []bool {
	s.hear(s.scores(p.first, false))
	return s.pick(s.scores(p.second, true))
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

// A tally collects figures by name.
type tally map[string][]float64

func (t tally) add(s *sample, keep []bool, first []bool) {
	set := strings.TrimSuffix(strings.TrimSuffix(s.g.set, "-a"), "-b")
	names := []string{set}
	if s.g.PageType != "" {
		names = append(names, set+" "+s.g.PageType)
	}
	for _, n := range names {
		t[n+" | two"] = append(t[n+" | two"], s.f1(keep))
		t[n+" | one"] = append(t[n+" | one"], s.f1(first))
		t[n+" | best labels"] = append(t[n+" | best labels"], s.oracle())
	}
}

func (t tally) String() string {
	var out strings.Builder
	for _, k := range slices.Sorted(maps.Keys(t)) {
		sum := 0.0
		for _, v := range t[k] {
			sum += v
		}
		fmt.Fprintf(&out, "%-45s %4d %.4f\n", k, len(t[k]), sum/float64(len(t[k])))
	}
	return out.String()
}

func TestExperiment(t *testing.T) {
	if !*trainFlag {
		t.Skip("trains a model; run with -train")
	}
	ss := samplesOf(t, true)
	res := tally{}
	for k := range *foldsFlag {
		p := trainPair(ss, func(s *sample) bool { return s.g.fold(3) != k })
		for _, s := range ss {
			if s.g.fold(3) == k && s.g.full() {
				two := slices.Clone(p.keep(s))
				one := slices.Clone(s.pick(s.ctx.scores))
				res.add(s, two, one)
				if *showFlag != "" && strings.HasPrefix(s.g.set, *showFlag) {
					s.show(t, two)
				}
			}
		}
	}
	t.Log("\n" + res.String())
}

var (
	showFlag  = flag.String("show", "", "set whose worst pages are printed")
	foldsFlag = flag.Int("folds", 3, "folds to run")
)

// show prints the blocks that the model and the labels disagree on.
func (s *sample) show(t *testing.T, keep []bool) {
	f, o := s.f1(keep), s.oracle()
	if f > 0.9 && o > 0.95 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "PAGE %s/%s %s f1 %.3f oracle %.3f gold %d: %.200q\n", s.g.set, s.g.ID, s.g.PageType, f, o, len(s.gold), s.g.Text)
	n := 0
	for i := range keep {
		if keep[i] != (s.label[i] > 0.5) || s.label[i] > 0.1 && s.label[i] < 0.9 {
			if n++; n < 25 {
				fmt.Fprintf(&b, "   keep %v label %.2f words %d tag %v: %.100q\n", keep[i], s.label[i], len(s.words[i]), s.tags[i], s.texts[i])
			}
		}
	}
	t.Log(b.String())
}
