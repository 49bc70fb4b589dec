package words

import "strings"

// prefix returns how many bytes spaCy's prefix rules cut off in front of s.
func prefix(s string) int {
	if s == "" {
		return 0
	}
	switch c := s[0]; {
	case c == '%' || c == '=':
		return 1
	case c == '+':
		if len(s) > 1 && isASCIIDigit(s[1]) {
			return 0
		}
		return 1
	case c == '.':
		return dots(s)
	case c == 'U' && strings.HasPrefix(s, "US$"):
		return 3
	case (c == 'C' || c == 'A') && strings.HasPrefix(s[1:], "$"):
		return 2
	}
	r, n := decode(s)
	if r == '§' || class(r)&(isPrefix|isCurrency|isIcon) != 0 {
		return n
	}
	return 0
}

// dots returns the length of the run of full stops s begins with, if it is two
// or more.
func dots(s string) int {
	n := 0
	for n < len(s) && s[n] == '.' {
		n++
	}
	if n < 2 {
		return 0
	}
	return n
}

func isASCIIDigit(c byte) bool { return '0' <= c && c <= '9' }

// suffix returns how many bytes spaCy's suffix rules cut off behind s. Where
// several rules match, the one that starts first wins.
func suffix(s string) int {
	if s == "" {
		return 0
	}
	last, n := decodeLast(s)
	is := class(last)
	longest := 0
	if is&(isPrefix|isIcon) != 0 {
		longest = n
	}
	rest := s[:len(s)-n]
	switch {
	case last == '.':
		return suffixDot(s)
	case last == '…':
		if strings.HasSuffix(rest, "…") {
			return 2 * n
		}
		return longest
	case last == 's' || last == 'S':
		if strings.HasSuffix(rest, "'") {
			longest = 2
		} else if strings.HasSuffix(rest, "’") {
			longest = 1 + len("’")
		}
	case last == '+' && rest != "" && isASCIIDigit(rest[len(rest)-1]):
		longest = n
	}
	if is&isCurrency != 0 {
		longest = max(longest, suffixCurrency(s, n))
	}
	if mayEndUnit(last) {
		longest = max(longest, suffixUnit(s))
	}
	return longest
}

func suffixDot(s string) int {
	n := 0
	for n < len(s) && s[len(s)-1-n] == '.' {
		n++
	}
	if n > 1 {
		return n
	}
	rest := s[:len(s)-1]
	if rest == "" {
		return 0
	}
	r, w := decodeLast(rest)
	if class(r)&isBeforeDot != 0 {
		return 1
	}
	if class(r)&isUpper != 0 {
		if r, _ := decodeLast(rest[:len(rest)-w]); class(r)&isUpper != 0 && len(rest) > w {
			return 1
		}
	}
	if strings.IndexByte("FfCcKk", rest[len(rest)-1]) >= 0 && strings.HasSuffix(rest[:len(rest)-1], "°") {
		return 1
	}
	return 0
}

// suffixCurrency matches a currency sign, or US$, C$, A$, behind a digit.
func suffixCurrency(s string, n int) int {
	for _, sign := range [...]string{"US$", "C$", "A$"} {
		if strings.HasSuffix(s, sign) && afterDigit(s, len(sign)) {
			return len(sign)
		}
	}
	if afterDigit(s, n) {
		return n
	}
	return 0
}

// afterDigit reports whether an ASCII digit stands before the last n bytes of s.
func afterDigit(s string, n int) bool { return len(s) > n && isASCIIDigit(s[len(s)-1-n]) }

// mayEndUnit is a quick test for the last character of a unit of measure.
func mayEndUnit(r rune) bool {
	return r == '%' || r == '²' || r == '³' || r >= 0x400 && r < 0x700 || r < 0x80 && class(r)&isLetter != 0
}

// suffixUnit matches a unit behind a digit. No unit holds a digit, so that it
// must be all that follows the last one.
func suffixUnit(s string) int {
	for n := 1; n <= len(s) && n <= longestUnit+1; n++ {
		if !isASCIIDigit(s[len(s)-n]) {
			continue
		}
		for _, u := range units {
			if u == s[len(s)-n+1:] {
				return len(u)
			}
		}
		break
	}
	return 0
}

// longestUnit is the length in bytes of the longest of units.
const longestUnit = 12

// infix returns the length of the infix that starts at byte i of s, or 0.
// digits says whether a hyphen between a digit and a letter counts.
func infix(s string, i int, digits bool) int {
	c := s[i]
	switch c {
	case '.':
		if n := dots(s[i:]); n > 0 {
			return n
		}
		if classBefore(s, i)&(isLower|isQuote) != 0 && classAfter(s, i+1)&(isUpper|isQuote) != 0 {
			return 1
		}
		return 0
	case ',':
		if classBefore(s, i)&isAlpha != 0 && classAfter(s, i+1)&isAlpha != 0 {
			return 1
		}
		return 0
	case ':', '<', '>', '=', '/':
		if alphaOrDigitBefore(s, i, true) && classAfter(s, i+1)&isAlpha != 0 {
			return 1
		}
		return 0
	case '+', '*', '^', '-':
		if i > 0 && isASCIIDigit(s[i-1]) && i+1 < len(s) && (isASCIIDigit(s[i+1]) || s[i+1] == '-') {
			return 1
		}
		if c == '-' {
			return hyphen(s, i, digits)
		}
		return 0
	case '~':
		return hyphen(s, i, digits)
	}
	if c < 0x80 {
		return 0
	}
	r, n := decode(s[i:])
	if r == '…' || class(r)&isIcon != 0 {
		return n
	}
	if r == '–' || r == '—' {
		return hyphen(s, i, digits)
	}
	return 0
}

// hyphen matches one of - – — -- --- —— ~ between letters.
func hyphen(s string, i int, digits bool) int {
	if !alphaOrDigitBefore(s, i, digits) {
		return 0
	}
	for _, h := range [...]string{"-", "–", "—", "--", "---", "——", "~"} {
		if strings.HasPrefix(s[i:], h) && classAfter(s, i+len(h))&isAlpha != 0 {
			return len(h)
		}
	}
	return 0
}

func alphaOrDigitBefore(s string, i int, digits bool) bool {
	return classBefore(s, i)&isAlpha != 0 || digits && i > 0 && isASCIIDigit(s[i-1])
}

func classBefore(s string, i int) uint32 {
	if i == 0 {
		return 0
	}
	if c := s[i-1]; c < 0x80 {
		return classPages[0][c]
	}
	r, _ := decodeLast(s[:i])
	return class(r)
}

func classAfter(s string, i int) uint32 {
	if i >= len(s) {
		return 0
	}
	if c := s[i]; c < 0x80 {
		return classPages[0][c]
	}
	r, _ := decode(s[i:])
	return class(r)
}
