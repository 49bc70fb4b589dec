package language

import (
	"strings"

	"feilun/internal/fasttext"
	"feilun/internal/langid"
)

// An external identifies languages with a fastText model.
type external struct {
	predictor *fasttext.Predictor
	labels    map[string]Result // what each label stands for, without confidence
}

func openExternal(name string) (*external, error) {
	m, err := fasttext.Open(name)
	if err != nil {
		return nil, err
	}
	e := &external{predictor: m.Predictor(), labels: map[string]Result{}}
	for _, l := range m.Labels() {
		e.labels[l] = parseLabel(l)
	}
	return e, nil
}

func (e *external) clone() *external {
	return &external{predictor: e.predictor.Clone(), labels: e.labels}
}

// parseLabel reads labels such as __label__zh, __label__cmn_Hani,
// __label__zho-Hans or __label__en.
func parseLabel(label string) Result {
	name := strings.TrimPrefix(label, "__label__")
	lang, script, _ := strings.Cut(strings.ReplaceAll(name, "-", "_"), "_")
	lang = strings.ToLower(lang)
	if short, ok := iso1[lang]; ok {
		lang = short
	}
	if len(script) != 4 {
		script = ""
	}
	switch script {
	case "Hang":
		script = "Kore"
	case "Hani":
		script = "" // the text says which
	}
	return Result{Language: lang, Script: script}
}

// identify asks the model about the whole text as one line, as fastText's
// command does, so that answers equal those of other programs. Confidence is
// the model's own probability. With join, line feeds are deleted, otherwise they
// part words as spaces do. Text without letters is "und" in any model.
func (e *external) identify(m *Identifier, text string, join bool) Result {
	t := m.tally(text)
	script := dominant(&t)
	if script == langid.None {
		return Result{Language: Und}
	}
	if join {
		text = strings.ReplaceAll(text, "\n", "")
	}
	best := e.predictor.Predict(text, 1, 0)
	if len(best) == 0 {
		return Result{Language: Und, Script: scriptOf(script, &t)}
	}
	r := e.labels[best[0].Name]
	r.Confidence = min(1, float64(best[0].Prob))
	switch {
	case r.Script != "":
	case r.Language == "zh" || r.Language == "yue" || r.Language == "wuu" || r.Language == "lzh":
		r.Script = hanScript(&t)
	case r.Language == "ja":
		r.Script = "Jpan"
	case r.Language == "ko":
		r.Script = "Kore"
	default:
		r.Script = scriptOf(script, &t)
	}
	return r
}

func scriptOf(s langid.Script, t *tally) string {
	if s == langid.Han {
		return eastAsian(t).Script
	}
	return langid.Codes[s]
}
