package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"feilun/internal/hint"
)

// Topics are the numbers [Explain] opens.
func Topics() []string {
	return []string{"days", "step", "mfu", "memory", "goodput", "energy", "co2", "cost", "flops", "loss", "band", "layout", "data"}
}

// topicOf finds the topic that opens a number by any name a screen, a page or
// the JSON gives it; "" for none.
func topicOf(name string) string {
	name = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))
	if slices.Contains(Topics(), name) {
		return name
	}
	for topic, names := range map[string][]string{
		"days":    {"kept", "kept_share", "time", "all_losses", "days_modern_stack", "modern", "天数"},
		"band":    {"p10", "p90", "p10–p90", "p10-p90", "days_p10", "days_p90", "区间"},
		"step":    {"step_time", "step_time_s", "seconds", "step_parts_s", "每步"},
		"memory":  {"memory_gib", "memory_parts_gib", "显存"},
		"goodput": {"failures", "failure", "mtbf", "mtbf_hours", "checkpoint", "checkpoint_interval_s", "checkpoint_gb", "interval", "有效时间"},
		"energy":  {"energy_kwh", "power", "power_kw", "mwh", "mw", "能耗", "功率"},
		"co2":     {"co₂", "co2_t", "carbon"},
		"cost":    {"rent", "own", "money", "price", "purchase", "electricity", "buying", "rent_per_1e21_flop", "费用", "租用", "自有"},
		"flops":   {"flop", "training_flops", "params", "active_params", "parameters", "tflops"},
		"loss":    {"predicted_loss", "tokens_a_parameter", "损失"},
		"layout":  {"layouts", "layouts_considered", "tp", "pp", "dp", "vp", "ep", "cp", "batch", "布局"},
		"data":    {"tokens", "documents", "text_tb", "cpu", "cpu_core_hours", "corpus", "passes", "epochs", "数据"},
	} {
		if slices.Contains(names, name) {
			return topic
		}
	}
	if slices.Contains(memoryParts(), name) {
		return "memory"
	}
	if slices.Contains(partNames[:], name) {
		return "step"
	}
	return ""
}

func memoryParts() []string {
	return []string{"weights", "gradients", "optimizer", "activations", "logits", "gathered", "overhead"}
}

// Explain writes the formula behind a number with its values and source. d is
// the data side of the plan.
func Explain(w io.Writer, p *Plan, d *DataNeed, name, lang string) error {
	topic := topicOf(name)
	if topic == "" {
		return hint.With(fmt.Errorf("nothing called %q to explain", name), "topics are "+strings.Join(Topics(), ", "))
	}
	if !p.Feasible {
		return hint.With(fmt.Errorf("there is no %s: %s", topic, p.Why), p.Hint)
	}
	var lines []string
	if topic == "data" {
		lines = d.explain()
	} else {
		lines, _ = p.explain(topic)
	}
	for _, l := range lines {
		head, rest, found := strings.Cut(l, ": ")
		if found && (head == "source" || head == "formula" || head == "check") {
			fmt.Fprintln(w, Translate(lang, head)+": "+Translate(lang, rest))
			continue
		}
		if name, rest, ok := strings.Cut(l, "\t"); ok { // a part: name, amount, how
			amount, how, _ := strings.Cut(rest, "\t")
			name = Translate(lang, strings.ReplaceAll(name, "_", " "))
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s%s %s  %s", name, strings.Repeat(" ", max(0, 16-width(name))), amount, Translate(lang, how)), " "))
			continue
		}
		pad := l[:len(l)-len(strings.TrimLeft(l, " "))]
		fmt.Fprintln(w, pad+Translate(lang, strings.TrimLeft(l, " ")))
	}
	return nil
}

func (p *Plan) explain(topic string) ([]string, bool) {
	f := fmt.Sprintf
	switch topic {
	case "days":
		return []string{
			"formula: days = tokens / (batch × sequence) × step / 86400 / kept",
			f("%.2f = %s / (%d × %d) × %.3f s / 86400 / %.4f", p.Days, Count(p.Tokens), p.Batch, p.Seq, p.Seconds, p.Kept),
			f("formula: kept = goodput × practice × (chip-hours at 40 %% of peak / 100,000)^%.4f", p.coef().Effort),
			f("%.4f = min(1, %.4f × %.4f × (%s / 100,000)^%.4f)", p.Kept, p.Goodput.Share, p.coef().Run, Count(p.hoursAt40()), p.coef().Effort),
			"source: steps of arXiv 2104.04473 (section 5.1); practice and its exponent fitted on published runs (docs/stages/plan.md)",
			f("check: 6 N D / (chips × model FLOP/s) = 6 × %s × %s / (%s × %.0f TFLOP/s) = %.1f days without losses", Count(p.Active), Count(p.Tokens), Count(float64(p.chips())), p.tflops(),
				6*p.Active*p.Tokens/(float64(p.chips())*p.tflops()*1e12)/86400),
		}, true
	case "mfu":
		return []string{
			"formula: MFU = model FLOPs a token × batch × sequence / step / (chips × peak)",
			f("%.4f = %.4g × %d × %d / %.3f s / (%s)", p.MFU, p.Model.FLOPs(p.Seq), p.Batch, p.Seq, p.Seconds, p.peaks()),
			"source: PaLM (arXiv 2204.02311, appendix B); recomputed work does not count",
		}, true
	case "flops":
		return []string{
			"formula: FLOPs a token = 6 × weights that multiply + 6 × layers × heads × (score + value size) × context",
			f("%.4g ≈ 6 × %s + 6 × %d × %d × %.0f × %.0f", p.Model.FLOPs(p.Seq), Count(p.Active), p.Model.Layers, p.Model.Heads, p.Model.qkDim()+p.Model.vDim(), p.Model.context(p.Seq)),
			f("total %.4g = that × %s tokens", p.FLOPs, Count(p.Tokens)),
			"source: arXiv 2104.04473, equation 3; arXiv 2204.02311, appendix B (full attention square)",
		}, true
	case "loss":
		return []string{
			"formula: L = 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658",
			f("%.4f (N = %s, D = %s)", p.Loss, Count(p.Active), Count(p.Tokens)),
			"source: arXiv 2404.10102, the corrected fit of arXiv 2203.15556 approach 3; an expert model counts its active parameters, which understates it",
		}, true
	case "band":
		return []string{
			f("formula: p10 = days × %.2f, p90 = days × %.2f", p.band.Low, p.band.High),
			"source: residuals of published runs, each model family predicted from the others; wider for chips without measured rows",
		}, true
	}
	return p.explainMore(topic)
}

func (p *Plan) chips() int { return p.req.chips() }

func (p *Plan) coef() *Coefficients {
	if p.req.Co == nil {
		return Fitted()
	}
	return p.req.Co
}

func (p *Plan) explainMore(topic string) ([]string, bool) {
	f := fmt.Sprintf
	switch topic {
	case "step":
		return p.explainStep(), true
	case "memory":
		return p.explainMemory(), true
	case "goodput":
		g := p.Goodput
		return []string{
			"formula: share = 1 − δ/τ − (τ/2 + R)/M, τ = √(2δM)·(1 + ⅓√(δ/2M) + δ/18M) − δ",
			f("%.4f (δ = %.1f s, %.0f GB; M = %.2f h; τ = %.0f s; R = %.0f s)", g.Share, g.WriteSeconds, g.CheckpointGB, g.MTBFHours, g.Interval, p.req.Reliability.Restart),
			"source: Daly, FGCS 22 (2006); one failure per 2,112 chip-days by the Llama 3 report (arXiv 2407.21783)",
		}, true
	case "energy":
		return []string{
			"formula: energy = Σ chips × 1.1 × TDP × PUE × hours",
			f("%.4g kWh = (%s) × %.2f × %.1f h", p.EnergyKWh, p.draws(), p.req.Power.PUE, p.Days*24),
			f("%.4g kW = (%s) × %.2f", p.KWatts, p.draws(), p.req.Power.PUE),
			"source: measured systems of arXiv 2104.10350: 85 % of TDP for the chip, 25 % for host and network",
		}, true
	case "co2":
		return []string{"formula: CO₂ = energy × grid factor", f("%.4g t = %.4g kWh × %.4f kg/kWh / 1000", p.CO2, p.EnergyKWh, p.req.Power.Factor),
			"source: China's Ministry of Ecology and Environment, December 2024, for Chinese grids; docs/stages/plan.md for others"}, true
	case "cost", "layout":
		return p.explainChoice(topic), true
	}
	return nil, false
}

func (p *Plan) explainChoice(topic string) []string {
	f := fmt.Sprintf
	if topic == "cost" {
		return p.explainCost()
	}
	lines := []string{f("%d layouts considered, %d fit; the fastest is %s", p.Considered, p.Fitting, p.Layout.String())}
	for _, o := range p.Others {
		lines = append(lines, "  next: "+o)
	}
	return append(lines, "source: exhaustive search over divisors of the chips")
}
