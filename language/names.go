package language

import (
	"fmt"
	"slices"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/langid"
)

// Names lists what the stage's model may answer, in order: languages ("zh"),
// and languages with their script ("zh-Hant") where the model tells it.
func (s *Stage) Names() []string {
	names := []string{Und}
	add := func(lang, script string) {
		if lang != Und {
			names = append(names, lang, lang+"-"+script)
		}
	}
	if s.external != nil {
		for _, r := range s.external.labels {
			add(r.Language, r.Script)
		}
	} else {
		for script, g := range s.own.groups {
			if g != nil {
				for _, lang := range g.Languages {
					add(lang, langid.Codes[script])
				}
			}
		}
		for script, lang := range langid.Single {
			if s := langid.Script(script); lang != "" && s != langid.Han && s != langid.Kana && s != langid.Hangul {
				add(lang, langid.Codes[script])
			}
		}
		add("zh", "Hans")
		add("zh", "Hant")
		add("ja", "Jpan")
		add("ko", "Kore")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Accepts returns an error for a language that the stage's model never answers.
func (s *Stage) Accepts(name string) error {
	names := s.Names()
	lang, script, with := strings.Cut(name, "-")
	switch {
	case slices.Contains(names, name):
		return nil
	case s.external != nil && with && len(script) == 4 && slices.Contains(names, lang):
		return nil // the model tells no script; the letters do
	}
	err := fmt.Errorf("the language model knows no language %q", name)
	if short := iso1[strings.ToLower(lang)]; slices.Contains(names, short) {
		return hint.With(err, fmt.Sprintf("%s is named %q", lang, short))
	}
	names = slices.DeleteFunc(names, func(s string) bool { return strings.Contains(s, "-") && !strings.HasPrefix(s, "zh-") })
	if len(names) > 100 {
		return hint.With(err, fmt.Sprintf("it knows %d languages, named by ISO 639-1 where that has a code, else by 639-3", len(names)))
	}
	return hint.With(err, "known are "+strings.Join(names, ", "))
}
