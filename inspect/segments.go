package inspect

import (
	"errors"

	"feilun/internal/ledger"
)

// A segment is a piece of a document's text as the inspector shows it.
type segment struct {
	Text string `json:"t"`
	Kind string `json:"k,omitempty"` // of a mark, or cut, or replaced
	Rule string `json:"r,omitempty"` // that cut or marks it
	More int    `json:"n,omitempty"` // bytes cut behind Text that the ledger's sample does not hold
	To   string `json:"to,omitempty"`
}

// size is how many bytes of the text a segment stands for.
func (s *segment) size() int { return len(s.Text) + s.More }

// Kinds of segments that are not plain text.
const (
	cutOut   = "cut"      // gone from the text
	replaced = "replaced" // by To
)

var errCuts = errors.New("the cuts in the ledger do not fit the text")

// uncut puts the pieces that edits cut out of a text back where they stood. The
// rows are those of the ledger, in its order: each step's spans are of the text
// that the step before it left, so that the last step is undone first.
func uncut(text []segment, rows []ledger.Row) ([]segment, error) {
	for len(rows) > 0 {
		i := len(rows) - 1
		last := rows[i]
		for i > 0 && rows[i-1].Stage == last.Stage && rows[i-1].Filter == last.Filter && rows[i-1].End <= rows[i].Start {
			i--
		}
		var err error
		if text, err = undo(text, rows[i:]); err != nil {
			return nil, err
		}
		rows = rows[:i]
	}
	return text, nil
}

// undo puts back what one step cut; spans are in order and do not overlap.
func undo(text []segment, rows []ledger.Row) ([]segment, error) {
	u := undoing{in: text}
	at := 0 // in the text before the step
	for _, r := range rows {
		left := int64(r.End-r.Start) - r.Bytes // what stands in its place
		if r.Start < at || r.End < r.Start || left < 0 {
			return nil, errCuts
		}
		if !u.copy(r.Start - at) {
			return nil, errCuts
		}
		to, ok := u.take(int(left))
		if !ok {
			return nil, errCuts
		}
		s := segment{Text: r.Sample, Kind: cutOut, Rule: RuleName(r.Filter, r.Rule), To: to}
		if left > 0 {
			s.Kind = replaced
		}
		if s.More = r.End - r.Start - len(r.Sample); s.More < 0 { // a sample of damaged bytes
			s.Text, s.More = clipBytes(s.Text, r.End-r.Start), 0
			s.More = r.End - r.Start - len(s.Text)
		}
		u.out = append(u.out, s)
		at = r.End
	}
	u.rest()
	return u.out, nil
}

// An undoing copies segments from in to out; the first of in may be begun.
type undoing struct {
	in, out []segment
}

// split takes n bytes off the front of in. A piece of which the ledger holds
// a part alone cannot be split behind that part.
func (u *undoing) split(n int, give func(segment)) bool {
	for n > 0 {
		if len(u.in) == 0 {
			return false
		}
		s := u.in[0]
		if s.size() <= n {
			give(s)
			n -= s.size()
			u.in = u.in[1:]
			continue
		}
		if n > len(s.Text) {
			return false
		}
		head := s
		head.Text, head.More = s.Text[:n], 0
		give(head)
		rest := make([]segment, len(u.in))
		copy(rest, u.in)
		rest[0].Text = s.Text[n:]
		u.in, n = rest, 0
	}
	return true
}

func (u *undoing) copy(n int) bool {
	return u.split(n, func(s segment) { u.out = append(u.out, s) })
}

func (u *undoing) take(n int) (text string, ok bool) {
	ok = u.split(n, func(s segment) { text += s.Text })
	return text, ok
}

func (u *undoing) rest() { u.out = append(u.out, u.in...) }

// A mark is a span of a text that a rule looked at.
type mark struct {
	start, end int
	kind, rule string
}

// marked cuts a text at its marks, which are in order and do not overlap.
func marked(text string, marks []mark) []segment {
	out := []segment{}
	at := 0
	for _, m := range marks {
		if m.start < at || m.end <= m.start || m.end > len(text) {
			continue
		}
		if m.start > at {
			out = append(out, segment{Text: text[at:m.start]})
		}
		out = append(out, segment{Text: text[m.start:m.end], Kind: m.kind, Rule: m.rule})
		at = m.end
	}
	if at < len(text) {
		out = append(out, segment{Text: text[at:]})
	}
	return out
}

// clipSegments keeps about so many bytes, and says how many it left out.
func clipSegments(all []segment, most int) (out []segment, left int) {
	for i, s := range all {
		if len(s.Text) > most {
			rest := 0
			for _, later := range all[i+1:] {
				rest += len(later.Text)
			}
			head := s
			head.Text = clipBytes(s.Text, most)
			if head.Text != "" {
				all = append(all[:i:i], head)
			} else {
				all = all[:i]
			}
			return all, rest + len(s.Text) - len(head.Text)
		}
		most -= len(s.Text)
	}
	return all, 0
}
