package evaluate

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"feilun/internal/bpe"
)

// byteTokens is a vocabulary of bytes and an end of text.
func byteTokens(t *testing.T) *bpe.Tokenizer {
	t.Helper()
	c := bpe.NewCounter(bpe.Qwen2, false)
	c.Add([]byte("磨坊到三月 mill mill"))
	tok, _, err := bpe.Train(t.Context(), c, 262, []string{"<|endoftext|>"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestGramsSum holds the baselines to what makes them comparable with a neural
// model: behind any text, the probabilities of all that can follow sum to one.
func TestGramsSum(t *testing.T) {
	for _, unit := range Units() {
		g, err := NewGrams(unit, 3, byteTokens(t), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"the mill stood still", "the mill turned", "磨坊到三月都没有动静", "磨坊在河边"} {
			if err := g.Add(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Train(); err != nil {
			t.Fatal(err)
		}
		for _, before := range []string{"", "the mi", "磨坊", "zzz"} {
			sum, words := 0.0, g.model.Counts()[0]
			for id := range uint32(words) {
				if id == 1 { // the beginning is never drawn
					continue
				}
				g.Bits(before)
				log10, _ := g.scorer.Next(id)
				sum += math.Pow(10, float64(log10))
			}
			if math.Abs(sum-1) > 1e-4 {
				t.Errorf("%s behind %q: probabilities sum to %v", unit, before, sum)
			}
		}
		if known, strange := g.Bits("the mill"), g.Bits("龘龘龘龘"); known <= 0 || strange < 4*known || math.IsInf(strange, 0) {
			t.Errorf("%s: %v bits for known text, %v for characters never seen", unit, known, strange)
		}
	}
	if _, err := NewGrams("word", 3, byteTokens(t), 0); err == nil {
		t.Error("a unit that there is not")
	}
}

// TestGramsBytes compares a model of single bytes with Kneser-Ney worked out by hand:
// all counts are too few to estimate discounts, so 0.5, 1 and 1.5 stand in. Of "aab"
// with its end, a is counted twice, b and the end once: p(a) = (2−1)/4 + 2/4/259.
func TestGramsBytes(t *testing.T) {
	g, err := NewGrams(UnitByte, 1, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Add("aab"); err != nil {
		t.Fatal(err)
	}
	if err := g.Train(); err != nil {
		t.Fatal(err)
	}
	rest := (1 + 2*0.5) / 4 / 258 // of 256 bytes, the end and the unknown one
	for text, p := range map[string]float64{"a": 1.0/4 + rest, "b": 0.5/4 + rest, "z": rest} {
		if got := g.Bits(text); math.Abs(got+math.Log2(p)) > 1e-4 {
			t.Errorf("%q: %v bits, want %v", text, got, -math.Log2(p))
		}
	}
	if id := g.model.ID(binary.LittleEndian.AppendUint32(nil, 'z')); id == 0 {
		t.Error("a byte that was not seen is unknown")
	}
}

func TestCover(t *testing.T) {
	c := NewCover()
	c.Add("one two three four five six seven eight nine ten eleven twelve thirteen fourteen")
	c.Add("旧磨坊到三月都没有动静只有河水")
	c.Add("short")
	c.Look("Zero, one two THREE four five six seven eight nine ten eleven twelve thirteen. Other words follow")
	for i, want := range [][2]int{{1, 2}, {0, 3}, {0, 0}} {
		if found, all := c.Found(i); found != want[0] || all != want[1] {
			t.Errorf("text %d: %d of %d found, want %v", i, found, all, want)
		}
	}
}

// TestPaired works an interval out by hand: seeds differ by 1, 2 and 3, so that the
// variance of their mean is 1/3; pieces are all alike and add none.
func TestPaired(t *testing.T) {
	score := func(x float64) PairedScore { return PairedScore{[]float64{x, x}, []float64{1, 1}} }
	a := []PairedScore{score(2), score(4), score(6)}
	b := []PairedScore{score(1), score(2), score(3)}
	d := Paired(a, b)
	half := 4.3027 * math.Sqrt(1.0/3)
	if d.Value != 2 || math.Abs(d.High-2-half) > 1e-9 || math.Abs(d.Low-2+half) > 1e-9 || d.Freedom != 2 || d.Verdict(true) != "" {
		t.Errorf("%+v, want 2 ± %v", d, half)
	}
	for _, tt := range []struct {
		low, high float64
		less      bool
		want      string
	}{{1, 2, true, "B"}, {1, 2, false, "A"}, {-2, -1, true, "A"}, {-1, 1, true, ""}, {0, 0, false, ""}, {math.Inf(-1), math.Inf(1), true, ""}} {
		d := Difference{Interval: Interval{Low: tt.low, High: tt.high}}
		if got := d.Verdict(tt.less); got != tt.want {
			t.Errorf("%v to %v, less is better %v: %q, want %q", tt.low, tt.high, tt.less, got, tt.want)
		}
	}
	if d := Paired(a[:1], b[:1]); !math.IsInf(d.High, 1) || d.Verdict(true) != "" {
		t.Errorf("one pair: %+v", d)
	}
}

// TestPairedCovers draws comparisons whose difference is known: seeds and pieces both
// vary. At least 94 of 100 intervals hold it.
func TestPairedCovers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const truth, seeds, pieces, tries = 0.3, 3, 40, 1500
	held := 0
	for range tries {
		var a, b []PairedScore
		text := make([]float64, pieces)
		for i := range text {
			text[i] = truth + rng.NormFloat64()*0.5
		}
		for range seeds {
			var x, y PairedScore
			luck := rng.NormFloat64() * 0.1
			for _, gap := range text {
				base := 3 + rng.NormFloat64()
				x.Over, x.Under = append(x.Over, base+gap+luck+rng.NormFloat64()*0.05), append(x.Under, 1)
				y.Over, y.Under = append(y.Over, base), append(y.Under, 1)
			}
			a, b = append(a, x), append(b, y)
		}
		if d := Paired(a, b); d.Low <= truth && truth <= d.High {
			held++
		}
	}
	if share := float64(held) / tries; share < 0.94 {
		t.Errorf("%.3f of the intervals hold the true difference", share)
	}
}

func TestSectionGroups(t *testing.T) {
	s := &Section{Choose: Last, Groups: []string{"books=*.txt *.epub", "pages=*.warc.gz"}}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{"a.txt": "books", "b.epub": "books", "c.warc.gz": "pages", "d.json": ""} {
		if got := s.Group(source); got != want {
			t.Errorf("%s is of group %q, want %q", source, got, want)
		}
	}
	for _, bad := range []Section{{Choose: "first"}, {Choose: Last, Groups: []string{"x"}}, {Choose: Last, Groups: []string{"x=[" + strings.Repeat("a", 3)}}, {Choose: Draw, Tasks: []string{"no"}}} {
		if bad.Check() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}
