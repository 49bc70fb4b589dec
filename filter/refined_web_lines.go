package filter

import (
	"strings"
	"unicode"

	"feilun"
	"feilun/internal/words"
)

// RefinedWebLines takes out lines of buttons, counters and menus (Penedo et al.,
// 2023, arXiv:2306.01116, appendix G.2; tests as DCLM published them, in this
// order). Lines end at line feeds; lines that are empty before stay. Pages of
// which it takes too much are dropped by refined_web_page.
type RefinedWebLines struct {
	// MaxUppercase is the highest share of a line's characters that may be capitals.
	MaxUppercase float64 `json:"max_uppercase" default:"0.5" range:"0..1"`
	// MaxNumeric is the highest share of a line's characters that may be digits.
	MaxNumeric float64 `json:"max_numeric" default:"0.999999" range:"0..1"`
	// Counters takes lines such as "3 likes".
	Counters bool `json:"counters" default:"true"`
	// MinWords is the lowest number of words of a line.
	MinWords int `json:"min_words" default:"2" range:"0.."`
	// Phrases cuts "items in cart", a closing "Read more..." and an opening "Sign-in" from short lines.
	Phrases bool `json:"phrases" default:"true"`
	// ShortLine is the number of words up to which a line is short.
	ShortLine int `json:"short_line" default:"10" range:"0.."`
}

// Edit implements [Edit].
func (f *RefinedWebLines) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	e := editor{text: d.Text}
	for at := 0; at < len(d.Text); {
		end, next := len(d.Text), len(d.Text)
		if i := strings.IndexByte(d.Text[at:], '\n'); i >= 0 {
			end, next = at+i, at+i+1
		}
		if line := d.Text[at:end]; words.TrimLeft(line) != "" {
			if rule := f.rule(line); rule != "" {
				e.cut(rule, at, next, "")
			} else if f.Phrases {
				f.phrases(&e, at, end, next)
			}
		}
		at = next
	}
	return e.finish()
}

// rule returns the parameter that takes the whole line out, or "".
func (f *RefinedWebLines) rule(line string) string {
	chars, upper, digits := 0, 0, 0
	for _, r := range line {
		chars++
		if unicode.IsUpper(r) {
			upper++
		}
		if words.IsDigit(r) {
			digits++
		}
	}
	switch {
	case float64(upper)/float64(chars) > f.MaxUppercase:
		return "max_uppercase"
	case float64(digits)/float64(chars) > f.MaxNumeric:
		return "max_numeric"
	case f.Counters && isCounter(line):
		return "counters"
	case countFields(line) < f.MinWords:
		return "min_words"
	}
	return ""
}

// counted are the words that make a number a counter.
var counted = []string{
	"like", "likes", "share", "shares", "comment", "comments", "retweet", "retweets", "repost", "reposts", "quote", "quotes",
	"bookmark", "bookmarks", "upvote", "upvotes", "downvote", "downvotes", "download", "downloads", "view", "views", "follower", "followers",
}

// isCounter matches a line of a number and what it counts, such as "3 likes" or
// "1.2K views".
func isCounter(line string) bool {
	number, rest := words.NextField(line)
	what, rest := words.NextField(rest)
	if what == "" || words.TrimLeft(rest) != "" || number[0] < '0' || number[0] > '9' {
		return false
	}
	if strings.Trim(number, "0123456789.,") != "" && strings.Trim(number[:len(number)-1], "0123456789.,") != "" {
		return false
	}
	if c := number[len(number)-1] | 0x20; c >= 'a' && c <= 'z' && c != 'k' && c != 'm' && c != 'b' {
		return false
	}
	what = strings.ToLower(what)
	for _, c := range counted {
		if what == c {
			return true
		}
	}
	return false
}

// phrases cuts navigation phrases from a short line, and the whole line when
// nothing is left.
func (f *RefinedWebLines) phrases(e *editor, at, end, next int) {
	line := e.text[at:end]
	lower := asciiLower(line)
	var spans []piece
	if strings.HasPrefix(lower, "sign-in") {
		spans = append(spans, piece{0, len("sign-in")})
	}
	for from := 0; ; {
		i := strings.Index(lower[from:], "items in cart")
		if i < 0 {
			break
		}
		spans = append(spans, piece{from + i, from + i + len("items in cart")})
		from += i + len("items in cart")
	}
	if strings.HasSuffix(lower, "read more...") {
		spans = append(spans, piece{len(line) - len("read more..."), len(line)})
	}
	if len(spans) == 0 || countFields(line) > f.ShortLine {
		return
	}
	left := ""
	done := 0
	for _, s := range spans {
		left += line[done:s.start]
		done = s.end
	}
	if words.Trim(left+line[done:]) == "" {
		e.cut("phrases", at, next, "")
		return
	}
	for _, s := range spans {
		e.cut("phrases", at+s.start, at+s.end, "")
	}
}

// asciiLower lowers ASCII letters, so that offsets stay.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
