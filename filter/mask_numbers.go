package filter

import "strings"

// emailAt returns the e-mail address around the @ at i, in text from lo on. The
// local part is dot-separated atoms of RFC 5322, the domain at least two labels.
func emailAt(text string, i, lo int) (start, end int, ok bool) {
	start = i
	for start > lo && (isAtom(text[start-1]) || text[start-1] == '.' && start < i && text[start] != '.') {
		start--
	}
	for start < i && (!isWordByte(text[start]) && text[start] != '_') {
		start++ // an address starts at the edge of a word
	}
	if start == i || text[i-1] == '.' {
		return i, i, false
	}
	end, labels := i+1, 0
	for {
		label := end
		for end < len(text) && (isWordByte(text[end]) || text[end] == '-' && end > label) {
			end++
		}
		for end > label && text[end-1] == '-' {
			end--
		}
		if end == label {
			end-- // the dot before it ends a sentence
			break
		}
		labels++
		if end == len(text) || text[end] != '.' {
			break
		}
		end++
	}
	return start, end, labels >= 2
}

func isAtom(c byte) bool {
	return isWordByte(c) || c < 0x80 && strings.IndexByte("!#$%&'*+/=?^_`{|}~-", c) >= 0
}

// phoneAt returns the end of the phone number that starts at i, or 0.
func phoneAt(text string, i int) int {
	c := text[i]
	if c == '+' {
		return internationalAt(text, i)
	}
	end := 0
	switch {
	case c == '1':
		end = mobileAt(text, i)
	case c == '8' && strings.HasPrefix(text[i:], "86"):
		if j := skipSeparator(text, i+2); j < len(text) && text[j] == '1' {
			end = mobileAt(text, j)
		}
	case c == '0' || c == '(':
		end = landlineAt(text, i)
	}
	if end < len(text) && (isWordByte(text[end]) || text[end] == '.' && end+1 < len(text) && isDigit(text[end+1])) {
		return 0
	}
	return end
}

// mobileAt matches 1[3-9] and nine more digits, in one run or as 3-4-4.
func mobileAt(text string, i int) int {
	if i+1 >= len(text) || text[i+1] < '3' || text[i+1] > '9' {
		return 0
	}
	digits := 0
	for digits < 11 {
		if digits == 3 || digits == 7 {
			i = skipSeparator(text, i)
		}
		if i >= len(text) || !isDigit(text[i]) {
			return 0
		}
		i++
		digits++
	}
	return i
}

func skipSeparator(text string, i int) int {
	if i < len(text) && (text[i] == '-' || text[i] == ' ') {
		return i + 1
	}
	return i
}

// landlineAt matches an area code (0 and two or three digits, perhaps in
// parentheses), perhaps a hyphen or space, and seven or eight digits.
func landlineAt(text string, i int) int {
	open := text[i] == '('
	if open {
		i++
	}
	area := i
	for i < len(text) && isDigit(text[i]) && i-area < 12 {
		i++
	}
	n := i - area
	if n < 3 || text[area] != '0' || text[area+1] == '0' {
		return 0
	}
	switch {
	case open && n <= 4 && i < len(text) && text[i] == ')':
		i = skipSeparator(text, i+1)
	case !open && n <= 4 && i < len(text) && text[i] == '-':
		i++
	case !open && (n == 11 || n == 12 && text[area+1] > '2'): // in one run
		return i
	default:
		return 0
	}
	start := i
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	if i-start != 7 && i-start != 8 {
		return 0
	}
	return i
}

// internationalAt matches + and 8 to 15 digits (E.164) in groups set apart by
// single spaces, hyphens, dots or parentheses.
func internationalAt(text string, i int) int {
	if i > 0 && isWordByte(text[i-1]) {
		return 0
	}
	if j := skipSeparator(text, min(i+3, len(text))); strings.HasPrefix(text[i:], "+86") && j < len(text) && text[j] == '1' {
		if end := mobileAt(text, j); end > 0 && (end == len(text) || !isWordByte(text[end])) {
			return end
		}
	}
	digits, end := 0, 0
	for j := i + 1; j < len(text); j++ {
		c := text[j]
		if isDigit(c) {
			if digits++; digits > 15 || digits == 1 && c == '0' {
				return 0
			}
			end = j + 1
			continue
		}
		if digits == 0 || c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' || j > end+1 {
			break
		}
	}
	if digits < 8 || end < len(text) && isWordByte(text[end]) {
		return 0
	}
	return end
}

// idAt reports whether 17 digits from i and a check digit are an identity
// number of GB 11643: area, date of birth, order, check digit (ISO 7064, mod 11-2).
func idAt(text string, i, run int) bool {
	end := i + 18
	if end > len(text) || run < i+17 || run > end || end < len(text) && isWordByte(text[end]) {
		return false
	}
	last := lowerByte[text[i+17]]
	if !isDigit(last) && last != 'x' || text[i] == '0' || text[i] == '9' {
		return false
	}
	year, month, day := number(text[i+6:i+10]), number(text[i+10:i+12]), number(text[i+12:i+14])
	if year < 1880 || year > 2099 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	sum := 0
	for j, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(text[i+j]-'0')
	}
	return "10x98765432"[sum%11] == last
}

func number(s string) (n int) {
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// cardAt returns the end of the bank card number that starts at i: 13 to 19
// digits, single spaces or hyphens between groups of four, first digit 3 to 6
// (ISO/IEC 7812: travel, banking), Luhn's check digit; or 0.
func cardAt(text string, i int) int {
	if text[i] < '3' || text[i] > '6' {
		return 0
	}
	var digits [20]byte
	n, end := 0, i
	for j := i; j < len(text); j++ {
		c := text[j]
		if isDigit(c) {
			if n == 19 {
				return 0
			}
			digits[n] = c - '0'
			n++
			end = j + 1
		} else if c != ' ' && c != '-' || n%4 != 0 || j > end {
			break
		}
	}
	if n < 13 || end < len(text) && isWordByte(text[end]) {
		return 0
	}
	sum := 0
	for k := range n {
		d := int(digits[n-1-k])
		if k%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	if sum%10 != 0 {
		return 0
	}
	return end
}
