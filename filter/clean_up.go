package filter

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"feilun"
	"feilun/internal/words"
)

// CleanUp takes addresses out of texts and shortens runs of line feeds, as
// DCLM-baseline does before its filters (Li et al., 2024, arXiv:2406.11794).
type CleanUp struct {
	// Addresses takes out web addresses: from http://, https:// or www. to the next white space, host names with a path under any top-level domain, and host names alone under com, net, org, edu, gov, mil, int, info and biz (others are names of files and of things in programs too, such as main.rs). Marks that end a sentence stay.
	Addresses bool `json:"addresses" default:"true"`
	// MaxNewLines is the longest run of line feeds; 0 leaves runs as they are.
	MaxNewLines int `json:"max_new_lines" default:"2" range:"0.."`
}

// Edit implements [Edit]. Runs of line feeds are those after the addresses are
// out.
func (f *CleanUp) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	e := editor{text: d.Text}
	feeds := 0 // line feeds before i that stay, in a row
	for i := 0; i < len(d.Text); {
		if d.Text[i] == '\n' {
			if feeds++; f.MaxNewLines > 0 && feeds > f.MaxNewLines {
				e.cut("max_new_lines", i, i+1, "")
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(d.Text[i:])
		if words.IsSpace(r) {
			feeds = 0
			i += n
			continue
		}
		end := len(d.Text)
		if at := strings.IndexFunc(d.Text[i:], words.IsSpace); at >= 0 {
			end = i + at
		}
		if !f.Addresses {
			feeds, i = 0, end
			continue
		}
		for bare := false; i < end; {
			var from, to int
			from, to, bare = address(d.Text[i:end], bare)
			if from > 0 {
				feeds = 0
			}
			if from == to {
				break
			}
			e.cut("addresses", i+from, i+to, "")
			i += to
		}
		if i < end {
			feeds, i = 0, end
		}
	}
	return e.finish()
}

// address returns the span of the first web address in a word, or its end
// twice. Brackets, quotes and marks around it are no part of it. Bare says that
// only host names alone are left to look for, so that a word is read once.
func address(word string, bare bool) (from, to int, _ bool) {
	for i := 0; !bare && i < len(word); i++ {
		if startsAddress(word, i) {
			return i, i + addressEnd(word[i:]), false
		}
	}
	from, to = bareHost(word)
	return from, to, true
}

// startsAddress reports whether http://, https:// or www. stands at i, with no
// letter or digit before it and one behind.
func startsAddress(word string, i int) bool {
	if c := word[i] | 0x20; c != 'h' && c != 'w' || i > 0 && isWordByte(word[i-1]) {
		return false
	}
	for _, start := range []string{"http://", "https://", "www."} {
		n := i + len(start)
		if n < len(word) && isWordByte(word[n]) && strings.EqualFold(word[i:n], start) {
			return true
		}
	}
	return false
}

// addressEnd returns where an address that begins s ends: before characters
// that no address holds, and without marks that end a sentence.
func addressEnd(s string) int {
	end := strings.IndexAny(s, "<>\"'`{}|\\^[]()（），。！？；：、“”‘’《》【】")
	if end < 0 {
		end = len(s)
	}
	return len(strings.TrimRight(s[:end], ".,;:!?…"))
}

// bareTops are the top-level domains under which a host name needs no path.
var bareTops = []string{"com", "net", "org", "edu", "gov", "mil", "int", "info", "biz"}

// bareHost finds a host name under a top-level domain that stands alone in a
// word, marks around it aside, perhaps with a path.
func bareHost(word string) (from, to int) {
	from = strings.IndexFunc(word, func(r rune) bool { return r < utf8.RuneSelf && isWordByte(byte(r)) })
	if from < 0 || from > 0 && word[from-1] == '@' {
		return len(word), len(word)
	}
	to = from
	for to < len(word) && (isWordByte(word[to]) || word[to] == '-' || word[to] == '.') {
		to++
	}
	host := strings.TrimRight(word[from:to], ".-")
	dot := strings.LastIndexByte(host, '.')
	if dot <= 0 || strings.Contains(host, "..") || to < len(word) && word[to] == '@' {
		return len(word), len(word)
	}
	top := host[dot+1:]
	if top[0] < 'a' || top[0] > 'z' || strings.ToLower(top) != top {
		return len(word), len(word)
	}
	end := from + len(host)
	suffix, icann := publicsuffix.PublicSuffix(top)
	switch rest := word[end:]; {
	case !icann || suffix != top:
	case rest != "" && rest[0] == '/':
		return from, from + addressEnd(word[from:])
	case slices.Contains(bareTops, top):
		return from, end
	}
	return len(word), len(word)
}
