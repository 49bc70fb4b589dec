package quality

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"feilun"
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

// TestPrior: whatever the examples' number, classes weigh what prior says, and
// scores follow it.
func TestPrior(t *testing.T) {
	var all []Example
	for i, e := range made(300) {
		if !e.Positive || i%8 == 0 {
			all = append(all, e)
		}
	}
	var mean [2]float64
	for i, prior := range []float64{0.2, 0.8} {
		p := small(t)
		p.Prior = prior
		dealt, err := newTraining(t.Context(), all, p)
		if err != nil {
			t.Fatal(err)
		}
		var sum [2]float64
		for k, e := range dealt.examples {
			sum[class(e)] += dealt.weight[k]
		}
		if math.Abs(sum[1]-prior) > 1e-9 || math.Abs(sum[0]+prior-1) > 1e-9 {
			t.Errorf("prior %v: negatives weigh %v, positives %v", prior, sum[0], sum[1])
		}
		m, err := Train(t.Context(), "gpt3", all, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			mean[i] += m.Score(e.Doc) / float64(len(all))
		}
	}
	if mean[0] >= mean[1] {
		t.Errorf("mean scores %v and %v with priors of 0.2 and 0.8", mean[0], mean[1])
	}
}

// TestGradient compares the gradient with differences of the objective.
func TestGradient(t *testing.T) {
	x := &matrix{}
	var target, weight []float64
	var rows []int
	for i := range 20 {
		x.add([]uint32{uint32(i % 3), 3}, []float32{float32(i%5) - 1, 0.5})
		target, weight, rows = append(target, float64(i%2)), append(weight, 1+float64(i%4)), append(rows, i)
	}
	l := &logistic{x: x, rows: rows, target: target, weight: weight, lambda: 0.7}
	w, grad, other := []float64{0.3, -1.2, 2, 0.1, -0.4}, make([]float64, 5), make([]float64, 5)
	l.value(w, grad)
	for j := range w {
		const h = 1e-5
		w[j] += h
		up := l.value(w, other)
		w[j] -= 2 * h
		down := l.value(w, other)
		w[j] += h
		if d := (up - down) / (2 * h); math.Abs(d-grad[j]) > 1e-7 {
			t.Errorf("weight %d: gradient %v, difference %v", j, grad[j], d)
		}
	}
}

// TestDigitsOfAllScripts: every digit is a 0 for language models.
func TestDigitsOfAllScripts(t *testing.T) {
	var got []string
	tokens := lineTokens{form: TokensMixed}
	tokens.lines("a1 ١٢ ２ ३", func(line [][]byte) {
		for _, w := range line {
			got = append(got, string(w))
		}
	})
	if want := "a0 00 0 0"; strings.Join(got, " ") != want {
		t.Errorf("tokens %q, want %q", got, want)
	}
}

// TestLineSignals: a line of thirty characters is short, one more is not.
func TestLineSignals(t *testing.T) {
	m := newMeasurer()
	text := strings.Repeat("字", 30) + "\n" + strings.Repeat("a", 31) + ".\n• " + strings.Repeat("b", 40) + "\n\n" + strings.Repeat("字", 30)
	row := m.measure(nil, &feilun.Doc{Text: text, Language: "zh"}, nil)
	for s, want := range map[signal]int16{sigShortLines: 500, sigEndedLines: 250, sigBulletLines: 250, sigLines: size16(4), sigLongestLine: size16(42),
		sigRepeatedLines: share16(30, 134), sigLinkDensity: missing16, sigHost: missing16} {
		if row[s] != want {
			t.Errorf("%s = %d, want %d", signalNames()[s], row[s], want)
		}
	}
}
