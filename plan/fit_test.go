package plan

import (
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"testing"

	"feilun/internal/testkit"
)

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
	sigma  float64 // how far, in logarithm, the literature leaves it open
}

// sigmaOf is tight where the literature measured the figure itself: memory
// bandwidth, the best products, the attention core (FlashAttention-2 and -3).
func sigmaOf(name string) float64 {
	switch name {
	case "HBM", "Attn", "Fast", "Matrix", "Align":
		return 0.1
	case "FP8", "Run", "Intra", "Inter", "Kernel", "Blank", "Effort":
		return 0.2
	}
	return 0.5
}

func knobs() []knob {
	g := func(name string, p func(*Coefficients) *float64, lo, hi float64) knob {
		return knob{name, func(c *Coefficients) float64 { return *p(c) }, func(c *Coefficients, v float64) { *p(c) = v }, lo, hi, sigmaOf(name)}
	}
	f := func(fam, name string, p func(*FamilyCoefficients) *float64, lo, hi float64) knob {
		return knob{fam + "." + name, func(c *Coefficients) float64 { x := c.Families[fam]; return *p(&x) },
			func(c *Coefficients, v float64) { x := c.Families[fam]; *p(&x) = v; c.Families[fam] = x }, lo, hi, sigmaOf(name)}
	}
	ks := []knob{
		g("HBM", func(c *Coefficients) *float64 { return &c.HBM }, 0.6, 0.9),
		g("Intra", func(c *Coefficients) *float64 { return &c.Intra }, 0.3, 0.9),
		g("Inter", func(c *Coefficients) *float64 { return &c.Inter }, 0.3, 0.95),
		g("Hop", func(c *Coefficients) *float64 { return &c.Hop }, 5e-6, 300e-6),
		g("Align", func(c *Coefficients) *float64 { return &c.Align }, 0.85, 1),
		g("Depth", func(c *Coefficients) *float64 { return &c.Depth }, 20, 1500),
		g("FP8", func(c *Coefficients) *float64 { return &c.FP8 }, 0.5, 1),
		g("Elem", func(c *Coefficients) *float64 { return &c.Elem }, 0.4, 2),
		g("Soft", func(c *Coefficients) *float64 { return &c.Soft }, 0.3, 2),
		g("Odd", func(c *Coefficients) *float64 { return &c.Odd }, 0.2, 1),
		g("Grad", func(c *Coefficients) *float64 { return &c.Grad }, 0.1, 1),
		g("Zero3", func(c *Coefficients) *float64 { return &c.Zero3 }, 0.05, 1),
		g("Pipe", func(c *Coefficients) *float64 { return &c.Pipe }, 0.05, 1.5),
		g("Expert", func(c *Coefficients) *float64 { return &c.Expert }, 0.05, 1),
		g("Run", func(c *Coefficients) *float64 { return &c.Run }, 0.5, 1.1),
		g("Blank", func(c *Coefficients) *float64 { return &c.Blank }, 0.5, 1),
		g("Effort", func(c *Coefficients) *float64 { return &c.Effort }, 0.001, 0.2),
		g("Tensor", func(c *Coefficients) *float64 { return &c.Tensor }, 0.1, 1),
	}
	ks = append(ks, f("hopper", "Fast", func(x *FamilyCoefficients) *float64 { return &x.Fast }, 0.2, 0.7))
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

func memKnobs() []knob {
	g := func(name string, p func(*Coefficients) *float64, lo, hi float64) knob {
		return knob{name, func(c *Coefficients) float64 { return *p(c) }, func(c *Coefficients, v float64) { *p(c) = v }, lo, hi, 1}
	}
	return []knob{
		g("Context", func(c *Coefficients) *float64 { return &c.Context }, 1, 8),
		g("Fragment", func(c *Coefficients) *float64 { return &c.Fragment }, 0.005, 0.1),
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

// memoryCV fits on all readings, then predicts each family from the others.
func memoryCV(t testing.TB, family func(*StepRow) string) (all *Coefficients, in, out map[string][]float64) {
	rows := memRows(t)
	ks := memKnobs()
	all = minimize(Priors(), ks, memLoss(rows))
	in, out = map[string][]float64{}, map[string][]float64{}
	byOrigin := map[string]*Coefficients{}
	for i := range rows {
		o := family(&rows[i])
		if byOrigin[o] == nil {
			rest := slices.DeleteFunc(slices.Clone(rows), func(r StepRow) bool { return family(&r) == o })
			byOrigin[o] = minimize(Priors(), ks, memLoss(rest))
		}
		in["memory"] = append(in["memory"], memErr(&rows[i], all))
		in["memory / "+rows[i].Measured.Origin] = append(in["memory / "+rows[i].Measured.Origin], memErr(&rows[i], all))
		e := memErr(&rows[i], byOrigin[o])
		out["memory"] = append(out["memory"], e)
		out["memory / "+rows[i].Measured.Origin] = append(out["memory / "+rows[i].Measured.Origin], e)
	}
	return all, in, out
}

func TestFitMemory(t *testing.T) {
	if !*refit {
		t.Skip("only with -fit")
	}
	origin := func(s *StepRow) string { return s.Measured.Origin }
	model := func(s *StepRow) string { return fmt.Sprint(s.Measured.Origin, s.Model.Layers, s.Model.Hidden) }
	all, in, out := memoryCV(t, origin)
	for _, k := range memKnobs() {
		fmt.Printf("%-16s %.4g\n", k.name, k.get(all))
	}
	fmt.Println("memory, fitted on all readings:")
	printStats(in)
	fmt.Println("each origin from the other:")
	printStats(out)
	_, _, out = memoryCV(t, model)
	fmt.Println("each model from the others:")
	printStats(out)
}
