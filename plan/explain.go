package plan

import (
	"fmt"
	"io"
	"strings"

	"feilun/internal/hint"
)

// Topics are the numbers [Explain] opens.
func Topics() []string {
	return []string{"days", "step", "mfu", "memory", "goodput", "energy", "co2", "cost", "flops", "loss", "band", "layout"}
}

// Explain writes the formula behind a number with its values and source.
func Explain(w io.Writer, p *Plan, topic, lang string) error {
	lines, ok := p.explain(topic)
	if !ok {
		return hint.With(fmt.Errorf("nothing called %q to explain", topic), "topics are "+strings.Join(Topics(), ", "))
	}
	if !p.Feasible {
		return hint.With(fmt.Errorf("there is no %s: %s", topic, p.Why), p.Hint)
	}
	for _, l := range lines {
		head, rest, found := strings.Cut(l, ": ")
		if found && (head == "source" || head == "formula") {
			l = Translate(lang, head) + ": " + Translate(lang, rest)
		}
		fmt.Fprintln(w, l)
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
			f("%.4f = %.4f × %.2f × …, at most 1", p.Kept, p.Goodput.Share, p.coef().Run),
			"source: steps of arXiv 2104.04473 (section 5.1); practice and its exponent fitted on published runs (docs/stages/plan.md)",
			f("check: 6 N D / (chips × model FLOP/s) = 6 × %s × %s / (%s × %.0f TFLOP/s) = %.1f days without losses", Count(p.Active), Count(p.Tokens), Count(float64(p.chips())), p.tflops(),
				6*p.Active*p.Tokens/(float64(p.chips())*p.tflops()*1e12)/86400),
		}, true
	case "mfu":
		return []string{
			"formula: MFU = model FLOPs a token × batch × sequence / step / (chips × peak)",
			f("%.4f = %.4g × %d × %d / %.3f s / (%d × peak of %s)", p.MFU, p.Model.FLOPs(p.Seq), p.Batch, p.Seq, p.Seconds, p.chips(), p.Precision),
			"source: PaLM (arXiv 2204.02311, appendix B); recomputed work does not count",
		}, true
	case "flops":
		return []string{
			"formula: FLOPs a token = 6 × weights that multiply + 6 × layers × heads × (score + value size) × context",
			f("%.4g = 6 × about %s + 6 × %d × %d × %.0f × %.0f", p.Model.FLOPs(p.Seq), Count(p.Active), p.Model.Layers, p.Model.Heads, p.Model.qkDim()+p.Model.vDim(), p.Model.context(p.Seq)),
			f("total %.4g = that × %s tokens", p.FLOPs, Count(p.Tokens)),
			"source: arXiv 2104.04473, equation 3; arXiv 2204.02311, appendix B (full attention square)",
		}, true
	case "loss":
		return []string{
			"formula: L = 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658",
			f("%.4f with N = %s, D = %s", p.Loss, Count(p.Active), Count(p.Tokens)),
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
		lines := []string{"formula: step = micro-batches × slowest stage + bubble + exposed communication + optimizer"}
		for i := range numParts {
			if v := p.Times[i.String()]; v > 0 {
				lines = append(lines, f("  %-16s %9.4f s", i.String(), v))
			}
		}
		return append(lines, f("  %-16s %9.4f s", "total", p.Seconds),
			"source: arXiv 2104.04473 section 2.2 (1F1B, interleaving), 2205.05198 (recomputation), 1910.02054 (ZeRO), 1802.05799 (rings); rates in plan/coefficients.go"), true
	case "memory":
		lines := []string{"formula: fullest stage = weights + gradients + Adam + activations in flight + logits + overhead"}
		for _, k := range []string{"weights", "gradients", "optimizer", "activations", "logits", "gathered", "overhead"} {
			lines = append(lines, f("  %-12s %8.2f GiB", k, p.Memory[k]))
		}
		return append(lines, "source: arXiv 2205.05198 table 2 (activations), 1910.02054 (states); overhead fitted on peak readings of BLOOM and V100 runs"), true
	case "goodput":
		g := p.Goodput
		return []string{
			"formula: share = 1 − δ/τ − (τ/2 + R)/M, τ = √(2δM)·(1 + ⅓√(δ/2M) + δ/18M) − δ",
			f("%.4f with δ = %.1f s (%.0f GB), M = %.2f h, τ = %.0f s, R = %.0f s", g.Share, g.WriteSeconds, g.CheckpointGB, g.MTBFHours, g.Interval, p.req.Reliability.Restart),
			"source: Daly, FGCS 22 (2006); one failure per 2,112 chip-days by the Llama 3 report (arXiv 2407.21783)",
		}, true
	case "energy":
		return []string{
			"formula: energy = Σ chips × 1.1 × TDP × PUE × hours",
			f("%.0f kWh = %.1f kW × %.1f h (PUE %.2f inside)", p.EnergyKWh, p.KWatts, p.Days*24, p.req.Power.PUE),
			"source: measured systems of arXiv 2104.10350: 85 % of TDP for the chip, 25 % for host and network",
		}, true
	case "co2":
		return []string{"formula: CO₂ = energy × grid factor", f("%.1f t = %.0f kWh × %.4f kg/kWh", p.CO2, p.EnergyKWh, p.req.Power.Factor),
			"source: China's Ministry of Ecology and Environment, December 2024, for Chinese grids; docs/stages/plan.md for others"}, true
	case "cost", "layout":
		return p.explainChoice(topic), true
	}
	return nil, false
}

func (p *Plan) explainChoice(topic string) []string {
	f := fmt.Sprintf
	if topic == "cost" {
		c := p.Cost
		return []string{
			"formula: rent = chips × hours × rate; own = purchase × days / (life × use) + electricity",
			f("rent ¥%.0f = %d × %.1f h × ¥%.2f", c.Rent, p.chips(), p.Days*24, c.RentHour),
			f("own ¥%.0f = ¥%.0f × %.1f / (%.0f × 365.25 × %.2f) + %.0f kWh × ¥%.2f", c.Own, c.Purchase, p.Days, p.req.Money.Years, p.req.Money.Use, p.EnergyKWh, p.req.Money.Tariff),
			f("¥%.0f for each 1e21 FLOP of model work", c.Per1e21),
			"source: " + c.RentSource + "; purchase prices of the chip table × " + f("%.1f", p.req.Money.Around) + " for server, network and building",
		}
	}
	lines := []string{f("%d layouts considered, %d fit; the fastest is %s", p.Considered, p.Fitting, p.Layout.String())}
	for _, o := range p.Others {
		lines = append(lines, "  next: "+o)
	}
	return append(lines, "source: exhaustive search over divisors of the chips")
}
