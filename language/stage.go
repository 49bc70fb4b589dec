package language

import (
	"embed"
	"fmt"
	"slices"

	"feilun"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

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
	own      *Identifier
	external *external // a fastText model, or nil
}

// New returns a stage. Loading a large model takes seconds: make one stage and
// clone it. A language in Keep that the model never answers is an error.
func New(p Params) (*Stage, error) {
	m, err := Default()
	if err != nil {
		return nil, err
	}
	s := &Stage{Params: p, own: m}
	if p.Model != "" {
		if s.external, err = openExternal(p.Model); err != nil {
			return nil, fmt.Errorf("language model %w", err)
		}
	}
	for _, name := range p.Keep {
		if err := s.Accepts(name); err != nil {
			return nil, fmt.Errorf("keep: %w", err)
		}
	}
	return s, nil
}

// Clone returns a stage for another goroutine; the model is shared.
func (s *Stage) Clone() *Stage {
	c := &Stage{Params: s.Params, own: s.own.Clone()}
	if s.external != nil {
		c.external = s.external.clone()
	}
	return c
}

// Identify returns the language of text by the stage's model.
func (s *Stage) Identify(text string) Result {
	if s.external != nil {
		return s.external.identify(s.own, text)
	}
	return s.own.Identify(text)
}

// Check sets d.Language, d.Script and d.Confidence from d.Text and says whether
// the document stays. The verdict by rule "keep" has the language as its note.
func (s *Stage) Check(d *feilun.Doc) feilun.Verdict {
	r := s.Identify(d.Text)
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
