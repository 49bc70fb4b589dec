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

	"github.com/zeebo/xxh3"

	"feilun"
	"feilun/internal/testkit"
)

var (
	trainKinds = flag.String("train", "", "train the weights of page kinds anew, with good pages of this folder (go test ./pipeline -run TestKindPages -kinds DIR), and write kinds.bin")
	foldKinds  = flag.String("fold", "", "only print what is found of batches (all, or one) that were held out")
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

// A goodSet is the real good pages by part: fit trains, tune (a quarter) is
// held out while batches are, report is looked at in the end.
func goodSet(t testing.TB) map[string][]kindPage {
	files, _ := filepath.Glob(filepath.Join(*trainKinds, "*.jsonl"))
	if len(files) == 0 {
		t.Fatalf("%s holds no good pages", *trainKinds)
	}
	sets := map[string][]kindPage{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range kindLines(t, b) {
			part := p.Batch
			if part == "fit" && xxh3.HashString(p.URL)%4 == 0 {
				part = "tune"
			}
			key := part + " " + strings.TrimSuffix(filepath.Base(name), ".jsonl")
			if part == "plain" {
				key = "fit plain"
			}
			sets[key] = append(sets[key], p)
		}
	}
	return sets
}

// An example is a page as features, with its kind or -1.
type example struct {
	slots []uint16
	ends  [partCount]int
	said  []uint16
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
		if p.Batch == "fit" || p.Batch == "plain" {
			continue
		}
		if p.Batch != "rules" {
			d := p.doc()
			d.Frame, d.Layout = "", feilun.Layout{}
			add(d, kind, 0.3*w)
		}
		if p.Title != "" {
			d := p.doc()
			d.Title = ""
			add(d, kind, 0.3*w)
		}
	}
	return all
}

const (
	kindRounds = 30
	kindRate   = 0.15
	kindDecay  = 1e-4
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
	for range kindRounds {
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
			said, best := []uint16(nil), 0.0
			for i, end := range e.stops {
				from := int32(0)
				if i > 0 {
					from = e.stops[i-1]
				}
				line := 0.0
				for _, s := range e.said[from:end] {
					line += w[s]
				}
				if line *= saidScale(int(end - from)); line > best && kind != kindStuffed {
					said, best = e.said[from:end], line
				}
			}
			sum += best
			y, weight := 0.0, e.w
			if e.kind == kind {
				y, weight = 1, e.w*math.Sqrt(neg/pos)
			}
			d := (1/(1+math.Exp(-sum)) - y) * weight
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
				g := d*saidScale(len(said)) + kindDecay*w[s]
				g2[s] += g * g
				w[s] -= kindRate * g / math.Sqrt(g2[s]+1e-3)
			}
		}
	}
	return w
}

// kindTable trains all kinds.
func kindTable(all []example) []byte {
	out := make([]byte, kindCount*kindSlots)
	var wg sync.WaitGroup
	for k := range kindCount {
		wg.Go(func() {
			for s, w := range fitKind(all, k) {
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

var kindLimits = []float64{0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5}

// report prints how many pages of each kind exceed each limit.
func report(t *testing.T, name string, table []byte, pages []kindPage, show float64) {
	over, total := map[string][]int{}, map[string]int{}
	for i, s := range scoresOf(table, pages) {
		p := pages[i]
		top := slices.Max(s[:])
		total[p.Kind]++
		if over[p.Kind] == nil {
			over[p.Kind] = make([]int, len(kindLimits))
		}
		for l, limit := range kindLimits {
			if top > limit {
				over[p.Kind][l]++
			}
		}
		if show > 0 && (top > show) != (p.Kind != "good") {
			t.Logf("WRONG %s %s %.2v %q %.90q", p.Kind, p.ID, s, p.Title, p.Text)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%-16s %-8s %4d pages, over %v: %v", name, kind, total[kind], kindLimits, over[kind])
	}
}

// TestTrainKinds trains the weights and writes them; with -fold it trains on
// all batches but one and prints what that finds of the one.
func TestTrainKinds(t *testing.T) {
	if *trainKinds == "" {
		t.Skip("-train is not set")
	}
	sets, written := goodSet(t), writtenKinds(t)
	show := 0.0
	if os.Getenv("SHOW") != "" {
		show = 0.07
	}
	var fit []kindPage
	for _, key := range slices.Sorted(maps.Keys(sets)) {
		if strings.HasPrefix(key, "fit ") {
			fit = append(fit, sets[key]...)
		}
	}
	batches := map[string]bool{}
	for _, p := range written {
		batches[p.Batch] = true
	}
	for _, batch := range slices.Sorted(maps.Keys(batches)) {
		if *foldKinds != "all" && *foldKinds != batch {
			continue
		}
		var train, test []kindPage
		for _, p := range written {
			if p.Batch == batch {
				test = append(test, p)
			} else {
				train = append(train, p)
			}
		}
		table := kindTable(examples(append(train, fit...)))
		report(t, "without "+batch, table, test, show)
		for key, pages := range sets {
			if strings.HasPrefix(key, "tune") {
				report(t, key, table, pages, show)
			}
		}
	}
	if *foldKinds != "" {
		return
	}
	for _, key := range []string{"tune docs", "tune realweb", "tune sets"} {
		fit = append(fit, sets[key]...)
	}
	table := kindTable(examples(append(written, fit...)))
	for key, pages := range sets {
		report(t, key, table, pages, 0)
	}
	if err := os.WriteFile("kinds.bin", table, 0o644); err != nil {
		t.Fatal(err)
	}
}
