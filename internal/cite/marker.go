package cite

import (
	"regexp"
	"strconv"
	"strings"
)

// marker is a citation as models write them: [1], [1, 2], [1-3], 【1】, ［1］, [^1], [来源1], 【1†L3-L5】.
var marker = regexp.MustCompile(`^ ?[\[［【〔]{1,2}\s*(?:\^|(?i:sources?|refs?|citations?|docs?|来源|來源|资料|資料|文档|文檔)\s*[:：]?\s*)?` +
	`(\d{1,3}(?:\s*(?:[,，、;；–~-]|and|和)\s*\^?\d{1,3})*)\s*(?:†[^\]】\n]{0,40})?[\]］】〕]{1,2}`)

// partMarker is what could become a marker when more text comes.
var partMarker = regexp.MustCompile(`^ ?(?:[\[［【〔]{1,2}\s*(?:\^|(?i:[a-z]{1,9}|来源?|來源?|资料?|資料?|文档?|文檔?)\s*[:：]?\s*)?[\d,，、;；–~\s^-]{0,40}(?:†[^\]】\n]{0,40})?[\]］】〕]?)?$`)

// markers returns how long the citation markers at the start of s are. open says
// that more text could make them longer.
func markers(s string) (n int, open bool) {
	for {
		m := marker.FindString(s[n:])
		if m == "" {
			rest := strings.ToValidUTF8(s[n:min(len(s), n+100)], "") // a character may have come in part
			return n, len(s)-n < 90 && (rest != "" || n == 0) && partMarker.MatchString(rest) || rest == "" && n > 0
		}
		n += len(m)
	}
}

// maxRange is how many numbers a range such as [1-9] may name.
const maxRange = 20

// Marked takes the citation markers out of a sentence and returns the numbers
// they name that are from 1 to most, each once, in order of mention. Code in back quotes keeps what it has.
func Marked(sentence string, most int) (text string, numbers []int) {
	var b strings.Builder
	seen := map[int]bool{}
	code := false
	for i := 0; i < len(sentence); {
		c := sentence[i]
		if c == '`' {
			code = !code
		}
		if !code && (c == '[' || c == ' ' || c >= 0xe0) {
			if m := marker.FindStringSubmatch(sentence[i:]); m != nil {
				i += len(m[0])
				if target := linkTarget(sentence[i:]); target > 0 {
					i += target
				}
				for _, n := range numbersOf(m[1]) {
					if n >= 1 && n <= most && !seen[n] {
						seen[n] = true
						numbers = append(numbers, n)
					}
				}
				continue
			}
		}
		b.WriteByte(c)
		i++
	}
	return b.String(), numbers
}

// linkTarget is the length of "(address)" at the start of s, which models put behind a marker.
func linkTarget(s string) int {
	if !strings.HasPrefix(s, "(http") {
		return 0
	}
	return strings.IndexByte(s, ')') + 1
}

// numbersOf reads "1, 3-5".
func numbersOf(list string) []int {
	var out []int
	last, ranged := 0, false
	for len(list) > 0 {
		i := 0
		for i < len(list) && list[i] >= '0' && list[i] <= '9' {
			i++
		}
		if i == 0 {
			ranged = ranged || list[0] == '-' || list[0] == '~' || strings.HasPrefix(list, "–")
			list = list[1:]
			continue
		}
		n, _ := strconv.Atoi(list[:i])
		for m := last + 1; ranged && m < n && n-last <= maxRange; m++ {
			out = append(out, m)
		}
		out = append(out, n)
		last, ranged, list = n, false, list[i:]
	}
	return out
}
