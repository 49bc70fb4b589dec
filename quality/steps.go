package quality

import (
	"fmt"
	"math"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/words"

	"github.com/zeebo/xxh3"
)

// All lists the steps a recipe may name, with zero parameters.
func All() []any {
	var all []any
	for _, k := range Kinds() {
		if k.Step != nil {
			all = append(all, k.Step)
		}
	}
	return all
}

// GPT3 keeps documents by a draw that favours high scores, as GPT-3's authors
// did (arXiv 2005.14165, appendix A): a document stays if a draw from Pareto's
// distribution is above 1 - score, so that one of score s stays with probability
// (2 - s)^-alpha. The draw is a hash of the document's id and the seed: the same
// documents stay in every run. The value in the ledger is the score, the limit
// the score that this document's draw asked for.
type GPT3 struct {
	// Model is the file of a model that feilun quality train wrote. A fastText model will do, too.
	Model string `json:"model" default:""`
	// Label is the class of a fastText model that counts as good, with or without its "__label__"; empty takes the one called hq, good, clean, positive, keep, wiki or 1.
	Label string `json:"label" default:""`
	// Alpha is the exponent: 9 in GPT-3, 3 in the Pile's and NeMo's filters; 0 keeps all that min lets pass.
	Alpha float64 `json:"alpha" default:"9" range:"0..1000"`
	// Min is the score a document must exceed in any case; 0 asks for nothing.
	Min float64 `json:"min" default:"0" range:"0..1"`
	// Seed chooses the draws.
	Seed int64 `json:"seed" default:"1"`

	model *Model
}

// Prepare loads the model.
func (g *GPT3) Prepare() (err error) {
	g.model, err = openNamed(g.Model, g.Label)
	return err
}

// Judge returns the document's score with the verdict on it.
func (g *GPT3) Judge(d *feilun.Doc) (float64, feilun.Verdict) {
	s := g.model.Score(d)
	if g.Min > 0 && !(s > g.Min) {
		return s, feilun.Drop("min", s, g.Min)
	}
	if limit := 1 - pareto(d.ID, g.Seed, g.Alpha); g.Alpha > 0 && !(s > limit) {
		return s, feilun.Drop("alpha", s, limit)
	}
	return s, feilun.Keep
}

func (g *GPT3) loaded() **Model { return &g.model }

// Limit is the score that half the draws let pass, or min where that is more.
func (g *GPT3) Limit() float64 {
	if g.Alpha == 0 {
		return g.Min
	}
	return max(g.Min, 2-math.Exp2(1/g.Alpha))
}

// KeepShare is the chance that a document of score s stays.
func (g *GPT3) KeepShare(s float64) float64 {
	if g.Min > 0 && !(s > g.Min) {
		return 0
	}
	return math.Pow(2-s, -g.Alpha)
}

// pareto draws from Pareto's distribution of the second kind (Lomax, numpy's
// pareto): P(x > t) = (1+t)^-alpha. The draw is a hash of id and seed.
func pareto(id string, seed int64, alpha float64) float64 {
	u := (float64(xxh3.HashStringSeed(id, uint64(seed))>>11) + 0.5) / (1 << 53) // 0 < u < 1
	return math.Pow(u, -1/alpha) - 1
}

// Fasttext keeps documents that a fastText classifier finds likely enough to be
// of one class. With the model openhermes_reddit_eli5_vs_rw_v2_bigram_200k_train
// and the default limit it is the last filter of DCLM-baseline (arXiv 2406.11794).
type Fasttext struct {
	// Model is a fastText classifier, .bin or .ftz.
	Model string `json:"model" default:""`
	// Label is the class that stays, with or without its "__label__"; empty takes the one called hq, good, clean, positive, keep, wiki or 1.
	Label string `json:"label" default:""`
	// Min is the probability a document must exceed (DCLM's 0.018112 keeps about a tenth of its pages).
	Min float64 `json:"min" default:"0.018112" range:"0..1"`
	// StripLines takes white space off both ends of each line before the model sees the text, as DCLM does; white space that is not ASCII's is part of words otherwise.
	StripLines bool `json:"strip_lines" default:"false"`

	model *Model
}

// Prepare loads the model.
func (f *Fasttext) Prepare() (err error) {
	f.model, err = openKind(f.Model, f.Label, "fasttext")
	return err
}

// Judge returns the document's score with the verdict on it.
func (f *Fasttext) Judge(d *feilun.Doc) (float64, feilun.Verdict) {
	if f.StripLines {
		lines := strings.Split(d.Text, "\n")
		for i, l := range lines {
			lines[i] = words.Trim(l)
		}
		d = &feilun.Doc{ID: d.ID, Text: strings.Join(lines, " ")}
	}
	return above(f.model, d, f.Min)
}

// Limit is the score that lets documents pass.
func (f *Fasttext) Limit() float64 { return f.Min }

func (f *Fasttext) loaded() **Model { return &f.model }

// Signals keeps documents whose score, joined from cheap signals and other
// models, is high enough.
type Signals struct {
	// Model is the file of a model that feilun quality train --kind signals wrote.
	Model string `json:"model" default:""`
	// Min is the score a document must exceed.
	Min float64 `json:"min" default:"0.5" range:"0..1"`

	model *Model
}

// Prepare loads the model.
func (s *Signals) Prepare() (err error) {
	s.model, err = openKind(s.Model, "", "signals")
	return err
}

// Judge returns the document's score with the verdict on it.
func (s *Signals) Judge(d *feilun.Doc) (float64, feilun.Verdict) { return above(s.model, d, s.Min) }

// Limit is the score that lets documents pass.
func (s *Signals) Limit() float64 { return s.Min }

func (s *Signals) loaded() **Model { return &s.model }

func above(m *Model, d *feilun.Doc, limit float64) (float64, feilun.Verdict) {
	s := m.Score(d)
	if !(s > limit) {
		return s, feilun.Drop("min", s, limit)
	}
	return s, feilun.Keep
}

func openNamed(name, label string) (*Model, error) {
	if name == "" {
		return nil, hint.Usage(hint.With(fmt.Errorf("no model named"),
			"set model: FILE; feilun quality train makes one"))
	}
	return Open(name, label)
}

// openKind opens a model of the only kind that a step can use.
func openKind(name, label, kind string) (*Model, error) {
	m, err := openNamed(name, label)
	if err == nil && m.Kind != kind {
		err = hint.Usage(hint.With(fmt.Errorf("%s is a %s model, not one of kind %s", name, m.Kind, kind), "name the step after the model's kind: "+m.Kind))
	}
	return m, err
}
