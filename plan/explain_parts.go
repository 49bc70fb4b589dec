package plan

import (
	"fmt"
	"strings"
)

// hoursAt40 are the chip-hours the run would take at 40 % of peak.
func (p *Plan) hoursAt40() float64 {
	return max(1, 6*p.Active*p.Tokens/(0.4*p.req.Groups[0].Chip.Peak16*1e12*3600))
}

// peaks writes the machine's peak as a sum over kinds.
func (p *Plan) peaks() string {
	var out []string
	for _, g := range p.req.Groups {
		peak := g.Chip.Peak16
		if p.Precision == FP8 && g.Chip.Peak8 > 0 {
			peak = g.Chip.Peak8
		}
		out = append(out, fmt.Sprintf("%d × %g TFLOP/s", g.N, peak))
	}
	return strings.Join(out, " + ")
}

// draws writes the machine's power before PUE as a sum over kinds.
func (p *Plan) draws() string {
	var out []string
	for _, g := range p.req.Groups {
		share := 1.1
		if g.Chip.Family == "tpu" {
			share = 0.67
		}
		out = append(out, fmt.Sprintf("%d × %.2f × %.3f kW", g.N, share, g.Chip.TDP/1000))
	}
	return strings.Join(out, " + ")
}

func (p *Plan) explainCost() []string {
	f, c, m := fmt.Sprintf, p.Cost, p.req.Money
	lines := []string{"formula: rent = chips × hours × rate; own = purchase × days / (life × use) + electricity",
		f("rent ¥%.0f = %d × %.1f h × ¥%.2f", c.Rent, p.chips(), p.Days*24, c.RentHour),
		f("own ¥%.0f = ¥%.0f × %.1f / (%.0f × 365.25 × %.2f) + %.0f kWh × ¥%.2f", c.Own, c.Purchase, p.Days, m.Years, m.Use, p.EnergyKWh, m.Tariff)}
	for _, g := range p.req.Groups {
		rent, from := m.rentOf(g.Chip)
		price, origin := m.priceFrom(g.Chip)
		lines = append(lines,
			f("purchase %s: %d × $%.0f × ¥%.2f × %.2f", g.Name, g.N, price, m.CNYPerUSD, m.Around),
			f("source: price of %s: %s", g.Name, origin),
			f("source: rent of %s, ¥%.2f: %s", g.Name, rent, from))
	}
	return append(lines, f("¥%.0f for each 1e21 FLOP of model work", c.Per1e21),
		f("source: server, network and building take %.0f %% of the chips' price (judgement); dollars at %.2f", 100*(m.Around-1), m.CNYPerUSD))
}

func (d *DataNeed) explain() []string {
	f := fmt.Sprintf
	lines := []string{"formula: documents = tokens / 700; text = tokens × 4.2 bytes; CPU time = text / kept share of the crawl / rate"}
	if len(d.Sources) > 0 {
		lines[0] = "formula: passes = tokens / tokens of all sources; CPU time = text / kept share of the crawl / rate"
	}
	lines = append(lines, f("%s documents, %.3g TB of text", Count(d.Documents), d.TextTB))
	if d.rate > 0 {
		lines = append(lines, f("%s h = %.3g TB / %.1f / %.3g MB/s", Count(d.CPUHours), d.TextTB, keptOfCrawl, d.rate))
	} else {
		lines = append(lines, f("%s h", Count(d.CPUHours)))
	}
	for _, s := range d.Sources {
		lines = append(lines, f("%s: %.2f = %s / …, %s", s.Name, s.Times, Count(d.Tokens), Count(s.Tokens)))
	}
	for _, a := range d.Assumed {
		lines = append(lines, "source: "+a)
	}
	return append(lines, "source: FineWeb (arXiv 2406.17557): 15T tokens in 22e9 documents, about a tenth of the crawl kept")
}

// explainStep lists the parts of a step with the formula and the rates of each.
func (p *Plan) explainStep() []string {
	lines := []string{"formula: step = micro-batches × slowest stage + bubble + exposed communication + optimizer"}
	var how [numParts]string
	if p.Mixed == nil { // kinds of a mix differ in every rate
		how = p.stepFormulas()
	}
	for i := range numParts {
		if v := p.Times[i.String()]; v > 0 {
			lines = append(lines, fmt.Sprintf("%s\t%9.4f s\t%s", i.String(), v, how[i]))
		}
	}
	return append(lines, fmt.Sprintf("total\t%9.4f s\t", p.Seconds),
		"source: arXiv 2104.04473 section 2.2 (1F1B, interleaving), 2205.05198 (recomputation), 1910.02054 (ZeRO), 1802.05799 (rings); rates in plan/coefficients.go")
}

// stepFormulas are one line a part.
func (p *Plan) stepFormulas() [numParts]string {
	f := fmt.Sprintf
	g := p.req.Groups[0]
	k := NewCluster(g.Chip, g.N)
	if p.req.Topology != "" {
		k.apply(p.req.Topology)
	}
	co, l := p.coef(), p.Layout
	r := RatesFor(&k, p.Precision, co)
	passes := l.Micros
	attention := f("7 × b × s × a/TP × d × context at %.0f TFLOP/s (fused, causal half)", r.Attn/1e12)
	if l.Fast {
		attention = f("7 × b × s × a/TP × d × context at %.0f TFLOP/s (fused, causal half)", r.Fast/1e12)
	} else if !l.Fused {
		attention = f("12 × b × s × a/TP × d × s at %.0f TFLOP/s + 33 × b × s² × a/TP bytes (not fused)", r.Matrix*co.Odd/1e12)
	}
	return [numParts]string{
		Matrix:      f("%d × 6 × b × s × weights/TP at %.0f TFLOP/s × k/(k + %.0f)", passes, r.Matrix/1e12, co.Depth),
		Attention:   f("%d × %s", passes, attention),
		Elementwise: f("%d × 3 × %.2f × bytes at %.0f GB/s", passes, co.Elem, r.HBM/1e9),
		Launch:      f("%d × 3 × layers × %.0f µs", passes, r.Kernel*1e6),
		Again:       f("%d × forward pass, recompute=%s", passes, l.Recompute),
		TensorComm:  f("%d × ring of 2 b s h bytes over %d at %.0f GB/s, %.2f exposed", passes, l.TP, r.Intra/1e9, tensorShare(l, co)),
		ExpertComm:  f("%d × all-to-all of 2 b s k h bytes over %d, %.2f exposed", passes, l.EP, co.Expert),
		ContextComm: f("%d × ring of keys and values over %d", passes, l.CP),
		PipeComm:    f("%d × 2 × %d × 2 b s h bytes between stages, %.2f exposed", passes, max(1, l.VP), co.Pipe),
		Bubble:      f("(PP − 1)/VP = %d/%d passes of a stage, fill and drain", l.PP-1, max(1, l.VP)),
		GradComm:    f("ring of the gradients over %d at %.0f GB/s a node, %.2f exposed", l.DP*l.CP, r.Node/1e9, co.Grad),
		Optimizer:   f("40 bytes × shard at %.0f GB/s", r.HBM/1e9),
		Input:       "4 bytes a token at 1 GB/s a node, a tenth not prefetched",
	}
}

func tensorShare(l *Layout, co *Coefficients) float64 {
	if l.Fused {
		return co.Tensor
	}
	return 1
}

// explainMemory lists what the fullest chip holds with the formula of each part.
func (p *Plan) explainMemory() []string {
	f, co, l := fmt.Sprintf, p.coef(), p.Layout
	lines := []string{"formula: fullest stage = weights + gradients + Adam + activations in flight + logits + overhead"}
	w := Workload{Batch: p.Batch, Seq: p.Seq, Precision: p.Precision}
	first, _, _ := stageLayers(p.Model.Layers, l.PP)
	dense, experts := stageParams(&p.Model, l, first)
	n := Count(dense + experts)
	shard := Count(dense/float64(l.DP*l.CP) + experts/float64(l.expertCopies()))
	how := map[string]string{
		"weights":   f("2 bytes × %s parameters of the stage", n),
		"gradients": f("2 bytes × %s, and 4 bytes × the rank's shard of %s", n, shard),
		"optimizer": f("12 bytes × the rank's shard of %s", shard),
		"logits":    "b × s × (10 × V/TP + 4 h) bytes on the last stage",
		"gathered":  "8 bytes × one layer's parameters",
		"overhead":  f("%.1f GiB + %.0f %% of the rest", co.Context, 100*co.Fragment),
	}
	if l.Zero == 0 {
		how["gradients"], how["optimizer"] = f("4 bytes × %s", n), f("12 bytes × %s", n)
	}
	if l.Zero >= 2 {
		how["gradients"] = f("2 bytes × the rank's shard of %s", shard)
	}
	if l.Zero == 3 {
		how["weights"] = f("2 bytes × the rank's shard of %s", shard)
	}
	s := newShape(&p.Model, l, &w, &Rates{PerNode: 8})
	flight := min(l.Micros, l.PP)
	how["activations"] = f("%.3f × %.0f MB a layer × %d layers × %d in flight", co.Activations, s.liveLayer(l.Recompute != RecomputeSelective)/1e6, first, flight)
	if l.Recompute == RecomputeFull {
		how["activations"] = f("%.3f × (2 b s h bytes × %d layers × %d in flight + one live layer of %.0f MB)", co.Activations, first, flight, s.liveLayer(true)/1e6)
	}
	for _, k := range memoryParts() {
		note := how[k]
		if p.Mixed != nil && k != "overhead" { // stages differ by kind
			note = ""
		}
		lines = append(lines, f("%s\t%8.2f GiB\t%s", k, p.Memory[k], note))
	}
	return append(lines, f("total\t%8.2f GiB\t/ %.0f GiB", p.MemoryGiB, p.capacity),
		"source: arXiv 2205.05198 table 2 (activations), 1910.02054 (states); overhead fitted on peak readings of BLOOM and V100 runs")
}
