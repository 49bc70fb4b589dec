package filter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zeebo/xxh3"

	"feilun"
	"feilun/internal/testkit"
)

var (
	trainKinds = flag.Bool("train", false, "train the weights of page kinds anew and write kinds.bin")
	goodPages  = flag.String("good", "", "folder with JSON lines of good pages (*.jsonl), as bench/kinds writes them")
)

// A kindPage is one page of testdata/kinds.jsonl.zst or of the folder of good pages.
type kindPage struct {
	ID, Kind, Lang, URL, Title, Text, Frame string
	Layout                                  feilun.Layout
}

func (p *kindPage) doc() *feilun.Doc {
	return &feilun.Doc{URL: p.URL, Title: p.Title, Text: p.Text, Frame: p.Frame, Layout: p.Layout}
}

func writtenKinds(t testing.TB) []kindPage {
	return kindLines(t, testkit.ReadZstd(t, "testdata/kinds.jsonl.zst"))
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

// goodSet reads real good pages; part of a page is 0 (trained on), 1 (sets
// thresholds) or 2 and 3 (reported).
func goodSet(t testing.TB) (part [3][]kindPage) {
	if *goodPages == "" {
		t.Skip("-good names no folder of good pages")
	}
	files, _ := filepath.Glob(filepath.Join(*goodPages, "*.jsonl"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range kindLines(t, b) {
			i := xxh3.HashString(p.URL) % 4
			part[min(i, 2)] = append(part[min(i, 2)], p)
		}
	}
	return part
}

var kindNames = []string{"soft404", "parked", "stuffed", "mirror"}

// An example is a page as features, with its kind or -1.
type example struct {
	slots []uint16
	kind  int
	w     float64
}

// examples turns pages into examples: as they are, without what stands around,
// and, so that shells are no evidence, good texts in the shells of bad pages.
func examples(pages, good []kindPage) (all []example) {
	rng := rand.New(rand.NewSource(5))
	var r kindReader
	add := func(d *feilun.Doc, kind int, w float64) {
		r.read(d)
		all = append(all, example{slices.Clone(r.slots), kind, w})
	}
	shell := shellLines(pages)
	for _, p := range pages {
		kind := slices.Index(kindNames, p.Kind)
		d := p.doc()
		add(d, kind, 1)
		d = p.doc()
		d.Frame, d.Layout = "", feilun.Layout{}
		add(d, kind, 0.5)
		d = p.doc()
		d.Title = ""
		add(d, kind, 0.5)
		if keep := without(p.Text, shell, false); keep != "" {
			d = &feilun.Doc{Title: p.Title, Text: keep, Layout: p.Layout, Frame: without(p.Frame, shell, false)}
			add(d, kind, 0.5)
		}
		if len(good) > 0 && p.Frame != "" { // a good text in the same shell
			g := good[rng.Intn(len(good))]
			text := cutText(g.Text, 60+rng.Intn(900))
			if menu := without(p.Text, shell, true); menu != "" {
				text = menu + text
			}
			add(&feilun.Doc{Title: g.Title, Text: text, Frame: without(p.Frame, shell, true), Layout: p.Layout}, -1, 1)
		}
	}
	for _, p := range good {
		add(p.doc(), -1, 1)
	}
	return all
}

// shellLines returns the lines that stand on pages of two kinds.
func shellLines(pages []kindPage) map[string]bool {
	first, shell := map[string]string{}, map[string]bool{}
	for _, p := range pages {
		for line := range strings.SplitSeq(p.Frame+"\n"+p.Text, "\n") {
			if k, ok := first[line]; ok && k != p.Kind {
				shell[line] = true
			} else {
				first[line] = p.Kind
			}
		}
	}
	return shell
}

func without(text string, shell map[string]bool, keep bool) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if shell[line] == keep {
			b.WriteString(line + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}

// fitKind fits logistic weights of one kind against good pages by AdaGrad with
// L2 decay.
func fitKind(all []example, kind int) []float64 {
	rng := rand.New(rand.NewSource(int64(7 + kind)))
	w, g2 := make([]float64, kindSlots), make([]float64, kindSlots)
	var rows []example
	pos, neg := 0.0, 0.0
	for _, e := range all {
		if e.kind == kind {
			pos += e.w
		} else if e.kind < 0 {
			neg += e.w
		} else {
			continue
		}
		rows = append(rows, e)
	}
	for range 14 {
		rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		for _, e := range rows {
			sum, y, weight := 0.0, 0.0, e.w
			for _, s := range e.slots {
				sum += w[s]
			}
			if e.kind == kind {
				y, weight = 1, e.w*math.Sqrt(neg/pos)
			}
			d := (1/(1+math.Exp(-sum)) - y) * weight
			for _, s := range e.slots {
				g := d + 1e-4*w[s]
				g2[s] += g * g
				w[s] -= 0.06 * g / math.Sqrt(g2[s]+0.5)
			}
		}
	}
	return w
}

func kindTable(all []example) []byte {
	out := make([]byte, 0, kindCount*kindSlots)
	for k := range kindCount {
		for _, w := range fitKind(all, k) {
			out = append(out, byte(int8(max(-127, min(127, math.Round(w/kindScale))))))
		}
	}
	return out
}

func kindScore(table []byte, slots []uint16, kind int) float64 {
	sum := 0
	for _, s := range slots {
		sum += int(int8(table[kind*kindSlots+int(s)]))
	}
	return 1 / (1 + math.Exp(-float64(sum)*kindScale))
}

func scoresOf(table []byte, pages []kindPage) (scores [][kindCount]float64) {
	var r kindReader
	for _, p := range pages {
		r.read(p.doc())
		var s [kindCount]float64
		for k := range s {
			s[k] = kindScore(table, r.slots, k)
		}
		scores = append(scores, s)
	}
	return scores
}

// spamDocs are the pages of the rules' own tests as training pages.
func spamKinds(t testing.TB) (pages []kindPage) {
	for _, name := range []string{"spam_pages.txt", "ham_pages.txt"} {
		for _, p := range spamPages(t, name) {
			kind := p.kind
			if name == "ham_pages.txt" {
				kind = "good"
			}
			pages = append(pages, kindPage{Kind: kind, Title: p.doc.Title, Text: p.doc.Text})
		}
	}
	return pages
}

// TestTrainKinds trains the weights, prints the recall on pages it was not
// trained on (five folds by page) and what good pages it drops, and writes the
// table.
func TestTrainKinds(t *testing.T) {
	if !*trainKinds {
		t.Skip("-train is not set")
	}
	part := goodSet(t)
	written, own := writtenKinds(t), spamKinds(t)
	rules := spamFilters(t)
	found, total, ruled := map[string]int{}, map[string]int{}, map[string]int{}
	limits := []float64{0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5}
	at := map[float64]map[string]int{}
	for _, l := range limits {
		at[l] = map[string]int{}
	}
	for fold := range 5 {
		var train, test []kindPage
		for i, p := range written {
			if i%5 == fold {
				test = append(test, p)
			} else {
				train = append(train, p)
			}
		}
		table := kindTable(examples(append(train, own...), part[0]))
		for i, s := range scoresOf(table, test) {
			p := test[i]
			total[p.Kind]++
			top := slices.Max(s[:])
			rule := false
			for _, f := range rules {
				rule = rule || !f.Check(p.doc()).Kept()
			}
			if rule {
				ruled[p.Kind]++
			}
			for _, l := range limits {
				if top > l || rule {
					at[l][p.Kind]++
				}
			}
			if top > 0.5 {
				found[p.Kind]++
			} else if p.Kind != "good" && os.Getenv("V") != "" {
				t.Logf("missed %s %.3v %q %.80q", p.ID, s, p.Title, p.Text)
			}
		}
	}
	t.Logf("folds: learned alone at 0.5 %v, rules %v, of %v", found, ruled, total)
	for _, l := range limits {
		t.Logf("folds: rules or learned > %v: %v", l, at[l])
	}
	table := kindTable(examples(append(written, own...), part[0]))
	for n, pages := range part {
		dropped := map[float64]int{}
		by := [kindCount]int{}
		for i, s := range scoresOf(table, pages) {
			for _, l := range limits {
				if slices.Max(s[:]) > l {
					dropped[l]++
				}
			}
			for k, v := range s {
				if v > 0.5 {
					by[k]++
					if n == 1 && os.Getenv("V") != "" {
						t.Logf("good page taken for %s %.2f: %s %q %.60q", kindNames[k], v, pages[i].URL, pages[i].Title, pages[i].Text)
					}
				}
			}
		}
		t.Logf("good pages of part %d: of %d dropped by learned score %v, by kind at 0.5 %v", n, len(pages), dropped, by)
	}
	if err := os.WriteFile("kinds.bin", table, 0o644); err != nil {
		t.Fatal(err)
	}
}
