package plan

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestStatesAreConserved: however experts are cut, the optimizer shards of all
// chips together hold each parameter's twelve bytes once.
func TestStatesAreConserved(t *testing.T) {
	m, err := FindModel("deepseek-v2")
	if err != nil {
		t.Fatal(err)
	}
	w := Workload{Batch: 1024, Seq: 4096, Precision: BF16}
	for _, tp := range []int{1, 4} {
		for _, ep := range []int{1, 8, 32} {
			l := Layout{TP: tp, PP: 1, VP: 1, DP: 512 / tp, CP: 1, EP: ep, MicroBatch: 1, Micros: 2, Zero: 1, Recompute: RecomputeFull, Fused: true}
			mem := Memory(&m, &l, &w, Fitted())
			near(t, fmt.Sprintf("optimizer of TP%d EP%d", tp, ep), mem.Optimizer*512, 12*m.Params(), 0.01)
		}
	}
}

// TestMemoryGrows with the micro-batch and the sequence, and shrinks with ZeRO.
func TestMemoryGrows(t *testing.T) {
	m, err := FindModel("llama2-13b")
	if err != nil {
		t.Fatal(err)
	}
	total := func(b, seq, zero int) float64 {
		l := Layout{TP: 1, PP: 1, VP: 1, DP: 64, CP: 1, EP: 1, MicroBatch: b, Micros: 1, Zero: zero, Recompute: RecomputeNone, Fused: true}
		p := Memory(&m, &l, &Workload{Batch: 64 * b, Seq: seq, Precision: BF16}, Fitted())
		return p.Total()
	}
	if !(total(1, 2048, 1) < total(2, 2048, 1) && total(2, 2048, 1) < total(2, 4096, 1)) {
		t.Error("memory does not grow with micro-batch and sequence")
	}
	if !(total(1, 2048, 3) < total(1, 2048, 2) && total(1, 2048, 2) < total(1, 2048, 1) && total(1, 2048, 1) < total(1, 2048, 0)) {
		t.Error("memory does not shrink from ZeRO-0 to ZeRO-3")
	}
}

// TestIdleChips: a number of chips that divides badly is no slower than the
// round number below it, and the plan says what stays idle.
func TestIdleChips(t *testing.T) {
	for _, c := range []struct{ model, odd, round string }{
		{"gpt3-175b", "1448xA100", "1024xA100"}, {"gpt3-175b", "8192xA100", "6144xA100"}, {"gpt3-175b", "728xA100", "512xA100"},
		{"deepseek-v3", "3944xH800", "2048xH800"}, {"llama2-13b", "13xA100", "8xA100"},
	} {
		odd, err := Make(ask(t, c.model, "300B", c.odd))
		if err != nil || !odd.Feasible {
			t.Fatalf("%s: %v %s", c.odd, err, odd.Why)
		}
		round, err := Make(ask(t, c.model, "300B", c.round))
		if err != nil {
			t.Fatal(err)
		}
		if odd.Days > round.Days*1.005 {
			t.Errorf("%s on %s takes %.2f days, on %s %.2f", c.model, c.odd, odd.Days, c.round, round.Days)
		}
		if odd.Layout.Chips() < odd.chips() && !strings.Contains(strings.Join(odd.Notes, " "), "stay idle") {
			t.Errorf("%s: %d of %d chips are used and no note says so", c.odd, odd.Layout.Chips(), odd.chips())
		}
	}
}

// TestFiguresAgree: energy, carbon and money follow from days and power, parts
// sum to totals, and the band holds the middle.
func TestFiguresAgree(t *testing.T) {
	for _, chips := range []string{"1024xA100", "256xH20,512xV100", "64xTPUv4", "512x910B"} {
		p, err := Make(ask(t, "llama2-13b", "1T", chips))
		if err != nil || !p.Feasible {
			t.Fatalf("%s: %v %s", chips, err, p.Why)
		}
		near(t, chips+" energy", p.EnergyKWh, p.KWatts*p.Days*24, 1e-9)
		near(t, chips+" CO₂", p.CO2, p.EnergyKWh*0.5366/1000, 1e-9)
		near(t, chips+" rent", p.Cost.Rent, p.Cost.RentHour*float64(p.chips())*p.Days*24, 1e-9)
		var step, mem float64
		for _, v := range p.Times {
			step += v
		}
		for _, v := range p.Memory {
			mem += v
		}
		near(t, chips+" step parts", step, p.Seconds, 1e-6)
		near(t, chips+" memory parts", mem, p.MemoryGiB, 1e-3)
		if !(p.DaysP10 < p.Days && p.Days < p.DaysP90 && p.MFU > 0 && p.MFU < 0.9) {
			t.Errorf("%s: days %v (%v–%v), MFU %v", chips, p.Days, p.DaysP10, p.DaysP90, p.MFU)
		}
		if math.IsNaN(p.Loss) || p.Loss < 1.8 {
			t.Errorf("%s: loss %v", chips, p.Loss)
		}
	}
}

// TestChipsWithin finds the number of chips for a time.
func TestChipsWithin(t *testing.T) {
	r := ask(t, "gpt3-175b", "300B", "8xA100")
	r.Groups[0].N = 0
	p, err := Solve(r, Limits{Days: 34})
	if err != nil || !p.Feasible || p.Days > 34 || p.chips() < 700 || p.chips() > 1100 {
		t.Fatalf("Solve(34 days) = %+v, %v", p, err)
	}
	if p, err = Solve(r, Limits{Days: 0.01}); err != nil || p.Feasible || !strings.Contains(p.Why, "not faster than") {
		t.Errorf("Solve(0.01 days) = %q, %v", p.Why, err)
	}
	if _, err = Make(r); err == nil || !strings.Contains(err.Error(), "no number of chips") {
		t.Errorf("Make without a number of chips: %v", err)
	}
}

// TestAnyKind: a budget or a power alone chooses the kind of chip too.
func TestAnyKind(t *testing.T) {
	for _, l := range []Limits{{Budget: Money{5e6, "CNY"}}, {Watts: 2e6, Days: 60}} {
		p, err := Solve(Request{}, l)
		if err != nil || !p.Feasible || !strings.Contains(p.Notes[0], "is best of") {
			t.Fatalf("Solve(%+v) = %+v, %v", l, p, err)
		}
		if l.Budget.Amount > 0 && p.Cost.Rent > 1.01*l.Budget.Amount || l.Watts > 0 && p.KWatts > 1.001*l.Watts/1000 {
			t.Errorf("Solve(%+v): rent %.4g, %.4g kW", l, p.Cost.Rent, p.KWatts)
		}
	}
	if _, err := Solve(Request{}, Limits{Budget: Money{1, "CNY"}}); err == nil {
		t.Error("one CNY gives a plan")
	}
}

// TestCorpora reads a run folder's manifest, a plain one, and both together.
func TestCorpora(t *testing.T) {
	run, err := ReadCorpus([]byte(`{"format":"feilun.corpus/1","recipe":"gopher","files":[{"count":{"docs":10,"bytes":42000}},{"count":{"docs":5,"bytes":42000}}]}`))
	if err != nil || run.Documents != 15 || run.Bytes != 84000 || run.Name != "gopher" {
		t.Fatalf("ReadCorpus(manifest.json) = %+v, %v", run, err)
	}
	run.CPUSeconds = 10
	d := Data(40000, run, 0)
	near(t, "passes", d.Sources[0].Times, 2, 1e-9)
	near(t, "documents", d.Documents, 30, 1e-9)
	near(t, "processor hours", d.CPUHours, 40000*4.2*10/84000/3600, 1e-9)
	plain, err := ReadCorpus([]byte(`{"name":"web","documents":5,"tokens":20000}`))
	if err != nil {
		t.Fatal(err)
	}
	both := Data(40000, MergeCorpora([]*Corpus{run, plain}), 0)
	if len(both.Sources) != 2 || both.Sources[1].Name != "web" || math.Abs(both.Sources[1].Times-1) > 1e-9 || both.Documents != 20 {
		t.Errorf("two corpora = %+v", both)
	}
	for _, bad := range []string{`{}`, `[]`, `x`, `{"tokens":-1}`, `{"format":"feilun.corpus/1","files":[]}`} {
		if _, err := ReadCorpus([]byte(bad)); err == nil {
			t.Errorf("ReadCorpus(%s) gives no error", bad)
		}
	}
}

// TestRefused: questions that make no sense are errors that name the value.
func TestRefused(t *testing.T) {
	for what, change := range map[string]func(*Request){
		"no FP8 arithmetic":          func(r *Request) { r.Precision = FP8 },
		"more than the 300B tokens":  func(r *Request) { r.BatchTokens = 1e30 },
		"less than one sequence":     func(r *Request) { r.BatchTokens = 1 },
		"more than was ever written": func(r *Request) { r.Tokens = 1e30 },
	} {
		r := ask(t, "llama2-7b", "300B", "8xA100")
		change(&r)
		if _, err := Make(r); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("Make = %v, want %q", err, what)
		}
	}
	r := ask(t, "llama2-7b", "300B", "8xV100")
	if r.Precision = BF16; true {
		if _, err := Make(r); err == nil || !strings.Contains(err.Error(), "no BF16") {
			t.Errorf("Make(BF16 on V100) = %v", err)
		}
	}
	r = ask(t, "llama2-7b", "300B", "8xA100")
	r.Fixed.TP = 3
	if p, err := Make(r); err != nil || p.Feasible || !strings.Contains(p.Why+p.Hint, "--tp 3") {
		t.Errorf("Make(TP 3) = %q, %v; want the flag named", p.Why, err)
	}
}
