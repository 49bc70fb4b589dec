package fasttext

import (
	"context"
	"math"
	"strings"
	"testing"
)

const sample = "the wheel of the mill __label__de 轮子 unbekanntes Wort die轮子磨坊水上的很长很长很长的一个句子 the wheel \xff </s> und mehr"

func TestProbability(t *testing.T) {
	for _, name := range models(t) {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		p := m.Predictor()
		for _, l := range p.Clone().Predict(sample, -1, 0) {
			for _, label := range []string{l.Name, l.Name[len(labelMark):]} {
				if got := p.Probability(sample, label); got != l.Prob {
					t.Errorf("%s: Probability of %s is %v, want %v", name, label, got, l.Prob)
				}
			}
		}
		if p.HasLabel("none such") || p.Probability(sample, "none such") != 0 || p.Explain(sample, "none such", 0) != nil {
			t.Errorf("%s: has a label that it has not", name)
		}
	}
}

// TestExplain checks that scores add up, for dense, quantized and collapsed
// models of every loss but hierarchical softmax, and there that they agree
// with a difference of logarithms.
func TestExplain(t *testing.T) {
	for _, name := range models(t) {
		m, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		all := []*Model{m}
		if c, err := m.Collapse(); err == nil {
			all = append(all, c)
		}
		for _, m := range all {
			p := m.Predictor()
			for i, label := range m.Labels() {
				var sum float64
				for _, c := range p.Explain(sample, label, 0) {
					sum += c.Score
					if c.Count < 1 || c.Start < 0 || c.End < c.Start || c.End > len(sample) {
						t.Errorf("%s: contribution %+v", name, c)
					}
				}
				p.read(sample)
				p.hide()
				want := 0.0
				switch m.Loss {
				case LossHierarchical:
					continue
				case LossSoftmax:
					p.scoreAll()
					other := 0.0
					for j, s := range p.scores {
						if j != i {
							other = max(other, float64(s))
						}
					}
					want = math.Log(float64(p.scores[i]) / other)
				default:
					if m.flat != nil {
						want = p.sums[i]
					} else {
						want = float64(m.output.dotRow(p.hidden, int32(i)))
					}
				}
				if math.Abs(sum-want) > 1e-3*max(1, math.Abs(want)) {
					t.Errorf("%s, collapsed %v: scores for %s add up to %v, want %v", name, m.flat != nil, label, sum, want)
				}
			}
		}
	}
}

// TestExplainLong explains a sentence without spaces by its characters.
func TestExplainLong(t *testing.T) {
	text := []byte("__label__good 轮子和磨坊都在河边慢慢地转着\n__label__bad 便宜药片现在马上购买便宜药片\n")
	a := DefaultTrainArgs()
	a.Dim, a.Epochs, a.LearningRate, a.MinN, a.MaxN, a.Bucket, a.Threads = 8, 200, 0.5, 2, 3, 1000, 2
	m, err := Train(context.Background(), a, opener(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	doc := "他说这里的便宜药片是从哪里来的呢"
	got := m.Predictor().Explain(doc, "bad", 6)
	if len(got) != 6 {
		t.Fatalf("Explain = %+v", got)
	}
	for _, c := range got[:2] {
		if !strings.Contains("便宜药片", c.Feature) || c.Score <= 0 || doc[c.Start:c.End] != c.Feature {
			t.Errorf("Explain = %+v, want pieces of 便宜药片 first", got)
		}
	}
}

func TestExplainOrder(t *testing.T) {
	text := []byte("__label__good honest words about mills\n__label__bad cheap pills buy now\n__label__good honest mills and wheels\n__label__bad buy cheap pills\n")
	a := DefaultTrainArgs()
	a.Dim, a.Epochs, a.LearningRate, a.WordNgrams, a.Bucket, a.Threads = 8, 200, 0.5, 2, 100, 2
	m, err := Train(context.Background(), a, opener(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := m.Predictor().Explain("honest folk buy cheap pills, buy", "good", 3)
	if len(got) != 3 || got[0].Feature != "buy" || got[0].Count != 2 || got[0].Score >= 0 || got[0].Start != 12 || got[0].End != 15 {
		t.Errorf("Explain = %+v, want buy first", got)
	}
}

// TestCollapse compares answers with those of the whole model.
func TestCollapse(t *testing.T) {
	n := 0
	for _, c := range conformances() {
		m, err := Train(context.Background(), c.args(), opener(c.text()), nil)
		if err != nil {
			t.Fatal(err)
		}
		small, err := m.Collapse()
		if err != nil {
			continue
		}
		n++
		p, q := m.Predictor(), small.Predictor()
		for _, text := range []string{"", "river mill", sample, "w12 w8 w9 水 词3"} {
			a, b := p.Predict(text, -1, 0), q.Predict(text, -1, 0)
			if len(a) != len(b) {
				t.Errorf("%s: %d labels for %q, want %d", c.name, len(b), text, len(a))
			}
			for i := range min(len(a), len(b)) {
				if a[i].Name != b[i].Name || math.Abs(float64(a[i].Prob-b[i].Prob)) > 1e-6 {
					t.Errorf("%s: %q: %v, want %v", c.name, text, b[i], a[i])
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("%d models of the conformances can be collapsed", n)
	}
}
