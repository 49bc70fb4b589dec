package extract

import (
	"encoding/base64"
	"flag"
	"fmt"
	"hash/maphash"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"feilun"
	"feilun/internal/forest"
	"feilun/internal/params"
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
	page   []int16
	texts  []string
	tags   []string
	head   int // block of the headline, or -1
}

func measure(t testing.TB, x *Extractor, g *gold) *sample {
	d := g.doc()
	x.read(d)
	if g.ExpectedHTML != "" {
		x.read(&feilun.Doc{Page: &feilun.Page{Body: []byte(g.ExpectedHTML), ContentType: "text/html; charset=utf-8"}})
		var b strings.Builder
		for i := range x.blocks {
			b.Write(x.buf[x.blocks[i].from:x.blocks[i].to])
			b.WriteByte('\n')
		}
		g.Text = b.String()
		x.read(d)
	}
	s := &sample{g: g, rows: slices.Clone(x.rows), width: x.width, gold: words(g.Text), head: x.headlineBlock(x.title())}
	for i := range x.blocks {
		b := &x.blocks[i]
		s.texts = append(s.texts, string(x.buf[b.from:b.to]))
		s.words = append(s.words, words(s.texts[i]))
		s.tags = append(s.tags, b.tag.String())
	}
	s.page = slices.Clone(x.page)
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
	if s.g.Text == "" && s.g.With != nil {
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
			s.weight[i] = min(s.weight[i], 1) * share(s.g.set)
		}
	}
}

// share is how much a page of a set counts: small sets more, answers of tools
// less.
func share(set string) float64 {
	switch set {
	case "scrapinghub":
		return 2
	case "zh-handmade":
		return 3
	case "dragnet":
		return 0.15
	case "readability", "own":
		return 0.6
	}
	return 1
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

var blockParams = forest.Params{Trees: 240, Leaves: 24, Rate: 0.07, MinWeight: 0.1, Lambda: 0.7, Rows: 0.6, Cols: 0.3, Seed: 1}

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
			for c, v := range s.row(i) {
				d.Columns[c] = append(d.Columns[c], v)
			}
			d.Target = append(d.Target, l)
			d.Weight = append(d.Weight, s.weight[i])
			d.Group = append(d.Group, int32(k))
		}
	}
	return d
}

func (s *sample) row(i int) []int16 { return s.rows[i*s.width : (i+1)*s.width] }

func (s *sample) scores(f *forest.Forest) []int32 {
	out := make([]int32, len(s.words))
	for i := range out {
		out[i] = f.Score(s.row(i))
	}
	return out
}

// pick chooses blocks as the extractor does.
func (s *sample) pick(scores []int32) []bool {
	x := &Extractor{}
	for _, w := range s.words {
		x.blocks = append(x.blocks, block{count: counts{words: int32(len(w))}})
	}
	x.choose(scores)
	return x.keep
}

// usual are the default parameters.
func usual(t testing.TB) (p Params) {
	if err := params.Fill(&p); err != nil {
		t.Fatal(err)
	}
	return p
}

// licensed are the sets whose licence lets weights be trained on them (CC-BY-4.0,
// MIT, Apache-2.0). The sets that state none are only measured.
var licensed = []string{"wcxb-dev-a", "wcxb-dev-b", "scrapinghub", "dragnet", "zh-handmade", "trafilatura", "readability"}

func samplesOf(t testing.TB, tuneOnly bool) []*sample {
	x, err := New(usual(t))
	if err != nil {
		t.Fatal(err)
	}
	var out []*sample
	for _, set := range licensed {
		for _, g := range loadSet(t, set) {
			if g.tune() || !tuneOnly {
				out = append(out, measure(t, x, g))
			}
		}
	}
	for _, g := range ownPages(t) {
		out = append(out, measure(t, x, g))
	}
	return out
}

// A tally collects figures by name.
type tally map[string][]float64

func (t tally) add(s *sample, keep []bool) {
	set := strings.TrimSuffix(strings.TrimSuffix(s.g.set, "-a"), "-b")
	names := []string{set}
	if s.g.PageType != "" {
		names = append(names, set+" "+s.g.PageType)
	}
	for _, n := range names {
		t[n] = append(t[n], s.f1(keep))
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
		f := forest.Train(rowsOf(ss, func(s *sample) bool { return s.g.fold(3) != k }), blockParams)
		for _, s := range ss {
			if s.g.fold(3) == k && s.g.full() {
				keep := s.pick(s.scores(f))
				res.add(s, keep)
				if *showFlag != "" && (*showFlag == "all" || strings.HasPrefix(s.g.set, *showFlag)) {
					s.show(t, keep)
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
	if f > 0.8 && o > 0.9 {
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

// typeParams are small: some 240 pages have a type.
var typeParams = forest.Params{Trees: 40, Leaves: 5, Rate: 0.15, MinWeight: 1, Lambda: 1, Rows: 0.8, Cols: 0.5, Seed: 2}

// newsSets hold next to nothing but articles.
var newsSets = []string{"scrapinghub", "dragnet", "zh-handmade", "trafilatura", "readability", "own"}

func typeData(ss []*sample, name string, use func(*sample) bool) forest.Data {
	d := forest.Data{Columns: make([][]int16, len(ss[0].page))}
	for k, s := range ss {
		kind, weight := typeName(s.g.PageType), 1.0
		if kind == "" && slices.Contains(newsSets, s.g.set) {
			kind, weight = "article", 0.3
		}
		if kind == "" || !use(s) {
			continue
		}
		for c, v := range s.page {
			d.Columns[c] = append(d.Columns[c], v)
		}
		y := 0.0
		if kind == name {
			y = 1
		}
		d.Target, d.Weight, d.Group = append(d.Target, y), append(d.Weight, weight), append(d.Group, int32(k))
	}
	return d
}

// typeName shortens the name of WCXB's documentation pages.
func typeName(s string) string {
	if s == "documentation" {
		return "docs"
	}
	return s
}

// TestTrain writes model_table.go from the tuned halves.
func TestTrain(t *testing.T) {
	if !*trainFlag {
		t.Skip("trains the model; run with -train")
	}
	ss := samplesOf(t, true)
	all := func(*sample) bool { return true }
	var b strings.Builder
	b.WriteString("// Code generated by go test ./extract -run TestTrain -train; DO NOT EDIT.\n\npackage extract\n\n")
	d := rowsOf(ss, all)
	fmt.Fprintf(&b, "// blockForest scores blocks; trained on %d blocks of %d pages.\nconst blockForest = %q\n\n", len(d.Target), len(ss), base64.StdEncoding.EncodeToString(forest.Train(d, blockParams).Pack()))
	h := headData(ss, all)
	fmt.Fprintf(&b, "// headForest scores headlines; trained on %d pages.\nconst headForest = %q\n\n", len(h.Target), base64.StdEncoding.EncodeToString(forest.Train(h, headParams).Pack()))
	b.WriteString("// typeForests score page types, in the order of pageTypes.\nvar typeForests = [...]string{\n")
	for _, name := range pageTypes {
		fmt.Fprintf(&b, "\t%q,\n", base64.StdEncoding.EncodeToString(forest.Train(typeData(ss, name, all), typeParams).Pack()))
	}
	b.WriteString("}\n")
	if err := os.WriteFile("model_table.go", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
