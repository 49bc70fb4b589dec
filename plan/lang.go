package plan

import (
	"regexp"
	"strings"
)

// Translate returns the text in the language "zh"; other languages and unknown
// sentences stay as they are. Sentences with values are found by pattern.
func Translate(lang, text string) string {
	if lang != "zh" || text == "" {
		return text
	}
	if zh, ok := words()[text]; ok {
		return zh
	}
	for _, s := range sentences() {
		re := regexp.MustCompile("^(?s:" + s[0] + ")$")
		if re.MatchString(text) {
			return re.ReplaceAllString(text, s[1])
		}
	}
	return text
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
