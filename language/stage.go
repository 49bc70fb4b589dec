package language

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strconv"

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
	// NewLines says what stands for a line feed in the one line that a fastText model is asked about: space, or delete (CCNet).
	NewLines string `json:"new_lines" default:"space"`
	// Decimals is to how many decimals the confidence of a fastText model is rounded before the test (CCNet: 2).
	Decimals int `json:"decimals" default:"4" range:"1..4"`
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
	if p.NewLines != "" && p.NewLines != "space" && p.NewLines != "delete" {
		return nil, fmt.Errorf("new_lines %q is neither space nor delete", p.NewLines)
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
		r := s.external.identify(s.own, text, s.NewLines == "delete")
		r.Confidence = rounded(r.Confidence, cmp.Or(s.Decimals, 4))
		return r
	}
	return s.own.Identify(text)
}

// rounded rounds x, at most 1, to so many decimals, as Python's round does.
func rounded(x float64, decimals int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', decimals, 64), 64)
	if err != nil {
		panic(err) // a printed number
	}
	return y
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
