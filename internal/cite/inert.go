package cite

import (
	"regexp"
	"strconv"
	"strings"
)

// Removed stands where an address was that the answer may not lead to.
const Removed = "(link removed)"

var (
	image      = regexp.MustCompile(`!\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])`)
	link       = regexp.MustCompile(`\[([^\]\n]*)\]\(\s*<?([^)\s>]*)>?[^)\n]*\)`)
	reference  = regexp.MustCompile(`\[([^\]\n]+)\]\[[^\]\n]*\]`)
	definition = regexp.MustCompile(`(?m)^[ >\t]*\[[^\]\n]+\]:[ \t]*\S.*$`)
	angle      = regexp.MustCompile(`<([A-Za-z][A-Za-z0-9+.-]*:[^<>\s]*|[^<>\s@]+@[^<>\s]+)>`)
	address    = regexp.MustCompile(`(?i)(?:[a-z][a-z0-9+.-]{0,20}:\s*//|\bwww\.|\b(?:javascript|vbscript|data|file|blob|mailto|tel):|(?:\\\\|//)[a-z0-9-]+\.)[^\s<>"'` + "`" + `)\]】）」』，。；！？、]*`)
	hostPath   = regexp.MustCompile(`(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?::\d+)?/[^\s<>"'` + "`" + `)\]】）」』，。；！？、]*[?=&%][^\s<>"'` + "`" + `)\]】）」』，。；！？、]*`)
	markup     = regexp.MustCompile(`<[/!?]?[A-Za-z][^<>]*>|<!--[\s\S]*?-->|<\|[^|>\n]{0,40}\|>`)
	special    = regexp.MustCompile(`\[/?(?:INST|SYS)\]|<</?SYS>>`)
	openMarkup = regexp.MustCompile(`<([/!?A-Za-z|])`)
)

// Inert takes out of a piece of Markdown all that could load something or lead anywhere but to an address
// of allowed: pictures become their texts, links their labels, other addresses [Removed]. Tags of HTML go, but in code.
func Inert(text string, allowed map[string]bool, code bool) string {
	text = Clean(text)
	if !strings.ContainsAny(text, "[]<:/") && !strings.Contains(text, "www.") {
		return text
	}
	text = image.ReplaceAllString(text, "$1")
	text = strings.ReplaceAll(text, "![", "[")
	text = definition.ReplaceAllString(text, "")
	var kept []string // links that stay, out of the way of the rules below
	keep := func(s string) string {
		kept = append(kept, s)
		return "\x00" + strconv.Itoa(len(kept)-1) + "\x00"
	}
	text = link.ReplaceAllStringFunc(text, func(s string) string {
		m := link.FindStringSubmatch(s)
		if !allowed[m[2]] {
			return m[1]
		}
		return keep("[" + address.ReplaceAllString(markup.ReplaceAllString(m[1], ""), Removed) + "](" + m[2] + ")")
	})
	text = reference.ReplaceAllString(text, "$1")
	strip := func(s string) string {
		s = strings.Trim(s, "<>")
		at := strings.TrimRight(s, ".,;:!?*_")
		if allowed[at] {
			return keep(at) + s[len(at):]
		}
		return Removed + s[len(at):]
	}
	text = angle.ReplaceAllStringFunc(text, strip)
	text = address.ReplaceAllStringFunc(text, strip)
	text = hostPath.ReplaceAllStringFunc(text, strip)
	text = special.ReplaceAllString(text, "")
	if !code {
		text = markup.ReplaceAllString(text, "")
		text = openMarkup.ReplaceAllString(text, "‹$1")
	}
	// What is left may stand together anew.
	text = strings.NewReplacer("](", "] (", "]:", "] :", "![", "! [", "!\x00", "! \x00").Replace(text)
	for i, k := range kept {
		text = strings.Replace(text, "\x00"+strconv.Itoa(i)+"\x00", k, 1)
	}
	return text
}
