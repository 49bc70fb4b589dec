package cite

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
)

// A finder is a small search over pages, so that questions meet pages which look like theirs.
type finder struct {
	pages []*page
	facts []*facts
	df    map[string]int
}

func newFinder(pages []*page) *finder {
	f := &finder{pages: pages, df: map[string]int{}}
	for _, p := range pages {
		r := read(strings.ReplaceAll(p.title, "_", " ") + "\n" + p.text)
		for k := range r.keys {
			f.df[k]++
		}
		f.facts = append(f.facts, r)
	}
	return f
}

// find returns the k pages that share most with a question, but those of title without.
func (f *finder) find(question, without string, k int) []*page {
	type scored struct {
		p *page
		v float64
	}
	q := read(question)
	var all []scored
	for i, p := range f.pages {
		if p.title == without {
			continue
		}
		v := 0.0
		for _, t := range q.terms {
			if f.facts[i].keys[t.key] {
				v += t.weight * math.Log(1+float64(len(f.pages))/float64(f.df[t.key]))
			}
		}
		all = append(all, scored{p, v})
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Compare(b.v, a.v) })
	var out []*page
	for _, s := range all[:min(k, len(all))] {
		out = append(out, s.p)
	}
	return out
}

func TestFitAnswers(t *testing.T) {
	if !*fit {
		t.Skip("only with -fit")
	}
	var ex []example
	for _, set := range questionSets {
		pages, qs := readQuestions(t, set)
		f := newFinder(pages)
		n := 0
		for _, q := range qs {
			if half(q.doc.title) != 0 || n >= 250 {
				continue
			}
			n++
			for _, without := range []string{"", q.doc.title} {
				s := setOf(f.find(q.text, without, 5), q.text)
				focus := focusOf(q.text)
				for i := range s.units {
					u := &s.units[i]
					x := s.answerFeatures(i, focus)
					y := without == "" && s.Sources[u.source].Text == q.doc.text && holds(u.text, q.answers)
					ex = append(ex, example{x[:], y, 1})
				}
			}
		}
	}
	t.Logf("%d sentences", len(ex))
	t.Logf("%.3f", logistic(ex))
}

// holds reports whether a sentence has an answer in it, or is a part of one that takes several sentences.
func holds(text string, answers []string) bool {
	text = plain(text)
	return slices.ContainsFunc(answers, func(a string) bool {
		a = plain(a)
		return a != "" && (strings.Contains(text, a) || len(text) >= 24 && strings.Contains(a, text))
	})
}

// TestNoHeadings wants sentences quoted, not the title that stands above them again.
func TestNoHeadings(t *testing.T) {
	title, fact := "碧峰博物館", "2006年，幾位退休教師湊錢辦起了碧峰博物館，館址就在梅嶺的老祠堂。"
	s := NewSet([]Source{{Title: title + " - 竹溪", Text: title + "\n\n" + fact}}, "關於碧峰博物館，有什麼資料？")
	quotes := s.Extract(3)
	if len(quotes) != 1 || quotes[0].Text != fact {
		t.Errorf("%v, want the one sentence", quotes)
	}
}
