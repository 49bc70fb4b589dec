package mix

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"feilun"
	"feilun/internal/ledger"
	"feilun/internal/stats"

	"github.com/zeebo/xxh3"
)

// size is the size of a document's text.
func size(text string) feilun.Count {
	return feilun.Count{Docs: 1, Bytes: int64(len(text)), Chars: int64(utf8.RuneCountInString(text))}
}

// decontaminate is the word under which decontamination stands in the ledger.
const decontaminate = "decontaminate"

// settle does to a document what was decided about it, and enters that in the
// books. It reports whether the document stays.
func (w *runWriter) settle(d *feilun.Doc, s *settled, t *stats.Tally, rows *ledger.Writer, index int) (kept bool, err error) {
	t.Report.In.Add(size(d.Text))
	if s == nil {
		return true, nil
	}
	sample := w.job.spec.Output.Sample
	row := w.row(d, index)
	row.Filter = decontaminate
	if v := s.Verdict; !v.Kept() {
		row.Rule, row.Value, row.Limit, row.Note = v.Rule, v.Value, v.Limit, v.Note
		row.Bytes, row.Sample = int64(len(d.Text)), clipChars(d.Text, sample)
		t.Drop(row.Filter, row.Rule, size(d.Text))
		return false, rows.Write(row)
	}
	for _, c := range s.Cuts {
		row.Rule, row.Cut, row.Start, row.End, row.Bytes = c.Rule, true, c.Start, c.End, int64(c.Bytes)
		row.Sample = clipChars(d.Text[c.Start:c.End], sample)
		t.Cut(row.Filter, row.Rule, row.Bytes)
		if err := rows.Write(row); err != nil {
			return false, err
		}
	}
	if d.Text = apply(d.Text, s.Cuts); int64(len(d.Text)) != s.Bytes {
		return false, fmt.Errorf("%s: %s has changed since it was read first", row.Record.File, d.ID)
	}
	return true, nil
}

// samplesKept is how many documents the statistics show, sampleChars how much
// of each.
const (
	samplesKept = 60
	sampleChars = 600
)

// lowest keeps the n samples whose ids hash lowest.
func lowest(s []stats.Sample, n int) []stats.Sample {
	slices.SortFunc(s, func(a, b stats.Sample) int {
		return cmp.Or(cmp.Compare(xxh3.HashString(a.ID), xxh3.HashString(b.ID)), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Text, b.Text))
	})
	return s[:min(n, len(s))]
}
