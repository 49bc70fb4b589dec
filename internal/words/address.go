package words

import "strings"

// isAddress reports whether spaCy's URL pattern matches s, which holds no white
// space: optional scheme, optional user, then an IP address or a host name with a
// lower-case top domain, optional port and path.
func isAddress(s string) bool {
	if strings.IndexByte(s, '.') < 0 {
		return false
	}
	starts := [2]int{0, schemeEnd(s)}
	for k, p := range starts {
		if k == 1 && p == 0 {
			break
		}
		if isHost(s[p:]) {
			return true
		}
		for at := p; ; {
			i := strings.IndexByte(s[at:], '@')
			if i < 0 {
				break
			}
			at += i + 1
			if at-1 > p && isHost(s[at:]) {
				return true
			}
		}
	}
	return false
}

// schemeEnd returns where the part after scheme:// begins, or 0.
func schemeEnd(s string) int {
	i := strings.Index(s, "://")
	if i < 0 {
		return 0
	}
	n := 0
	for _, r := range s[:i] {
		if !IsWord(r) && r != '+' && r != '-' && r != '.' {
			return 0
		}
		n++
	}
	if n < 2 {
		return 0
	}
	return i + len("://")
}

func isHost(s string) bool {
	e := strings.IndexAny(s, ":/?#")
	if e < 0 {
		e = len(s)
	}
	if !isPortAndPath(s[e:]) {
		return false
	}
	return isIP(s[:e]) || isName(s[:e])
}

// isPortAndPath matches (:\d{2,5})?([/?#]\S*)?$.
func isPortAndPath(s string) bool {
	if s == "" || s[0] != ':' {
		return true
	}
	digits := 0
	for _, r := range s[1:] {
		if r == '/' || r == '?' || r == '#' {
			return digits >= 2 && digits <= 5
		}
		if !IsDigit(r) {
			return false
		}
		digits++
	}
	return digits >= 2 && digits <= 5
}

// isName matches labels of 1 to 64 characters, each with a full stop, and a top
// domain of 2 to 63 lower-case letters.
func isName(s string) bool {
	labels := 0
	for {
		label, rest, ok := strings.Cut(s, ".")
		if !ok {
			break
		}
		if !isLabel(label) {
			return false
		}
		labels++
		s = rest
	}
	n := 0
	for _, r := range s {
		if class(r)&isLower == 0 {
			return false
		}
		n++
	}
	return labels > 0 && n >= 2 && n <= 63
}

func isLabel(s string) bool {
	n, edge := 0, false
	for _, r := range s {
		edge = r < 0x80 && class(r)&(isLetter|isDigit) != 0 || r >= 0xa1 && r <= 0xffff
		if !edge && (n == 0 || r != '_' && r != '-') {
			return false
		}
		n++
	}
	return n >= 1 && n <= 64 && edge
}

// isIP matches a dotted quad of a public network as the pattern has it, with
// decimal digits of any script where it says \d.
func isIP(s string) bool {
	var parts [4]string
	for i := range parts {
		part, rest, ok := strings.Cut(s, ".")
		if ok == (i == 3) {
			return false
		}
		parts[i], s = part, rest
	}
	a, b := parts[0], parts[1]
	if a == "10" || a == "127" {
		if shortDigits(b) && shortDigits(parts[2]) && shortDigits(parts[3]) {
			return false
		}
	}
	private := a == "169" && b == "254" || a == "192" && b == "168" || a == "172" && isPrivate172(b)
	if private && shortDigits(parts[2]) && shortDigits(parts[3]) {
		return false
	}
	return octet(a, true, "223") && octet(b, false, "255") && octet(parts[2], false, "255") && octet(parts[3], true, "254")
}

func shortDigits(s string) bool {
	n := 0
	for _, r := range s {
		if !IsDigit(r) {
			return false
		}
		n++
	}
	return n >= 1 && n <= 3
}

func isPrivate172(s string) bool {
	r := []rune(s)
	if len(r) != 2 {
		return false
	}
	switch r[0] {
	case '1':
		return r[1] >= '6' && r[1] <= '9'
	case '2':
		return IsDigit(r[1])
	}
	return s == "30" || s == "31"
}

// octet matches a number up to most. With positive set it may not begin with
// zero, otherwise one or two digits may be anything.
func octet(s string, positive bool, most string) bool {
	r := []rune(s)
	if len(r) == 0 || len(r) > 3 {
		return false
	}
	for _, c := range r {
		if !IsDigit(c) {
			return false
		}
	}
	if len(r) < 3 {
		return !positive || r[0] >= '1' && r[0] <= '9'
	}
	switch {
	case r[0] == '1':
		return true
	case r[0] != '2':
		return false
	case r[1] >= '0' && r[1] < rune(most[1]):
		return true
	}
	return r[1] == rune(most[1]) && r[2] >= '0' && r[2] <= rune(most[2])
}
