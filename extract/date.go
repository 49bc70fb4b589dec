package extract

import (
	"bytes"
	"fmt"
	"time"
)

// Dates before the web, and far after this was written, are something else.
const (
	firstYear = 1990
	lastYear  = 2099
)

// findDate returns the first date in s as YYYY-MM-DD, or "". It reads year
// first (2021-01-02, 2021/1/2, 2021.1.2, 20210102, 2021年1月2日) and English with
// the month's name (January 2, 2021; 2 Jan 2021). Day and month in figures
// alone are ambiguous and not read.
func findDate(s []byte) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= '1' && c <= '2' && (i == 0 || !digit(s[i-1])) {
			if d := yearFirst(s[i:]); d != "" {
				return d
			}
		}
		if c := s[i] | 0x20; c >= 'a' && c <= 's' && (i == 0 || !letter(s[i-1])) {
			if d := named(s, i); d != "" {
				return d
			}
		}
	}
	return ""
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// number reads at most most digits of s.
func number(s []byte, most int) (v, n int) {
	for n < len(s) && n < most && digit(s[n]) {
		v = v*10 + int(s[n]-'0')
		n++
	}
	return v, n
}

func yearFirst(s []byte) string {
	y, n := number(s, 9)
	if n == 8 {
		return valid(y/10000, y/100%100, y%100)
	}
	if n != 4 {
		return ""
	}
	month, s := part(s[4:], "年")
	if month == 0 {
		return ""
	}
	day, _ := part(s, "月")
	return valid(y, month, day)
}

// part reads a separator and a number of one or two digits behind it.
func part(s []byte, han string) (int, []byte) {
	switch {
	case len(s) > 0 && (s[0] == '-' || s[0] == '/' || s[0] == '.'):
		s = s[1:]
	case hasPrefix(s, han):
		s = s[len(han):]
	default:
		return 0, s
	}
	s = bytes.TrimLeft(s, " ")
	v, n := number(s, 2)
	if n < len(s) && digit(s[n]) {
		return 0, s
	}
	return v, s[n:]
}

// valid formats a date that exists and is in range.
func valid(y, m, d int) string {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < firstYear || y > lastYear || int(t.Month()) != m || t.Day() != d {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// named reads a date around the month's name at s[i:].
func named(s []byte, i int) string {
	if len(s)-i < 3 {
		return ""
	}
	var low [3]byte
	for k := range low {
		low[k] = s[i+k] | 0x20
	}
	for m, name := range months {
		if string(low[:]) != name {
			continue
		}
		end := i
		for end < len(s) && (letter(s[end]) || s[end] == '.') {
			end++
		}
		if end-i > 10 {
			return ""
		}
		if d := dayYear(s[end:], m+1); d != "" {
			return d
		}
		return beforeMonth(s[:i], s[end:], m+1)
	}
	return ""
}

// dayYear reads " 2, 2021" or " 2nd 2021".
func dayYear(s []byte, month int) string {
	s = bytes.TrimLeft(s, " ")
	day, n := number(s, 2)
	s = bytes.TrimLeft(s[n:], "stndrh, ")
	year, k := number(s, 4)
	if n == 0 || k != 4 {
		return ""
	}
	return valid(year, month, day)
}

// beforeMonth reads "2 " before the month and " 2021" behind it.
func beforeMonth(before, after []byte, month int) string {
	before = bytes.TrimRight(before, " stndrhof-")
	n := len(before)
	for n > 0 && len(before)-n < 2 && digit(before[n-1]) {
		n--
	}
	day, k := number(before[n:], 2)
	year, l := number(bytes.TrimLeft(after, " ,-"), 4)
	if k == 0 || l != 4 {
		return ""
	}
	return valid(year, month, day)
}

// date returns the page's publication date: what the page declares, then the
// address, then a date that stands near the heading.
func (x *Extractor) date(url string) string {
	for _, s := range x.meta.dates[:dateOther] {
		if d := findDate(s[:min(len(s), 64)]); d != "" {
			return d
		}
	}
	for _, s := range [...][]byte{[]byte(url), x.meta.canonical, x.meta.ogURL} {
		if d := urlDate(s); d != "" {
			return d
		}
	}
	for _, marked := range [...]bool{true, false} {
		if d := x.nearHeading(marked); d != "" {
			return d
		}
	}
	return findDate(x.meta.dates[dateOther])
}

// urlDate reads /2021/01/02/, /2021-01-02 and /20210102 in a path.
func urlDate(s []byte) string {
	for i := 0; i+9 < len(s) && i < 300; i++ {
		if s[i] == '/' || s[i] == '-' || s[i] == '_' || s[i] == 't' {
			if c := s[i+1]; c == '1' || c == '2' {
				if d := yearFirst(s[i+1:]); d != "" {
					return d
				}
			}
		}
	}
	return ""
}

// nearHeading looks at short blocks from two before the heading to the first
// paragraphs; marked ones are those whose classes speak of dates.
func (x *Extractor) nearHeading(marked bool) string {
	const hints = markDate | markMeta | markAuthor
	for i := max(0, x.heading-3); i < min(len(x.blocks), x.heading+12); i++ {
		b := &x.blocks[i]
		if b.count.chars > 120 || marked && x.places[x.tree.Nodes[b.node].Parent].near&hints == 0 {
			continue
		}
		if d := findDate(x.buf[b.from:b.to]); d != "" {
			return d
		}
	}
	return ""
}
