package mix

import (
	"fmt"
	"math"

	"feilun/internal/hint"
)

// disagree is how far the epochs given beside a share may be from those that
// the share comes to before the plan warns.
const disagree = 0.05

// mostEpochs is how often a source may come at all; who asks for more has
// mistyped a number.
const mostEpochs = 1_000_000

// targets says how many tokens each source gives. Sources with epochs alone
// give these; the others share what is left of Tokens, or, where no number of
// tokens is said, as much as leaves none of them short, or keeps their shares
// beside the epochs of the others.
func (j *job) targets(p *Plan) error {
	fixed, shares, fixedShare := 0.0, 0.0, false
	for i, s := range j.spec.Sources {
		r := &j.rows[i]
		if r.Tokens == 0 {
			return hint.Usage(fmt.Errorf("mix: source %s has no text", s.Name))
		}
		if s.Share > 0 {
			r.rule = "share"
			shares += s.Share
			continue
		}
		r.rule, fixedShare = "epochs", true
		r.Target = int64(math.Round(s.Epochs * float64(r.Tokens)))
		fixed += float64(r.Target)
	}
	if shares > 0 {
		total, err := j.shared(fixed, shares, fixedShare)
		if err != nil {
			return hint.Usage(fmt.Errorf("mix: %w", err))
		}
		for i, s := range j.spec.Sources {
			if s.Share == 0 {
				continue
			}
			r, target := &j.rows[i], math.Round(s.Share/shares*total)
			if epochs := target / float64(r.Tokens); epochs > mostEpochs {
				return hint.Usage(hint.With(fmt.Errorf("mix: source %s has %v tokens and would come %.3g times", s.Name, Amount(r.Tokens), epochs), "lower tokens or its share"))
			}
			r.Target = int64(target)
		}
		if !fixedShare && math.Abs(shares-1) > 1e-9 {
			p.Warnings = append(p.Warnings, fmt.Sprintf("shares sum to %.4g; each is divided by that", shares))
		}
	}
	if shares == 0 && j.spec.Tokens > 0 {
		p.Warnings = append(p.Warnings, "all sources give epochs: tokens is not used")
	}
	j.warn(p)
	return nil
}

// shared returns the tokens that the sources with shares give together.
func (j *job) shared(fixed, shares float64, fixedShare bool) (float64, error) {
	switch tokens := float64(j.spec.Tokens); {
	case tokens > 0:
		if tokens <= fixed {
			return 0, fmt.Errorf("sources with epochs alone give %v tokens, which leaves nothing of %v for those with shares", Amount(fixed), j.spec.Tokens)
		}
		return tokens - fixed, nil
	case fixedShare:
		if shares >= 1 {
			return 0, fmt.Errorf("shares sum to %.4g, which leaves nothing for the sources with epochs alone", shares)
		}
		return fixed / (1 - shares) * shares, nil
	}
	total := math.Inf(1)
	for i, s := range j.spec.Sources {
		total = min(total, float64(j.rows[i].Tokens)*shares/s.Share)
	}
	return total, nil
}

// warn says where the plan is unwise or the file contradicts itself.
func (j *job) warn(p *Plan) {
	for i, s := range j.spec.Sources {
		r := &j.rows[i]
		r.Epochs = float64(r.Target) / float64(r.Tokens)
		if j.spec.MaxEpochs > 0 && r.Epochs > j.spec.MaxEpochs {
			p.Warnings = append(p.Warnings, fmt.Sprintf("source %s comes %.3g times, more than max_epochs %.3g", s.Name, r.Epochs, j.spec.MaxEpochs))
		}
		if s.Share > 0 && s.Epochs > 0 && math.Abs(r.Epochs/s.Epochs-1) > disagree {
			p.Warnings = append(p.Warnings, fmt.Sprintf("source %s: its share comes to %.3g epochs, the file says %.3g; the share decides", s.Name, r.Epochs, s.Epochs))
		}
	}
}
