package filter

import (
	"strings"

	"feilun"
	"feilun/internal/words"
)

// C4Lines takes out lines that are no prose: Raffel et al., 2020
// (arXiv:1910.10683), as datatrove 0.10 does. Lines end where Python's
// str.splitlines ends them; those that stay are stripped and joined by line
// feeds. Pages are dropped by c4_page.
type C4Lines struct {
	// MaxWordLength is the length in characters above which a word disqualifies its line; 0 for no limit (line-filter-too_long_word).
	MaxWordLength int `json:"max_word_length" default:"1000" range:"0.."`
	// Citations removes [1], [edit] and [citation needed].
	Citations bool `json:"citations" default:"true"`
	// TerminalPunctuation demands that lines end in . ? ! " or ', and not in an ellipsis (line-filter-no_terminal_punc). FineWeb turns it off.
	TerminalPunctuation bool `json:"terminal_punctuation" default:"true"`
	// MinWords is the lowest number of words, cut at white space and before citations are removed (line-filter-too_few_words).
	MinWords int `json:"min_words" default:"3" range:"0.."`
	// Javascript takes out lines with that word (line-filter-javascript).
	Javascript bool `json:"javascript" default:"true"`
	// Policy takes out lines with phrases of cookie banners and terms of use (line-filter-policy).
	Policy bool `json:"policy" default:"true"`
	// Strip takes out white space around lines, and line ends other than one line feed between lines.
	Strip bool `json:"strip" default:"true"`

	pieces []piece
}

// A piece is a part of the text that stays.
type piece struct{ start, end int }

// Edit implements [Edit].
func (f *C4Lines) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	t := c4Tests{
		maxWord: f.MaxWordLength, minWords: f.MinWords, citations: f.Citations, punct: f.TerminalPunctuation,
		javascript: f.Javascript, policy: f.Policy, by: words.ByLanguage,
	}
	lines := t.scan(d).lines
	first, last := f.bounds(d.Text, lines)
	e := editor{text: d.Text}
	for i := range lines {
		l := &lines[i]
		switch {
		case l.rule != "":
			e.cut(l.rule, l.start, l.next, "")
		case !f.Strip:
			f.cutPieces(&e, l.start, l.end, false, false)
			e.keep(l.next)
		default:
			f.cutPieces(&e, l.from, l.to, i == first, i == last)
			feed := "\n"
			if i == last {
				feed = ""
			}
			e.cut("strip", max(e.at, l.to), l.end, "")
			e.cut("strip", l.end, l.next, feed)
		}
	}
	return e.finish()
}

// bounds returns the first and the last line that stay. Lines of nothing but
// white space and citations vanish at either end of the text.
func (f *C4Lines) bounds(text string, lines []c4Line) (first, last int) {
	if !f.Strip {
		return 0, len(lines) - 1
	}
	hollow := func(l *c4Line) bool {
		return l.rule == "" && words.Trim(f.without(text[l.from:l.to])) == ""
	}
	for first = 0; first < len(lines); first++ {
		if hollow(&lines[first]) {
			lines[first].rule = "strip"
		} else if lines[first].rule == "" {
			break
		}
	}
	for last = len(lines) - 1; last >= 0; last-- {
		if hollow(&lines[last]) {
			lines[last].rule = "strip"
		} else if lines[last].rule == "" {
			break
		}
	}
	return first, last
}

func (f *C4Lines) without(s string) string {
	if f.Citations {
		return withoutCitations(s)
	}
	return s
}

// cutPieces cuts citations out of text[from:to], and white space left at the
// beginning or end of the whole text.
func (f *C4Lines) cutPieces(e *editor, from, to int, lead, tail bool) {
	f.pieces = f.pieces[:0]
	start := from
	for i := from; i < to; i++ {
		if !f.Citations || e.text[i] != '[' {
			continue
		}
		if n := citation(e.text[i:to]); n > 0 {
			f.pieces = append(f.pieces, piece{start, i})
			start = i + n
			i = start - 1
		}
	}
	f.pieces = append(f.pieces, piece{start, to})
	for i := 0; lead && i < len(f.pieces); i++ {
		p := &f.pieces[i]
		p.start = p.end - len(words.TrimLeft(e.text[p.start:p.end]))
		lead = p.start == p.end
	}
	for i := len(f.pieces) - 1; tail && i >= 0; i-- {
		p := &f.pieces[i]
		p.end = p.start + len(words.TrimRight(e.text[p.start:p.end]))
		tail = p.start == p.end
	}
	for _, p := range f.pieces {
		if p.start == p.end {
			continue
		}
		rule := "strip"
		if e.at >= from && citationIn(e.text[e.at:p.start]) {
			rule = "citations"
		}
		e.cut(rule, e.at, p.start, "")
		e.keep(p.end)
	}
	if e.at < to {
		rule := "strip"
		if citationIn(e.text[e.at:to]) {
			rule = "citations"
		}
		e.cut(rule, e.at, to, "")
	}
}

func citationIn(s string) bool { return strings.IndexByte(s, '[') >= 0 }
