package extract

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// snippetCounts counts the strings that must be and are, must be and are not,
// and must not be but are in text, white space collapsed as the scorer does.
func (g *gold) snippetCounts(text string) (tp, fn, fp int) {
	text = strings.Join(strings.Fields(text), " ")
	for _, w := range g.With {
		if strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			tp++
		} else {
			fn++
		}
	}
	for _, w := range g.Without {
		if strings.Contains(text, strings.Join(strings.Fields(w), " ")) {
			fp++
		}
	}
	return tp, fn, fp
}

// floors are a little below what the unseen halves reached, by set: word F1, or
// snippet F1 where there is no full text. That of dragnet, whose answers hold readers' comments, was 0.90 before comments were left out.
var floors = map[string]float64{
	"cleaneval": 0.93, "cleaneval-dev": 0.93, "cleanportaleval": 0.93, "dragnet": 0.87, "scrapinghub": 0.945,
	"trafilatura": 0.90, "wcxb-dev": 0.82, "zh-handmade": 0.855,
}

// TestHalves prints word F1 (macro mean over pages) and snippet F1 by set, for
// the half the model was tuned on and the half it never saw, and holds the
// unseen halves to floors a little below what was reached.
func TestHalves(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 1,300 pages")
	}
	x, err := New(usual(t))
	if err != nil {
		t.Fatal(err)
	}
	type figure struct {
		n, pages   int
		f1         float64
		tp, fn, fp int
		typed      int
	}
	got := map[string]*[3]figure{}
	for _, set := range sets {
		for _, g := range loadSet(t, set) {
			d := g.doc()
			x.Page(d)
			half := 1
			if g.tune() {
				half = 0
			}
			name := strings.TrimSuffix(strings.TrimSuffix(set, "-a"), "-b")
			names := []string{name}
			if g.PageType != "" {
				names = append(names, name+" "+g.PageType)
			}
			for _, n := range names {
				if got[n] == nil {
					got[n] = &[3]figure{}
				}
				for _, h := range []int{half, 2} {
					f := &got[n][h]
					f.pages++
					if g.full() {
						f.n++
						f.f1 += wordF1(words(d.Text), words(g.Text))
					}
					if g.PageType != "" && d.Layout.Type == typeName(g.PageType) {
						f.typed++
					}
					tp, fn, fp := g.snippetCounts(d.Text)
					f.tp, f.fn, f.fp = f.tp+tp, f.fn+fn, f.fp+fp
				}
			}
		}
	}
	var names []string
	for n := range got {
		names = append(names, n)
	}
	slices.Sort(names)
	var out strings.Builder
	for _, n := range names {
		fmt.Fprintf(&out, "%-26s", n)
		for h, half := range []string{"tuned", "unseen", "all"} {
			f := &got[n][h]
			fmt.Fprintf(&out, "  %s %3d", half, f.pages)
			if f.n > 0 {
				fmt.Fprintf(&out, " F1 %.4f", f.f1/float64(f.n))
			}
			if f.tp > 0 {
				fmt.Fprintf(&out, " snippets %.4f", 2*float64(f.tp)/float64(2*f.tp+f.fn+f.fp))
			}
		}
		if f := &got[n][1]; f.typed > 0 {
			fmt.Fprintf(&out, "  types of unseen right %d of %d", f.typed, f.pages)
		}
		out.WriteByte('\n')
	}
	t.Log("\n" + out.String())
	for set, floor := range floors {
		f := &got[set][1]
		v := f.f1 / float64(max(1, f.n))
		if f.n == 0 {
			v = 2 * float64(f.tp) / float64(2*f.tp+f.fn+f.fp)
		}
		if v < floor {
			t.Errorf("%s: unseen half reaches %.4f, want at least %.3f", set, v, floor)
		}
	}
}
