package plan

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"testing"

	"feilun/internal/testkit"
)

var refit = flag.Bool("fit", false, "refit the coefficients and print them")

func stepData(t testing.TB) []StepRow {
	f, err := os.Open(testkit.Data(t, "planner", "steps.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	chips, err := Chips()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := ReadSteps(f, chips)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// knobs lists the fitted numbers of c with their bounds.
type knob struct {
	name   string
	get    func(*Coefficients) float64
	set    func(*Coefficients, float64)
	lo, hi float64
}

func knobs() []knob {
	g := func(name string, p func(*Coefficients) *float64, lo, hi float64) knob {
		return knob{name, func(c *Coefficients) float64 { return *p(c) }, func(c *Coefficients, v float64) { *p(c) = v }, lo, hi}
	}
	f := func(fam, name string, p func(*FamilyCoefficients) *float64, lo, hi float64) knob {
		return knob{fam + "." + name, func(c *Coefficients) float64 { x := c.Families[fam]; return *p(&x) },
			func(c *Coefficients, v float64) { x := c.Families[fam]; *p(&x) = v; c.Families[fam] = x }, lo, hi}
	}
	ks := []knob{
		g("HBM", func(c *Coefficients) *float64 { return &c.HBM }, 0.6, 0.9),
		g("Intra", func(c *Coefficients) *float64 { return &c.Intra }, 0.3, 0.9),
		g("Inter", func(c *Coefficients) *float64 { return &c.Inter }, 0.3, 0.95),
		g("Hop", func(c *Coefficients) *float64 { return &c.Hop }, 5e-6, 300e-6),
		g("Align", func(c *Coefficients) *float64 { return &c.Align }, 0.85, 1),
		g("FP8", func(c *Coefficients) *float64 { return &c.FP8 }, 0.5, 1),
		g("Elem", func(c *Coefficients) *float64 { return &c.Elem }, 0.4, 2),
		g("Soft", func(c *Coefficients) *float64 { return &c.Soft }, 0.3, 2),
		g("Odd", func(c *Coefficients) *float64 { return &c.Odd }, 0.2, 1),
		g("Grad", func(c *Coefficients) *float64 { return &c.Grad }, 0.1, 1),
		g("Zero3", func(c *Coefficients) *float64 { return &c.Zero3 }, 0.05, 1),
		g("Pipe", func(c *Coefficients) *float64 { return &c.Pipe }, 0.05, 1.5),
	}
	for _, fam := range []string{"volta", "ampere", "hopper"} {
		ks = append(ks,
			f(fam, "Matrix", func(x *FamilyCoefficients) *float64 { return &x.Matrix }, 0.4, 0.97),
			f(fam, "Kernel", func(x *FamilyCoefficients) *float64 { return &x.Kernel }, 5e-6, 600e-6))
		if fam != "volta" {
			ks = append(ks, f(fam, "Attn", func(x *FamilyCoefficients) *float64 { return &x.Attn }, 0.1, 0.6))
		}
	}
	return ks
}

func clone(c *Coefficients) *Coefficients {
	d := *c
	d.Families = map[string]FamilyCoefficients{}
	for k, v := range c.Families {
		d.Families[k] = v
	}
	return &d
}

// minimize is a pattern search in the logarithm of each knob, kept inside its bounds.
func minimize(c *Coefficients, ks []knob, loss func(*Coefficients) float64) *Coefficients {
	best := clone(c)
	at := loss(best)
	for step := 0.25; step > 0.004; step /= 1.7 {
		for improved := 0; improved < 6; improved++ {
			moved := false
			for _, k := range ks {
				for _, dir := range []float64{step, -step} {
					trial := clone(best)
					k.set(trial, min(k.hi, max(k.lo, k.get(best)*math.Exp(dir))))
					if l := loss(trial); l < at-1e-9 {
						best, at, moved = trial, l, true
					}
				}
			}
			if !moved {
				break
			}
		}
	}
	return best
}

func huber(x float64) float64 {
	const d = 0.1
	if x = math.Abs(x); x < d {
		return x * x / 2 / d
	}
	return x - d/2
}

func stepErr(s *StepRow, co *Coefficients) float64 {
	r := RatesFor(&s.Cluster, s.Work.Precision, co)
	x := StepTime(&s.Model, &s.Layout, &s.Work, &r)
	return math.Log(x.Total() / s.Measured.Seconds)
}

// stepLoss weighs each origin alike in the square root of its size and pulls
// every knob softly to its prior.
func stepLoss(rows []StepRow, ks []knob, prior *Coefficients) func(*Coefficients) float64 {
	n := map[string]float64{}
	for _, r := range rows {
		n[r.Measured.Origin]++
	}
	return func(c *Coefficients) float64 {
		var sum, w float64
		for i := range rows {
			wi := 1 / math.Sqrt(n[rows[i].Measured.Origin])
			sum += wi * huber(stepErr(&rows[i], c))
			w += wi
		}
		var pull float64
		for _, k := range ks {
			d := math.Log(k.get(c) / k.get(prior))
			pull += d * d
		}
		return sum/w + 0.0005*pull
	}
}

func stats(errs []float64) string {
	if len(errs) == 0 {
		return "none"
	}
	abs := make([]float64, len(errs))
	sgn := slices.Clone(errs)
	for i, e := range errs {
		abs[i] = math.Abs(math.Exp(e) - 1)
	}
	sort.Float64s(abs)
	sort.Float64s(sgn)
	return fmt.Sprintf("n %3d  median %5.1f%%  p90 %5.1f%%  signed %+5.1f%%", len(errs), 100*quantile(abs, .5), 100*quantile(abs, .9), 100*(math.Exp(quantile(sgn, .5))-1))
}

func TestFitSteps(t *testing.T) {
	if !*refit {
		t.Skip("only with -fit")
	}
	rows := stepData(t)
	ks := knobs()
	all := minimize(Fitted(), ks, stepLoss(rows, ks, Fitted()))
	for _, k := range ks {
		t.Logf("%-14s %.4g", k.name, k.get(all))
	}
	report(t, rows, all, os.Getenv("ROWS") != "")
}

func report(t *testing.T, rows []StepRow, c *Coefficients, each bool) {
	by := map[string][]float64{}
	for i := range rows {
		r := &rows[i]
		e := stepErr(r, c)
		by["all"] = append(by["all"], e)
		by["chip "+r.Cluster.Chip.Name] = append(by["chip "+r.Cluster.Chip.Name], e)
		by["origin "+r.Measured.Origin] = append(by["origin "+r.Measured.Origin], e)
		if each {
			fmt.Printf("%+6.1f%% %8.3f %-22s %-8s n%-5d tp%-2d pp%-2d dp%-4d b%-3d m%-4d z%d L%d h%d a%d s%d %s %s\n", 100*(math.Exp(e)-1), r.Measured.Seconds, r.Measured.Origin, r.Cluster.Chip.Name, r.Cluster.N,
				r.Layout.TP, r.Layout.PP, r.Layout.DP, r.Layout.MicroBatch, r.Layout.Micros, r.Layout.Zero, r.Model.Layers, r.Model.Hidden, r.Model.Heads, r.Work.Seq, r.Layout.Recompute, r.Work.Precision)
		}
	}
	keys := make([]string, 0)
	for k := range by {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Logf("%-32s %s", k, stats(by[k]))
	}
}

func memKnobs() []knob {
	g := func(name string, p func(*Coefficients) *float64, lo, hi float64) knob {
		return knob{name, func(c *Coefficients) float64 { return *p(c) }, func(c *Coefficients, v float64) { *p(c) = v }, lo, hi}
	}
	return []knob{
		g("Context", func(c *Coefficients) *float64 { return &c.Context }, 1, 8),
		g("Fragment", func(c *Coefficients) *float64 { return &c.Fragment }, 0.005, 0.2),
		g("Activations", func(c *Coefficients) *float64 { return &c.Activations }, 0.8, 1.5),
	}
}

func memErr(s *StepRow, co *Coefficients) float64 {
	m := Memory(&s.Model, &s.Layout, &s.Work, co)
	return math.Log(m.Total() / gib / s.Measured.MemoryGB)
}

func memLoss(rows []StepRow) func(*Coefficients) float64 {
	n := map[string]float64{}
	for _, r := range rows {
		n[r.Measured.Origin]++
	}
	return func(c *Coefficients) float64 {
		var sum, w float64
		for i := range rows {
			wi := 1 / math.Sqrt(n[rows[i].Measured.Origin])
			sum += wi * huber(memErr(&rows[i], c))
			w += wi
		}
		return sum / w
	}
}

func memRows(t testing.TB) []StepRow {
	return slices.DeleteFunc(stepData(t), func(s StepRow) bool { return s.Measured.MemoryGB == 0 })
}

func TestFitMemory(t *testing.T) {
	if !*refit {
		t.Skip("only with -fit")
	}
	rows := memRows(t)
	ks := memKnobs()
	co := minimize(Fitted(), ks, memLoss(rows))
	for _, k := range ks {
		t.Logf("%-14s %.4g", k.name, k.get(co))
	}
	by := map[string][]float64{}
	for i := range rows {
		s := &rows[i]
		m := Memory(&s.Model, &s.Layout, &s.Work, co)
		e := memErr(s, co)
		by["all"] = append(by["all"], e)
		by[s.Measured.Origin] = append(by[s.Measured.Origin], e)
		fmt.Printf("%+6.1f%% %5.1f tp%d pp%d dp%d b%d L%d h%d z%d %s W%.1f G%.1f O%.1f A%.1f L%.1f X%.1f\n", 100*(math.Exp(e)-1), s.Measured.MemoryGB, s.Layout.TP, s.Layout.PP, s.Layout.DP, s.Layout.MicroBatch, s.Model.Layers, s.Model.Hidden, s.Layout.Zero, s.Layout.Recompute,
			m.Weights/gib, m.Gradients/gib, m.Optimizer/gib, m.Activations/gib, m.Logits/gib, m.Overhead/gib)
	}
	for k, v := range by {
		t.Log(k, stats(v))
	}
}
