package plan

import (
	"math"
	"strings"
	"testing"

	"feilun/internal/hint"
)

func ask(t testing.TB, model, tokens, chips string) Request {
	m, err := FindModel(model)
	if err != nil {
		t.Fatal(err)
	}
	g, err := chipTable(t).ParseChips(chips)
	if err != nil {
		t.Fatal(err)
	}
	n, err := ParseCount(tokens)
	if err != nil {
		t.Fatal(err)
	}
	return Request{Model: m, Tokens: n, Groups: g}
}

// TestAnchor is the figure the planner must know: GPT-3 on 1,024 A100.
func TestAnchor(t *testing.T) {
	p, err := Make(ask(t, "gpt3-175b", "300B", "1024xA100-80G"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("days %.1f (%.1f–%.1f), modern %.1f, MFU %.3f, %s, goodput %.3f kept %.3f step %.2f rent %.3g own %.3g CNY, %.0f MWh", p.Days, p.DaysP10, p.DaysP90, p.ModernDays, p.MFU, p.Layout, p.Goodput.Share, p.Kept, p.Seconds, p.Cost.Rent, p.Cost.Own, p.EnergyKWh/1000)
	if !p.Feasible || p.Days < 31 || p.Days > 37 {
		t.Errorf("Make(gpt3-175b on 1024 A100) = %.1f days, want 31..37", p.Days)
	}
}

// TestMixed: two kinds together beat the better one alone and do not much beat
// the sum of their speeds (each kind alone may divide the batch less well).
func TestMixed(t *testing.T) {
	p, err := Make(ask(t, "llama2-13b", "300B", "256xH20,512xV100"))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Feasible || p.Mixed == nil {
		t.Fatalf("Make(mixed) = %q, want a layout", p.Why)
	}
	t.Logf("%+v step %.2f", *p.Mixed, p.Seconds)
	if p.Seconds > p.Mixed.Alone || p.Seconds < p.Mixed.Ideal*0.9 {
		t.Errorf("step %.3f s; alone %.3f, sum of speeds %.3f", p.Seconds, p.Mixed.Alone, p.Mixed.Ideal)
	}
	layers := 0
	for _, s := range p.Mixed.Parts {
		for _, n := range s.Layers {
			layers += n
		}
	}
	if p.Mixed.Scheme == "pipeline" && layers != p.Model.Layers {
		t.Errorf("stages hold %d layers, want %d", layers, p.Model.Layers)
	}
}

// TestImpossible: what cannot be is said, with what could.
func TestImpossible(t *testing.T) {
	p, err := Make(ask(t, "llama3-405b", "1T", "8xV100"))
	if err != nil || p.Feasible || p.Why == "" || !strings.Contains(p.Hint, "chips") {
		t.Errorf("Make(405B on 8 V100) = %+v, %v; want infeasible with a way out", p, err)
	}
	r := ask(t, "gpt3-175b", "300B", "1024xA100")
	r.Tokens = 1e30
	if _, err := Make(r); err == nil || hint.Of(err) == "" {
		t.Errorf("Make(1e30 tokens) = %v, want an error with a hint", err)
	}
}

// TestOptimum: the corrected constants give Chinchilla back (arXiv 2404.10102).
func TestOptimum(t *testing.T) {
	n, d := Optimum(5.76e23)
	if math.Abs(n/72e9-1) > 0.03 || math.Abs(d/1.33e12-1) > 0.03 {
		t.Errorf("Optimum(5.76e23) = %.3g, %.3g; want about 72e9, 1.33e12", n, d)
	}
	small, more := OptimumServed(5.76e23, 2e12)
	if small >= n || more/small <= d/n {
		t.Errorf("OptimumServed = %.3g on %.3g: serving must favour a smaller model trained longer", small, more)
	}
}

// TestMonotonic: more chips of a kind never make a run longer than half the
// chips do, and more tokens always take more time.
func TestMonotonic(t *testing.T) {
	last := math.Inf(1)
	for _, n := range []string{"128xA100", "256xA100", "512xA100"} {
		p, err := Make(ask(t, "llama2-13b", "1T", n))
		if err != nil || !p.Feasible {
			t.Fatal(err, p.Why)
		}
		if p.Days >= last {
			t.Errorf("%s: %.1f days, no shorter than with half the chips (%.1f)", n, p.Days, last)
		}
		last = p.Days
	}
}

func BenchmarkSearch(b *testing.B) {
	r := ask(b, "gpt3-175b", "300B", "1024xA100-80G")
	if err := r.complete(); err != nil {
		b.Fatal(err)
	}
	r.Stack, r.Precision = "modern", BF16
	q := r.question(r.Groups[0], 1536)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		s, err := Search(&q)
		if err != nil {
			b.Fatal(err)
		}
		n += s.Considered
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "layouts/s")
}
