package language

import (
	"fmt"
	"slices"

	"feilun"
)

// Params are the parameters of the language stage.
type Params struct {
	// Model is the path of a fastText model (.bin or .ftz); the built-in model when empty.
	Model string `json:"model" default:""`
	// Keep lists the languages that stay, such as "zh", "zh-Hant" or "en"; all stay when it is empty.
	Keep []string `json:"keep" default:"[]"`
	// MinConfidence is the least confidence in the language that stays.
	MinConfidence float64 `json:"min_confidence" default:"0" range:"0..1"`
}

// A Stage sets language, script and confidence of documents and drops those
// that are not wanted. One goroutine at a time; see [Stage.Clone].
type Stage struct {
	Params
	own *Identifier
}

// New returns a stage. Loading a large model takes seconds: make one stage and
// clone it.
func New(p Params) (*Stage, error) {
	if p.Model != "" {
		return nil, fmt.Errorf("language.model %q: this build reads the built-in model alone", p.Model)
	}
	m, err := Default()
	if err != nil {
		return nil, err
	}
	return &Stage{Params: p, own: m}, nil
}

// Clone returns a stage for another goroutine; the model is shared.
func (s *Stage) Clone() *Stage { return &Stage{Params: s.Params, own: s.own.Clone()} }

// Check sets d.Language, d.Script and d.Confidence from d.Text and says whether
// the document stays. The verdict by rule "keep" has the language as its note.
func (s *Stage) Check(d *feilun.Doc) feilun.Verdict {
	r := s.own.Identify(d.Text)
	d.Language, d.Script, d.Confidence = r.Language, r.Script, r.Confidence
	name := r.Language
	if r.Script != "" {
		name += "-" + r.Script
	}
	if len(s.Keep) > 0 && !slices.Contains(s.Keep, r.Language) && !slices.Contains(s.Keep, name) {
		v := feilun.Drop("keep", 0, 1)
		v.Note = name
		return v
	}
	if r.Confidence < s.MinConfidence {
		v := feilun.Drop("min_confidence", r.Confidence, s.MinConfidence)
		v.Note = name
		return v
	}
	return feilun.Keep
}
