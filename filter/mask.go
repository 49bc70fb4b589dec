package filter

import (
	"net/netip"
	"strings"

	"feilun"
)

// Mask replaces what points to a person: e-mail and IP addresses, phone
// numbers, Chinese identity numbers and, on request, bank cards. E-mail and
// IPv4 addresses follow datatrove's PIIFormatter (global addresses only, octets
// without leading zeros) with two departures: the replacement depends on the
// position in the document alone (the first match takes the first, and so on,
// where datatrove counts on through a whole task), and matches have edges, so
// that a Chinese character may stand next to an e-mail address and 8.8.8.8.1
// stays as it is.
type Mask struct {
	// Email masks e-mail addresses.
	Email bool `json:"email" default:"true"`
	// IP masks global IPv4 and IPv6 addresses.
	IP bool `json:"ip" default:"true"`
	// Phone masks phone numbers: Chinese mobile and landline numbers, and
	// international ones that start with +.
	Phone bool `json:"phone" default:"true"`
	// ID masks Chinese identity numbers of 18 digits with a valid date and check
	// digit (GB 11643).
	ID bool `json:"id" default:"true"`
	// Card masks bank card numbers of 13 to 19 digits that pass Luhn's test.
	Card bool `json:"card" default:"false"`
	// EmailText holds the replacements of e-mail addresses, taken in turn.
	EmailText []string `json:"email_text" default:"[\"email@example.com\",\"firstname.lastname@example.org\"]"`
	// IPText holds the replacements of IP addresses, taken in turn: addresses
	// that answered no ping when datatrove chose them.
	IPText []string `json:"ip_text" default:"[\"22.214.171.124\",\"126.96.36.199\",\"188.8.131.52\",\"184.108.40.206\",\"220.127.116.11\",\"18.104.22.168\"]"`
	// PhoneText holds the replacements of phone numbers.
	PhoneText []string `json:"phone_text" default:"[\"[PHONE]\"]"`
	// IDText holds the replacements of identity numbers.
	IDText []string `json:"id_text" default:"[\"[ID]\"]"`
	// CardText holds the replacements of card numbers.
	CardText []string `json:"card_text" default:"[\"[CARD]\"]"`
}

// Edit implements [Edit].
func (f *Mask) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	m := masker{f: f, text: d.Text}
	for i := 0; i < len(m.text); {
		kind := maskTrigger[m.text[i]]
		if kind == 0 {
			i++
			continue
		}
		rule, start, end := m.at(i, kind)
		if rule == "" {
			i = max(end, i+1)
			continue
		}
		m.replace(rule, start, end)
		i = end
	}
	if m.cuts == nil {
		return d.Text, nil
	}
	m.out.WriteString(m.text[m.done:])
	return m.out.String(), m.cuts
}

// maskTrigger tells which byte may start or hold a match: '@', a digit, '+',
// ':' or '(' by itself.
var maskTrigger = func() (t [256]byte) {
	for _, c := range "@+:(" {
		t[c] = byte(c)
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = '0'
	}
	return t
}()

type masker struct {
	f    *Mask
	text string
	out  strings.Builder
	cuts []feilun.Cut
	done int // text before it is written
	seen [5]int
}

// at looks for a match at position i. Without one, rule is "" and end is where
// to go on, if that is after i.
func (m *masker) at(i int, kind byte) (rule string, start, end int) {
	f := m.f
	switch kind {
	case '@':
		if start, end, ok := emailAt(m.text, i, m.done); ok && f.Email {
			return "email", start, end
		}
	case ':':
		if start, end, ok := ipv6At(m.text, i, m.done); ok && f.IP {
			return "ip", start, end
		}
	case '+', '(':
		if end := phoneAt(m.text, i); end > 0 && f.Phone {
			return "phone", i, end
		}
	default:
		return m.digits(i)
	}
	return "", i, i + 1
}

// digits looks for a match that starts with the digit at i, which is the first
// of its run.
func (m *masker) digits(i int) (rule string, start, end int) {
	f, run := m.f, i
	for run < len(m.text) && isDigit(m.text[run]) {
		run++
	}
	if f.IP && run-i <= 3 {
		if end := ipv4At(m.text, i); end > 0 {
			return "ip", i, end
		}
	}
	if run-i < 2 || i > 0 && (isWordByte(m.text[i-1]) || m.text[i-1] == '_') || decimalBefore(m.text, i) {
		return "", i, run
	}
	if f.ID && idAt(m.text, i, run) {
		return "id", i, i + 18
	}
	if f.Card {
		if end := cardAt(m.text, i); end > 0 {
			return "card", i, end
		}
	}
	if f.Phone {
		if end := phoneAt(m.text, i); end > 0 {
			return "phone", i, end
		}
	}
	return "", i, run
}

func decimalBefore(text string, i int) bool {
	return i > 1 && text[i-1] == '.' && isDigit(text[i-2])
}

func (m *masker) replace(rule string, start, end int) {
	var with []string
	var n *int
	switch rule {
	case "email":
		with, n = m.f.EmailText, &m.seen[0]
	case "ip":
		with, n = m.f.IPText, &m.seen[1]
	case "phone":
		with, n = m.f.PhoneText, &m.seen[2]
	case "id":
		with, n = m.f.IDText, &m.seen[3]
	case "card":
		with, n = m.f.CardText, &m.seen[4]
	}
	text := ""
	if len(with) > 0 {
		text = with[*n%len(with)]
	}
	*n++
	m.out.WriteString(m.text[m.done:start])
	m.out.WriteString(text)
	m.done = end
	m.cuts = append(m.cuts, feilun.Cut{Rule: rule, Start: start, End: end, Bytes: end - start - len(text)})
}

// ipv4At returns the end of the global IPv4 address that starts at i, or 0.
func ipv4At(text string, i int) int {
	if i > 0 && isDigit(text[i-1]) || decimalBefore(text, i) {
		return 0
	}
	end, dots := i, 0
	for end < len(text) && (isDigit(text[end]) || text[end] == '.' && dots < 3 && end > i && text[end-1] != '.') {
		if text[end] == '.' {
			dots++
		}
		end++
	}
	if dots < 3 || end-i < 7 || end-i > 15 || end+1 < len(text) && text[end] == '.' && isDigit(text[end+1]) {
		return 0
	}
	a, err := netip.ParseAddr(text[i:end])
	if err != nil || !globalIPv4(a) {
		return 0
	}
	return end
}

// ipv6At returns the global unicast IPv6 address (2000::/3) around the colon at
// i, in text from lo on.
func ipv6At(text string, i, lo int) (start, end int, ok bool) {
	start, end = i, i
	for start > lo && isHexColon(text[start-1]) {
		start--
	}
	colons := 0
	for end < len(text) && isHexColon(text[end]) {
		if text[end] == ':' {
			colons++
		}
		end++
	}
	if colons < 2 || i-start > 4 || end-start > 39 || start > lo && isWordByte(text[start-1]) || end < len(text) && isWordByte(text[end]) {
		return i, i + 1, false
	}
	for text[end-1] == ':' && !strings.HasSuffix(text[start:end], "::") {
		end--
	}
	a, err := netip.ParseAddr(text[start:end])
	if err != nil || a.As16()[0]&0xE0 != 0x20 || documentationIPv6.Contains(a) {
		return i, i + 1, false
	}
	return start, end, true
}

var documentationIPv6 = netip.MustParsePrefix("2001:db8::/32")

func isHexColon(c byte) bool {
	c = lowerByte[c]
	return isDigit(c) || 'a' <= c && c <= 'f' || c == ':'
}

// notGlobal are the IPv4 blocks that IANA's special-purpose registry marks as
// not globally reachable.
var notGlobal = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
}

func globalIPv4(a netip.Addr) bool {
	for _, p := range notGlobal {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
