package quality

import (
	"fmt"
	"math"
	"testing"
)

// TestPercentiles: three tenths of the raw documents are in the head, three
// more in the middle.
func TestPercentiles(t *testing.T) {
	all := made(800)
	m, err := Train(t.Context(), "perplexity", all, small(t))
	if err != nil {
		t.Fatal(err)
	}
	h := m.header.Perplexity
	head, middle, raw := 0, 0, 0
	for _, e := range all {
		if e.Positive {
			continue
		}
		raw++
		if v, _ := m.Perplexity(e.Doc); v < h.Head {
			head++
		} else if v < h.Middle {
			middle++
		}
	}
	if a, b := share(head, raw), share(middle, raw); math.Abs(a-.3) > .04 || math.Abs(b-.3) > .04 {
		t.Errorf("of %d raw documents %.3f are in the head and %.3f in the middle", raw, a, b)
	}
}

// TestHeldOutIsUnseen: what the held-out documents say changes no score.
func TestHeldOutIsUnseen(t *testing.T) {
	all := made(200)
	p := small(t)
	p.Models = []string{insideName}
	dealt, err := newTraining(t.Context(), all, p)
	if err != nil {
		t.Fatal(err)
	}
	var other []Example
	for i, e := range dealt.examples {
		d := *e.Doc
		if dealt.fold[i] == 0 {
			d.Text = fmt.Sprint("nothing of the kind, said for the first time ", i)
		}
		other = append(other, Example{&d, e.Positive})
	}
	for _, kind := range KindNames() {
		a, err := Train(t.Context(), kind, all, p)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Train(t.Context(), kind, other, p)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range dealt.examples {
			if x, y := a.Score(e.Doc), b.Score(e.Doc); x != y {
				t.Errorf("%s: document %d of part %d scores %v, with other held-out documents %v", kind, i, dealt.fold[i], x, y)
				break
			}
		}
	}
}

// TestTreesSeeUnseenScores: trees learn from scores of the gpt3 model inside by
// weights that were not fitted to the document's host.
func TestTreesSeeUnseenScores(t *testing.T) {
	dealt, err := newTraining(t.Context(), made(100), small(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &signals{m: newMeasurer()}
	s.Columns = signalNames()
	_, odds, err := s.trainInside(dealt)
	if err != nil {
		t.Fatal(err)
	}
	column := s.rows(dealt, odds)[signalCount]
	same := 0
	for i, e := range dealt.examples {
		own := odds16(s.inside.logit(e.Doc.Text))
		if want := odds16(odds[i]); dealt.fold[i] != 0 && column[i] != want || dealt.fold[i] == 0 && column[i] != own {
			t.Errorf("document %d of part %d: column %d, unseen %d, own %d", i, dealt.fold[i], column[i], want, own)
		}
		if dealt.fold[i] != 0 && column[i] == own {
			same++
		}
	}
	if same > len(column)/2 {
		t.Errorf("%d of %d scores are those of weights fitted to the document", same, len(column))
	}
}
