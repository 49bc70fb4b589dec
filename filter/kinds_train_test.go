package filter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"feilun"
	"feilun/internal/testkit"
)

var (
	kindsFrom = flag.String("train", "", "train the weights of page kinds anew, with good pages of this folder (go test ./pipeline -run TestKindPages -kinds DIR), and write kinds.bin.zst")
	foldKinds = flag.String("fold", "", "only print what is found of batches (all, or one) that were held out")
	leftKinds = flag.String("without", "", "with -train: leave batches out (eighth,ninth), to look at their pages through the whole path; kinds.bin.zst is written without them")
	showKinds = flag.String("show", "", "with -fold: log the pages of a batch and kind, such as seventh or seventh mirror, that are told wrongly")
)

// A kindPage is one page of testdata/kinds*.jsonl.zst or of the folder of good
// pages, as extraction left it.
type kindPage struct {
	ID, Batch, Kind, Lang, URL, Title, Text, Frame string
	Layout                                         feilun.Layout
}

func (p *kindPage) doc() *feilun.Doc {
	return &feilun.Doc{ID: p.ID, URL: p.URL, Title: p.Title, Text: p.Text, Frame: p.Frame, Layout: p.Layout}
}

func kindLines(t testing.TB, b []byte) (pages []kindPage) {
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, 1<<26)
	for sc.Scan() {
		var p kindPage
		if err := json.Unmarshal(sc.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p)
	}
	return pages
}

// writtenKinds are the pages written for this: in shells, by somebody who had
// not seen the rules, and with the rules.
func writtenKinds(t testing.TB) []kindPage {
	pages := kindLines(t, testkit.ReadZstd(t, "testdata/kinds.jsonl.zst"))
	for _, p := range kindLines(t, testkit.ReadZstd(t, "testdata/kinds_others.jsonl.zst")) {
		p.Batch = "others"
		pages = append(pages, p)
	}
	pages = append(pages, kindLines(t, testkit.ReadZstd(t, "testdata/kinds_large.jsonl.zst"))...)
	for _, name := range []string{"spam_pages.txt", "ham_pages.txt"} {
		for _, p := range spamPages(t, name) {
			kind := p.kind
			if name == "ham_pages.txt" {
				kind = "good"
			}
			pages = append(pages, kindPage{Batch: "rules", Kind: kind, Lang: p.script, Title: p.doc.Title, Text: p.doc.Text})
		}
	}
	return pages
}

// A goodSet is the real good pages by part: fit trains, and sets limits where
// it is held out a quarter at a time; report is looked at in the end.
func goodSet(t testing.TB) map[string][]kindPage {
	files, _ := filepath.Glob(filepath.Join(*kindsFrom, "*.jsonl"))
	if len(files) == 0 {
		t.Fatalf("%s holds no good pages", *kindsFrom)
	}
	sets := map[string][]kindPage{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range kindLines(t, b) {
			part := p.Batch
			key := part + " " + strings.TrimSuffix(filepath.Base(name), ".jsonl")
			if part == "plain" || strings.HasPrefix(part, "mixed ") {
				key = "fit plain"
			}
			sets[key] = append(sets[key], p)
		}
	}
	return sets
}

// An example is a page as features, with its kind or -1.
type example struct {
	slots []uint32
	ends  [partCount]int
	said  []uint32
	stops []int32
	kind  int
	w     float64
}

// examples turns pages into examples: as they are, without what stands around,
// and without their title.
func examples(pages []kindPage) (all []example) {
	var r kindReader
	add := func(d *feilun.Doc, kind int, w float64) {
		r.read(d)
		all = append(all, example{slices.Clone(r.slots), r.ends, slices.Clone(r.said), slices.Clone(r.stops), kind, w})
	}
	for _, p := range pages {
		kind, w := slices.Index(kindNames[:], p.Kind), 1.0
		add(p.doc(), kind, w)
		if strings.Contains(p.Text, "，") {
			d := p.doc()
			d.Text = asciiMarks.Replace(d.Text)
			add(d, kind, 0.2*w)
		}
		if p.Title != "" {
			d := p.doc()
			d.Title = ""
			add(d, kind, 0.3*w)
		}
	}
	return all
}

// asciiMarks writes Chinese as some typists and databases do.
var asciiMarks = strings.NewReplacer("，", ",", "。", ".", "：", ":", "；", ";", "（", "(", "）", ")", "、", ",")

const (
	kindRounds = 24
	kindRate   = 0.2
	kindDecay  = 1e-3
	kindSure   = 5e-4 // pages told so well teach nothing
)

// fitKind fits logistic weights of one kind against good pages by AdaGrad with
// L2 decay.
func fitKind(all []example, kind int) []float64 {
	rng := rand.New(rand.NewSource(int64(7 + kind)))
	w, g2 := make([]float64, kindSlots), make([]float64, kindSlots)
	var rows []example
	pos, neg := 0.0, 0.0
	for _, e := range all {
		switch {
		case e.kind == kind:
			pos += e.w
		case e.kind < 0:
			neg += e.w
		default:
			continue
		}
		rows = append(rows, e)
	}
	mean := make([]float64, kindSlots)
	for round := range kindRounds {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, e := range rows {
			var scale [partCount]float64
			sum, from := 0.0, 0
			for p, end := range e.ends {
				scale[p] = partScale(p, end-from)
				part := 0.0
				for _, s := range e.slots[from:end] {
					part += w[s]
				}
				sum, from = sum+part*scale[p], end
			}
			said, best := []uint32(nil), 0.0
			for i, end := range e.stops {
				from := int32(0)
				if i > 0 {
					from = e.stops[i-1]
				}
				line := 0.0
				for _, s := range e.said[from:end] {
					line += w[s]
				}
				if line *= saidScale(kind, int(end-from)); line > best {
					said, best = e.said[from:end], line
				}
			}
			sum += best
			y, weight := 0.0, e.w
			if e.kind == kind {
				y, weight = 1, e.w*math.Sqrt(neg/pos)
			}
			d := (1/(1+math.Exp(-sum)) - y) * weight
			if math.Abs(d) < kindSure {
				continue
			}
			from = 0
			for p, end := range e.ends {
				for _, s := range e.slots[from:end] {
					g := d*scale[p] + kindDecay*w[s]
					g2[s] += g * g
					w[s] -= kindRate * g / math.Sqrt(g2[s]+1e-3)
				}
				from = end
			}
			for _, s := range said {
				g := d*saidScale(kind, len(said)) + kindDecay*w[s]
				g2[s] += g * g
				w[s] -= kindRate * g / math.Sqrt(g2[s]+1e-3)
			}
		}
		if round >= kindRounds/2 { // the mean of later rounds varies less with the order of pages
			for s, v := range w {
				mean[s] += v / (kindRounds - kindRounds/2)
			}
		}
	}
	return mean
}

// rare tells slots that are met fewer than four times, in parts and sentences, so on about two pages: what
// they tell is chance, and the file grows by half with them.
func rare(all []example) []bool {
	times, few := make([]int, kindSlots), make([]bool, kindSlots)
	for _, e := range all {
		if e.w < 1 {
			continue
		}
		for _, s := range e.slots {
			times[s]++
		}
		for _, s := range e.said {
			times[s]++
		}
	}
	for s, n := range times {
		few[s] = n < 4
	}
	return few
}

// trainKinds trains all kinds.
func trainKinds(all []example) []byte {
	few := rare(all)
	out := make([]byte, kindCount*kindSlots)
	var wg sync.WaitGroup
	for k := range kindCount {
		wg.Go(func() {
			for s, w := range fitKind(all, k) {
				if few[s] {
					continue
				}
				out[s*kindCount+k] = byte(int8(max(-127, min(127, math.Round(w/kindStep)))))
			}
		})
	}
	wg.Wait()
	return out
}

func scoresOf(table []byte, pages []kindPage) (scores [][kindCount]float64) {
	var r kindReader
	for _, p := range pages {
		r.read(p.doc())
		scores = append(scores, r.scores(string(table)))
	}
	return scores
}

var kindLimits = [13]float64{0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5}

// A scored page is one that the weights it was scored by were not trained on.
type scored struct {
	set   string
	page  kindPage
	score [kindCount]float64
}

// sourceOf names the set or host a good page is from, so that whole sources
// can be held out.
func sourceOf(p *kindPage) string {
	if host := strings.TrimPrefix(p.ID, "http"); host != p.ID {
		return strings.Split(host, "/")[2]
	}
	if name, _, ok := strings.Cut(p.ID, "/"); ok && !strings.HasPrefix(p.ID, "wet ") {
		return name
	}
	return strings.TrimRight(strings.SplitN(p.ID, " ", 2)[0], "0123456789")
}

// held trains on all but one batch of written pages and a quarter of the real
// ones and scores these.
func held(written, fit []kindPage, batch string, quarter int) (out []scored) {
	var train, test []kindPage
	for _, p := range written {
		if p.Batch == batch {
			test = append(test, p)
		} else {
			train = append(train, p)
		}
	}
	for _, p := range fit {
		if p.Batch == "mixed "+batch {
			continue
		}
		if int(xxh3.HashString(sourceOf(&p))%4) == quarter && p.Kind == "good" {
			test = append(test, p)
		} else {
			train = append(train, p)
		}
	}
	table := trainKinds(examples(train))
	for i, s := range scoresOf(table, test) {
		set := "real"
		if test[i].Batch == batch {
			set = batch
		} else if test[i].Batch == "plain" {
			set = "plain"
		} else if set == "real" {
			set = "real " + sourceOf(&test[i])
		}
		out = append(out, scored{set, test[i], s})
	}
	return out
}

// report prints, for each set and kind of page, how many pages exceed each
// limit by the score of each kind and by any.
func report(t *testing.T, all []scored) {
	over, total := map[string]*[13]int{}, map[string]int{}
	for _, s := range all {
		top := slices.Max(s.score[:])
		add := func(key string, score float64) {
			if over[key] == nil {
				over[key] = new([13]int)
			}
			total[key]++
			for l, limit := range kindLimits {
				if score > limit {
					over[key][l]++
				}
			}
		}
		key := s.set + " " + s.page.Kind
		add(key, top)
		if strings.HasPrefix(key, "real") {
			if s.page.Layout.Visible > 0 {
				add("pages", top)
				for k, name := range kindNames {
					add("pages as "+name, s.score[k])
				}
			}
			add("real", top)
			for k, name := range kindNames {
				add("real as "+name, s.score[k])
			}
			continue
		}
		if s.page.Kind == "good" {
			for k, name := range kindNames {
				add(key+" as "+name, s.score[k])
			}
		}
	}
	t.Logf("%-28s %5s %v", "over", "pages", kindLimits)
	for _, key := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-28s %5d %v", key, total[key], *over[key])
	}
}

// TestTrainKinds trains the weights and writes them; with -fold it trains on
// all batches but one and prints what that finds of the one.
func TestTrainKinds(t *testing.T) {
	if *kindsFrom == "" {
		t.Skip("-train is not set")
	}
	sets, written := goodSet(t), writtenKinds(t)
	var fit []kindPage
	var reported []scored
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		if strings.HasPrefix(key, "fit ") {
			fit = append(fit, sets[key]...)
		}
	}
	if *foldKinds != "" {
		var all []scored
		for i, batch := range []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "others", "rules"} {
			if *foldKinds == "all" || *foldKinds == batch {
				all = append(all, held(written, fit, batch, i%4)...)
			}
		}
		report(t, all)
		if *showKinds != "" {
			for _, s := range all {
				if top := slices.Max(s.score[:]); (top > 0.05) != (s.page.Kind != "good") && strings.HasPrefix(s.set+" "+s.page.Kind, *showKinds) {
					t.Logf("WRONG %s %s %s %.2v %q %.100q", s.set, s.page.Kind, s.page.ID, s.score, s.page.Title, s.page.Text)
				}
			}
		}
		return
	}
	for batch := range strings.FieldsFuncSeq(*leftKinds, func(r rune) bool { return r == ',' }) {
		of := func(p kindPage) bool { return p.Batch == batch || p.Batch == "mixed "+batch }
		written, fit = slices.DeleteFunc(written, of), slices.DeleteFunc(fit, of)
	}
	table := trainKinds(examples(append(written, fit...)))
	for key, pages := range sets {
		for i, s := range scoresOf(table, pages) {
			reported = append(reported, scored{key, pages[i], s})
		}
	}
	for i, s := range scoresOf(table, written) {
		reported = append(reported, scored{written[i].Batch, written[i], s})
	}
	report(t, reported)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("kinds.bin.zst", z.EncodeAll(table, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}
