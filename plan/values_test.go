package plan

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestUnits: quantities as people write them.
func TestUnits(t *testing.T) {
	for text, want := range map[string]float64{"300B": 3e11, "1.4T": 1.4e12, "3e11": 3e11, "3000亿": 3e11, "5万": 5e4, "7_000": 7000} {
		if got, err := ParseCount(text); err != nil || math.Abs(got/want-1) > 1e-12 {
			t.Errorf("ParseCount(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"60": 60, "60d": 60, "8w": 56, "2周": 14, "6months": 182.64, "36h": 1.5, "90天": 90, "1y": 365.25} {
		if got, err := ParseDays(text); err != nil || math.Abs(got/want-1) > 1e-9 {
			t.Errorf("ParseDays(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"2MW": 2e6, "800kW": 8e5, "500W": 500, "1GW": 1e9, "3兆瓦": 3e6} {
		if got, err := ParsePower(text); err != nil || math.Abs(got/want-1) > 1e-12 {
			t.Errorf("ParsePower(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]Money{"5e6CNY": {5e6, "CNY"}, "$2M": {2e6, "USD"}, "500万元": {5e6, "CNY"}, "2.5M USD": {2.5e6, "USD"}, "¥3": {3, "CNY"}} {
		if got, err := ParseMoney(text); err != nil || got != want {
			t.Errorf("ParseMoney(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for watts, want := range map[float64]string{528: "528 W", 4224: "4.2 kW", 2e6: "2.00 MW"} {
		if got := powerText(watts); got != want {
			t.Errorf("powerText(%v) = %q, want %q", watts, got, want)
		}
	}
}

// TestPower holds the draw of a chip to measured systems: GPT-3's V100 330 W
// (arXiv 2104.10350, table 4), TPUv3 near 300 W.
func TestPower(t *testing.T) {
	table := chipTable(t)
	for name, want := range map[string]float64{"V100": 330, "A100": 440, "TPUv3": 301} {
		c, err := table.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "power of "+name, Watts(c), want, 0.01)
	}
}

// TestMoney: the rate's currency, the band and the budget's currency.
func TestMoney(t *testing.T) {
	p, err := Make(ask(t, "llama2-13b", "1T", "512xH800"))
	if err != nil || !p.Feasible {
		t.Fatal(err, p.Why)
	}
	near(t, "rent of H800", p.Cost.RentHour, 2*7.2, 1e-9)
	near(t, "rent p10", p.Cost.RentP10/p.Cost.Rent, p.DaysP10/p.Days, 1e-9)
	near(t, "rent p90", p.Cost.RentP90/p.Cost.Rent, p.DaysP90/p.Days, 1e-9)
	near(t, "own", p.Cost.Own, p.Cost.Purchase*p.Days/(4*365.25*0.8)+p.EnergyKWh*0.65, 1e-9)
	r := ask(t, "llama2-13b", "1T", "512xA800")
	r.Tokens = 0
	for _, m := range []Money{{7.2e6, "CNY"}, {1e6, "USD"}} {
		p, err := Solve(r, Limits{Budget: m})
		if err != nil || !p.Feasible {
			t.Fatal(err, p.Why)
		}
		near(t, "rent for "+m.Currency, p.Cost.Rent, 7.2e6, 0.02)
	}
	if p, err := Solve(r, Limits{Budget: Money{1e6, "CNY"}, Days: 365}); err != nil || p.Cost.Rent > 1.01e6 {
		t.Errorf("a year on a million: %+v, %v", p, err)
	}
	r.Tokens = 1e13
	if p, err := Solve(r, Limits{Budget: Money{1e6, "CNY"}}); err != nil || p.Feasible {
		t.Errorf("a thirtieth of the rent is enough: %+v, %v", p, err)
	}
}

// TestPartsOfAStep: rings, optimizer, interleaving and the layers of a mix, each
// against its formula.
func TestPartsOfAStep(t *testing.T) {
	c, err := chipTable(t).Find("A100")
	if err != nil {
		t.Fatal(err)
	}
	m, err := FindModel("gpt3-1.3b")
	if err != nil {
		t.Fatal(err)
	}
	k := NewCluster(c, 8)
	co := Fitted()
	r := RatesFor(&k, BF16, co)
	near(t, "ring of 8", r.allReduce(1e9, 8, 8, 1), 2*7./8*1e9/(300e9*co.Intra)+co.Hop/4, 1e-9)
	l := Layout{TP: 1, PP: 1, VP: 1, DP: 8, CP: 1, EP: 1, MicroBatch: 1, Micros: 4, Zero: 0, Recompute: RecomputeNone, Fused: true}
	step := StepTime(&m, &l, &Workload{Batch: 32, Seq: 2048, Precision: BF16}, &r)
	near(t, "optimizer", step[Optimizer], 40*m.Params()/(2039e9*co.HBM), 0.01)
	l.Zero = 1
	step = StepTime(&m, &l, &Workload{Batch: 32, Seq: 2048, Precision: BF16}, &r)
	near(t, "sharded optimizer", step[Optimizer], 5*m.Params()/(2039e9*co.HBM), 0.01)

	l = Layout{TP: 1, PP: 4, VP: 1, DP: 2, CP: 1, EP: 1, MicroBatch: 1, Micros: 16, Zero: 1, Recompute: RecomputeNone, Fused: true}
	w := Workload{Batch: 32, Seq: 2048, Precision: BF16}
	plain := Memory(&m, &l, &w, co)
	l.VP = 3
	cut := Memory(&m, &l, &w, co)
	near(t, "activations of interleaved stages", cut.Activations/plain.Activations, 1+3./12, 0.001)

	if got := deal(12, []int{0, 1}, []float64{1, 2}); !slices.Equal(got, []int{8, 4}) {
		t.Errorf("deal(12 layers, speeds 1 and ½) = %v, want [8 4]", got)
	}
}

// TestRestartsCost: a restart of R seconds costs R/M of the time.
func TestRestartsCost(t *testing.T) {
	free, slow := DefaultReliability(), DefaultReliability()
	free.Restart, slow.Restart = 0, 3600
	a, b := NewGoodput(175e9, 1024, 8, free), NewGoodput(175e9, 1024, 8, slow)
	near(t, "cost of restarts", a.Share-b.Share, 1/a.MTBFHours, 1e-6)
}

// TestDataSide: documents and processor time without a manifest.
func TestDataSide(t *testing.T) {
	d := Data(7e11, nil, 2)
	near(t, "documents", d.Documents, 1e9, 1e-9)
	near(t, "text", d.TextTB, 2.94, 1e-9)
	near(t, "processor hours", d.CPUHours, 2.94e6/0.1/2/3600, 1e-9)
}

// TestRecomputedWorkIsReported: TFLOP/s count recomputed work where a row says
// that it recomputes everything, MFU never does.
func TestRecomputedWorkIsReported(t *testing.T) {
	const row = "run_id,params_total,layers,hidden,heads,seq_len,chip,n_chips,recompute\na,7e9,32,4096,32,2048,A100,64,"
	full, none := predictRuns(t, []byte(row+"full\n"))[0], predictRuns(t, []byte(row+"none\n"))[0]
	near(t, "with full recomputation", full.TFLOPS/full.ModelTFLOPS, 4./3, 1e-3)
	near(t, "without", none.TFLOPS/none.ModelTFLOPS, 1, 1e-9)
	near(t, "MFU", full.MFU, full.ModelTFLOPS/312, 1e-3)
}

// TestFrontier: the curve of the page holds the plan and gets faster with every
// further chip.
func TestFrontier(t *testing.T) {
	p, err := Make(ask(t, "gpt3-175b", "300B", "1024xA100"))
	if err != nil {
		t.Fatal(err)
	}
	curve, here := Frontier(p), false
	for i, o := range curve {
		here = here || o.chips() == p.chips()
		if i > 0 && (o.chips() <= curve[i-1].chips() || o.Days >= curve[i-1].Days) {
			t.Errorf("%d chips take %.2f days, %d take %.2f", o.chips(), o.Days, curve[i-1].chips(), curve[i-1].Days)
		}
	}
	if !here || len(curve) < 6 {
		t.Errorf("the curve has %d points, the asked-for number among them: %v", len(curve), here)
	}
}

// TestStudyLimits: each limit of a study makes a case infeasible and is named.
func TestStudyLimits(t *testing.T) {
	c, err := chipTable(t).Find("H20")
	if err != nil {
		t.Fatal(err)
	}
	fine := Plan{Feasible: true, Days: 100, KWatts: 1e5, Goodput: Goodput{Share: 0.9}, Cost: Cost{Rent: 1e9}}
	if l := studyLine("x", c, 8, &fine); !l.Feasible || l.Why != "" {
		t.Errorf("studyLine = %+v, want feasible", l)
	}
	for what, change := range map[string]func(*Plan){
		"MW":       func(p *Plan) { p.KWatts = 1.6e5 },
		"days":     func(p *Plan) { p.Days = 201 },
		"rent":     func(p *Plan) { p.Cost.Rent = 5.1e9 },
		"failures": func(p *Plan) { p.Goodput.Share = 0.69 },
	} {
		p := fine
		change(&p)
		if l := studyLine("x", c, 8, &p); l.Feasible || !strings.Contains(l.Why, what) {
			t.Errorf("studyLine beyond %s = %+v", what, l)
		}
	}
}
