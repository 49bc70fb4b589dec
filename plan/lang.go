package plan

import (
	"regexp"
	"strconv"
	"strings"
)

// Translate returns the text in the language "zh"; other languages and unknown
// sentences stay as they are. Sentences with values are found by pattern; values
// that are sentences themselves are translated too, and so are the parts of a
// list joined by semicolons.
func Translate(lang, text string) string {
	if lang != "zh" || text == "" {
		return text
	}
	if zh, ok := word(text); ok {
		return zh
	}
	if parts := strings.Split(text, "; "); len(parts) > 1 {
		known := 0
		for i, p := range parts {
			if zh := Translate(lang, p); zh != p {
				parts[i] = zh
				known++
			}
		}
		if known == len(parts) {
			return strings.Join(parts, "；")
		}
	}
	for _, s := range append(moreSentences(), sentences()...) {
		re := regexp.MustCompile("^(?s:" + s[0] + ")$")
		at := re.FindStringSubmatch(text)
		if at == nil {
			continue
		}
		out := s[1]
		for i := len(at) - 1; i > 0; i-- {
			out = strings.ReplaceAll(out, "$"+strconv.Itoa(i), inner(at[i], text))
		}
		return out
	}
	return text
}

func word(text string) (string, bool) {
	if zh, ok := words()[text]; ok {
		return zh, true
	}
	zh, ok := moreWords()[text]
	return zh, ok
}

// inner translates a value inside a sentence where it is a sentence itself.
func inner(value, whole string) string {
	if len(value) < 8 || len(value) >= len(whole) || !strings.ContainsAny(value, " ") {
		if zh, ok := moreWords()[value]; ok {
			return zh
		}
		return value
	}
	return Translate("zh", value)
}

// Language picks "zh" or "en" from a flag and the environment's LANG.
func Language(flag, lang string) string {
	pick := flag
	if pick == "" {
		pick = lang
	}
	if strings.HasPrefix(strings.ToLower(pick), "zh") {
		return "zh"
	}
	return "en"
}
