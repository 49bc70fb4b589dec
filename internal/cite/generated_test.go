package cite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// drawn are n questions of a set, by the hash of their ids, of the half that nothing was tuned on; with -fit of the other.
func drawn(all []*question, n int) (out []*question) {
	want := 1
	if *fit {
		want = 0
	}
	for _, q := range all {
		if s := statement(q.text, q.answers[0]); half(q.doc.title) == want && s != "" && len(Sentences(s)) == 1 {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b *question) int { return cmp.Compare(hash(a.id), hash(b.id)) })
	return out[:min(n, len(out))]
}

// TestGeneratedAnswers has a model of rules answer 200 unseen questions: with the truth, put in the question's words, and
// with what is not true in several ways, each with a citation of the right page, a wrong one, or none. A citation that
// comes out is right when its sentence is true and its bytes hold the answer that the sentence claims.
func TestGeneratedAnswers(t *testing.T) {
	type tally struct{ sentences, cited, right int }
	counts := map[string]*tally{}
	for _, set := range questionSets {
		pages, all := readQuestions(t, set)
		f := newFinder(pages)
		chosen := drawn(all, 50)
		for i, q := range chosen {
			if testing.Short() && i%5 != 0 {
				continue
			}
			s := setOf(f.find(q.text, "", 6), q.text)
			own := slices.IndexFunc(s.Sources, func(src Source) bool { return src.Text == q.doc.text })
			if own < 0 {
				continue // not found: no answer from sources
			}
			wrong := (own + 1) % len(s.Sources)
			other := chosen[(i+len(chosen)/2)%len(chosen)].answers[0]
			said := []struct {
				kind, text, answer string
				n                  int
			}{
				{"true, cited", statement(q.text, q.answers[0]), q.answers[0], own},
				{"true, not cited", statement(q.text, q.answers[0]), q.answers[0], -1},
				{"true, wrong page cited", statement(q.text, q.answers[0]), q.answers[0], wrong},
				{"answer of another page", statement(q.text, other), "", own},
				{"number changed", statement(q.text, renumber(q.answers[0])), "", own},
				{"denied", negate(q.text, q.answers[0]), "", own},
			}
			for _, k := range said {
				if k.text == "" || k.kind == "number changed" && renumber(q.answers[0]) == "" || k.kind == "answer of another page" && strings.Contains(q.doc.text, other) {
					continue
				}
				text := k.text
				if k.n >= 0 {
					text += fmt.Sprintf("[%d]", k.n+1)
				}
				p := collect(NewWriter(s, Prompt{}), text, 1000)
				if counts[k.kind] == nil {
					counts[k.kind] = &tally{}
				}
				c := counts[k.kind]
				c.sentences++
				for _, cit := range p.Citations {
					c.cited++
					src := s.Sources[cit.Source]
					if k.answer != "" && strings.Contains(plain(src.Text[cit.Start-src.Start:cit.End-src.Start]), plain(k.answer)) {
						c.right++
					} else if *fit {
						t.Logf("%s %.2f: %s\n\t%s", k.kind, cit.Support, k.text, src.Text[cit.Start-src.Start:cit.End-src.Start])
					}
				}
			}
		}
	}
	cited, right := 0, 0
	for kind, c := range counts {
		t.Logf("%s: %d sentences, %d citations shown, %d right", kind, c.sentences, c.cited, c.right)
		cited, right = cited+c.cited, right+c.right
	}
	t.Logf("%d citations shown, %d right: %.3f", cited, right, float64(right)/float64(cited))
	if float64(right) < 0.95*float64(cited) && !testing.Short() { // the bar is for all 200
		t.Errorf("only %d of %d citations are right", right, cited)
	}
}
