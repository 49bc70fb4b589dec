package filter

import (
	"strings"

	"feilun"
	"feilun/internal/words"
)

// C4Paragraph drops pages without enough long lines, as mC4 does (Xue et al.,
// 2021, arXiv:2010.11934).
type C4Paragraph struct {
	// MinParagraphs is how many long lines a page must have (< 3 paragraphs).
	MinParagraphs int `json:"min_paragraphs" default:"3" range:"1.."`
	// MinLength is how many characters make a line long.
	MinLength int `json:"min_length" default:"200" range:"0.."`
}

// Check implements [Filter].
func (f *C4Paragraph) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *C4Paragraph) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *C4Paragraph) probe(d *feilun.Doc, p *probe) {
	n, enough := 0, p.enough(f.MinParagraphs)
	for text, more := d.Text, true; more && n < enough; {
		var line string
		line, text, more = strings.Cut(text, "\n")
		if len(line) >= f.MinLength && words.Runes(line) >= f.MinLength {
			n++
		}
	}
	p.under("min_paragraphs", float64(n), float64(f.MinParagraphs))
}
