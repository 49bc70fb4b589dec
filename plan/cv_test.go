package plan

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
)

var refit = flag.Bool("fit", false, "refit the coefficients, cross-validate and print both")

// An observation is one measured figure with its family: rows of one family are
// left out together.
type observation struct {
	id, family, kind, chip, tier, note string
	err                                func(*Coefficients) float64 // ln(predicted/measured)
}

// familyOf names the group left out together: the origin of a step, the model
// family of a run; one laboratory's steps and runs share a group.
func familyOf(id string) string {
	for _, f := range []string{"mosaic", "internevo", "llama", "megatron21", "megatron22", "megascale", "mcore", "gpt3", "gpt-neox", "phi3", "pythia", "pangu", "frontier", "mbridge"} {
		if strings.HasPrefix(id, f) {
			return f
		}
	}
	return id
}

func stepObservations(t testing.TB) []observation {
	var out []observation
	rows := stepData(t)
	for i := range rows {
		s := &rows[i]
		out = append(out, observation{id: s.ID, family: familyOf(s.Measured.Origin), kind: "step", chip: s.Cluster.Chip.Family, note: fmt.Sprint(s.Cluster.Chip.Name, " n", s.Cluster.N, " ", s.Layout.String(), " L", s.Model.Layers, " h", s.Model.Hidden, " a", s.Model.Heads, " s", s.Work.Seq, " ", s.Work.Precision),
			err: func(c *Coefficients) float64 {
				r := RatesFor(&s.Cluster, s.Work.Precision, c)
				x := StepTime(&s.Model, &s.Layout, &s.Work, &r)
				return math.Log(x.Total() / s.Measured.Seconds)
			}})
	}
	return out
}

// runObservations freezes the layout that a search under c finds for each row.
func runObservations(t testing.TB, c *Coefficients) []observation {
	var out []observation
	rows := runData(t)
	for i := range rows {
		x := &rows[i]
		f, err := x.Search(c)
		if err != nil {
			continue
		}
		want := x.chipSeconds(f)
		if want == 0 {
			continue
		}
		l, q := f.Layout, x.Question
		out = append(out, observation{id: x.ID, family: familyOf(x.ID), kind: x.Kind, chip: q.Cluster.Chip.Family, tier: x.Tier, note: fmt.Sprint(x.Kind, " ", x.Tier, " ", q.Cluster.Chip.Name, " n", q.Cluster.N, " ", l.String()),
			err: func(c *Coefficients) float64 {
				r := RatesFor(&q.Cluster, q.Work.Precision, c)
				y := StepTime(&x.Model, &l, &q.Work, &r)
				got := y.Total() * float64(q.Cluster.N) / float64(l.Micros*l.MicroBatch*l.DP*q.Work.Seq) / x.kept(c)
				return math.Log(got / want)
			}})
	}
	return out
}

// chipSeconds returns the reported chip-seconds per token, 0 when the row
// reports nothing that gives them.
func (x *RunRow) chipSeconds(f *Found) float64 {
	m, q := &x.Measured, &x.Question
	model := x.Model.FLOPs(q.Work.Seq)
	hardware := model
	if f.Layout.Recompute == RecomputeFull {
		hardware = model * 4 / 3
	}
	switch {
	case m.GPUHours > 0 && x.Tokens > 0:
		return m.GPUHours * 3600 / x.Tokens
	case m.Days > 0 && x.Tokens > 0 && !x.AssumedChips:
		return m.Days * 86400 * float64(q.Cluster.N) / x.Tokens
	case m.Seconds > 0 && !x.AssumedBatch:
		return m.Seconds * float64(q.Cluster.N) / float64(q.Work.Batch*q.Work.Seq)
	case m.Rate > 0:
		return 1 / m.Rate
	case m.TFLOPS > 0 && m.Kind == "hardware":
		return hardware / (m.TFLOPS * 1e12)
	case m.TFLOPS > 0:
		return model / (m.TFLOPS * 1e12)
	case m.MFU > 0:
		return model / (m.MFU * q.Cluster.Chip.Peak16 * 1e12)
	}
	return 0
}

// objective is the mean robust error with each family weighed by the square
// root of its size, plus a soft pull of every knob to its prior.
func objective(obs []observation, ks []knob) func(*Coefficients) float64 {
	n := map[string]float64{}
	for _, o := range obs {
		n[o.family+o.kind]++
	}
	prior := Priors()
	return func(c *Coefficients) float64 {
		var sum, w float64
		for _, o := range obs {
			wi := 1 / math.Sqrt(n[o.family+o.kind])
			sum += wi * huber(o.err(c))
			w += wi
		}
		pull := 0.0
		for _, k := range ks {
			d := math.Log(k.get(c)/k.get(prior)) / k.sigma
			pull += d * d
		}
		return (sum + 0.01*pull) / w
	}
}

// fitTo fits on chips whose rates are fitted: elsewhere an error of the prior
// rate, or a guessed size, would be taken for practice.
func fitTo(obs []observation) *Coefficients {
	ks := knobs()
	obs = slices.DeleteFunc(slices.Clone(obs), func(o observation) bool { return !Priors().measured(o.chip) })
	return minimize(Priors(), ks, objective(obs, ks))
}

func printStats(by map[string][]float64) {
	keys := make([]string, 0, len(by))
	for k := range by {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Printf("  %-34s %s\n", k, stats(by[k]))
	}
}

func tally(obs []observation, errs []float64) map[string][]float64 {
	by := map[string][]float64{}
	add := func(k string, e float64) { by[k] = append(by[k], e) }
	for i, o := range obs {
		add(o.kind, errs[i])
		add(o.kind+" / "+o.chip, errs[i])
		if o.kind == "step" {
			add("step : "+o.family, errs[i])
		}
		if o.kind == "full_run" && o.tier == "A" {
			add("full_run tier A", errs[i])
		}
	}
	return by
}

// TestFit refits on everything, then cross-validates by leaving each family out.
func TestFit(t *testing.T) {
	if !*refit {
		t.Skip("only with -fit")
	}
	steps := stepObservations(t)
	all := fitTo(append(slices.Clone(steps), runObservations(t, Priors())...))
	obs := append(slices.Clone(steps), runObservations(t, all)...)
	all = fitTo(obs)
	for _, k := range knobs() {
		fmt.Printf("%-16s %.4g\n", k.name, k.get(all))
	}
	errs := make([]float64, len(obs))
	for i, o := range obs {
		errs[i] = o.err(all)
	}
	fmt.Println("fitted on all rows:")
	printStats(tally(obs, errs))
	families := map[string]bool{}
	for _, o := range obs {
		families[o.family] = true
	}
	for f := range families {
		// Nothing of the family is seen: layouts are searched with priors, then
		// with a fit to the others, which is fitted again and searches the rest.
		others := func(o observation) bool { return o.family == f }
		c := fitTo(slices.DeleteFunc(append(slices.Clone(steps), runObservations(t, Priors())...), others))
		again := append(slices.Clone(steps), runObservations(t, c)...)
		c = fitTo(slices.DeleteFunc(slices.Clone(again), others))
		for i, o := range append(slices.Clone(steps), runObservations(t, c)...) {
			if o.family == f {
				errs[i] = o.err(c)
			}
		}
	}
	fmt.Printf("each of %d families predicted from the others:\n", len(families))
	printStats(tally(obs, errs))
	fmt.Printf("80 %% band holds: %s\n", coverage(obs, errs))
	if os.Getenv("ROWS") != "" {
		for i, o := range obs {
			if o.kind != "step" || os.Getenv("ROWS") == "all" {
				fmt.Printf("%+6.1f%% %s %s %s\n", 100*(math.Exp(errs[i])-1), o.id, o.kind, o.note)
			}
		}
	}
}

// coverage counts the whole runs whose measured value lies in the stated band.
func coverage(obs []observation, errs []float64) string {
	var in, all, inA, allA int
	for i, o := range obs {
		if o.kind != "full_run" {
			continue
		}
		b := bandFor(o.kind, &Cluster{Chip: &Chip{Family: o.chip}}, Fitted())
		ratio := math.Exp(-errs[i]) // measured over predicted
		hit := 0
		if ratio >= b.Low && ratio <= b.High {
			hit = 1
		}
		in, all = in+hit, all+1
		if o.tier == "A" {
			inA, allA = inA+hit, allA+1
		}
	}
	return fmt.Sprintf("%d of %d whole runs, %d of %d of tier A", in, all, inA, allA)
}
