package wikitext

import (
	"bytes"
	"strconv"

	"feilun/internal/html"
)

// finish turns the inline markup that is left into text: quotes, character
// references, placeholders, and traces of what was dropped. A line break that
// stays becomes br. The result is valid until the next call.
func (l *lineReader) finish(b []byte, br byte) []byte {
	b = l.quotes(b)
	if bytes.IndexByte(b, markGone) >= 0 {
		b = traces(b)
	}
	b = unbracketed(b)
	if bytes.IndexByte(b, '&') >= 0 {
		b = html.AppendDecoded(nil, b)
	}
	out := l.clean[:0]
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == markLiteral:
			text, n := l.p.behind(b[i:])
			out = append(out, text...)
			i += n
		case c == markBreak:
			for len(out) > 0 && out[len(out)-1] == ' ' {
				out = out[:len(out)-1]
			}
			if len(out) > 0 && out[len(out)-1] != br {
				out = append(out, br)
			}
			i++
		case c == ' ' || c == '\t' || c == '\n':
			if len(out) > 0 && out[len(out)-1] != ' ' && out[len(out)-1] != '\n' {
				out = append(out, ' ')
			}
			i++
		case c == 0xc2 && i+1 < len(b) && b[i+1] == 0xa0: // no-break space
			if len(out) > 0 && out[len(out)-1] != ' ' && out[len(out)-1] != '\n' {
				out = append(out, ' ')
			}
			i += 2
		default:
			out = append(out, c)
			i++
		}
	}
	l.clean = out
	return bytes.TrimSpace(out)
}

// behind returns the text of the placeholder at b's start, and its length.
func (p *Parser) behind(b []byte) (text string, n int) {
	k := bytes.IndexByte(b[1:], markLiteral)
	if k < 0 {
		return "", 1
	}
	if i, err := strconv.Atoi(string(b[1 : 1+k])); err == nil && i < len(p.verbatim) {
		text = p.verbatim[i].text
	}
	return text, k + 2
}

// quotes drops the marks of bold and italic text: two, three or five
// apostrophes. Where both kinds are unbalanced, one of three is an apostrophe
// before italics, as in l”'amour”.
func (l *lineReader) quotes(b []byte) []byte {
	if !bytes.Contains(b, []byte("''")) {
		return b
	}
	bold, italic, single, multi := 0, 0, -1, -1
	for i := 0; i < len(b); {
		n := quoteRun(b, i)
		switch n {
		case 2:
			italic++
		case 3, 4:
			bold++
			if i > 0 && b[i-1] != ' ' {
				if i == 1 || b[i-2] == ' ' {
					single = max(single, i)
				} else if multi < 0 {
					multi = i
				}
			}
		case 5:
			bold++
			italic++
		}
		i += max(n, 1)
	}
	keep := -1
	if bold%2 == 1 && italic%2 == 1 {
		if keep = single; keep < 0 {
			keep = multi
		}
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		n := quoteRun(b, i)
		switch {
		case n < 2:
			out = append(out, b[i])
			n = 1
		case i == keep || n == 4:
			out = append(out, '\'')
		case n > 5:
			out = append(out, b[i:i+n-5]...)
		}
		i += n
	}
	return out
}

func quoteRun(b []byte, i int) int {
	n := 0
	for i+n < len(b) && b[i+n] == '\'' {
		n++
	}
	return n
}

// traces removes what stands around dropped templates and references: brackets
// with nothing else in them, and punctuation that starts one.
func traces(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if n := opening(b[i:]); n > 0 {
			k, gone := i+n, false
			for k < len(b) {
				m := filler(b[k:])
				if m == 0 {
					break
				}
				gone = gone || b[k] == markGone
				k += m
			}
			if gone {
				if m := closing(b[k:]); m > 0 {
					for len(out) > 0 && out[len(out)-1] == ' ' && n == 1 && k+m < len(b) && b[k+m] != ' ' && b[k+m] < 0x80 {
						out = out[:len(out)-1]
					}
					i = k + m
					continue
				}
				out = append(out, b[i:i+n]...)
				i = k
				continue
			}
		}
		if b[i] == markGone {
			i++
			if len(out) > 0 && out[len(out)-1] == ' ' && i < len(b) && bytes.IndexByte([]byte(",.;:)!?"), b[i]) >= 0 {
				out = out[:len(out)-1]
			}
			continue
		}
		if n := closing(b[i:]); n > 0 && i > 0 && b[i-1] == markGone {
			for len(out) > 0 && bytes.IndexByte([]byte(" ,;"), out[len(out)-1]) >= 0 {
				out = out[:len(out)-1]
			}
		}
		out = append(out, b[i])
		i++
	}
	return out
}

func opening(b []byte) int { return prefix(b, "(", "（") }
func closing(b []byte) int { return prefix(b, ")", "）") }

// filler returns the length of what means nothing beside a dropped piece.
func filler(b []byte) int {
	return prefix(b, "\x02", " ", ",", ";", ":", "/", "、", "，", "；", "：", "\u00a0", "·")
}

func prefix(b []byte, list ...string) int {
	for _, s := range list {
		if len(b) >= len(s) && string(b[:len(s)]) == s {
			return len(s)
		}
	}
	return 0
}

// unbracketed drops brackets that came together where something between them
// was dropped.
func unbracketed(b []byte) []byte {
	if !bytes.Contains(b, []byte("[[")) && !bytes.Contains(b, []byte("{{")) && !bytes.Contains(b, []byte("{|")) && !bytes.Contains(b, []byte("-{")) {
		return b
	}
	out := make([]byte, 0, len(b))
	for i, c := range b {
		if i+1 < len(b) {
			if next := b[i+1]; c == '{' && (next == '|' || next == '{') || c == '[' && next == '[' || c == '-' && next == '{' {
				continue
			}
		}
		if i > 0 && (c == '{' || c == '[') && (b[i-1] == c || c == '{' && b[i-1] == '-') {
			continue
		}
		if i > 0 && c == '|' && b[i-1] == '{' {
			continue
		}
		out = append(out, c)
	}
	return out
}
