package filter

import (
	"strings"

	"feilun"
)

// An editor builds a new text from an old one, left to right, and lists what it
// cuts. Spans must come in order.
type editor struct {
	text string
	out  strings.Builder
	at   int // what is before is done
	cuts []feilun.Cut
}

// keep copies the text up to end.
func (e *editor) keep(end int) {
	e.out.WriteString(e.text[e.at:end])
	e.at = end
}

// cut copies the text up to start and puts to in place of text[start:end].
func (e *editor) cut(rule string, start, end int, to string) {
	e.keep(start)
	if e.text[start:end] != to {
		e.cuts = append(e.cuts, feilun.Cut{Rule: rule, Start: start, End: end, Bytes: end - start - len(to)})
	}
	e.out.WriteString(to)
	e.at = end
}

// finish copies the rest.
func (e *editor) finish() (string, []feilun.Cut) {
	if len(e.cuts) == 0 {
		return e.text, nil
	}
	e.keep(len(e.text))
	return e.out.String(), e.cuts
}
