package dedup

import (
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"feilun"
)

// cutSubstrings writes all cuts of one shard, those of earlier steps among
// them, in the text as the shard holds it.
func (j *job) cutSubstrings(i int, spans *docTable) error {
	found, err := spans.of(i)
	if err != nil {
		return err
	}
	earlier, err := j.cutsLeft(i)
	if err != nil {
		return err
	}
	return j.scratch(i, cutsAll, func(out io.Writer) error {
		if len(found)+len(earlier) == 0 {
			return nil
		}
		return j.docs(i, func(index int, d *feilun.Doc) error {
			cuts, lost := earlier[index], 0.0
			if s := found[index]; len(s) > 0 {
				left := Apply(d.Text, cuts)
				merged := unite(left, s)
				lost = j.Substring.lost(left, Apply(left, merged))
				cuts = original(cuts, merged)
			}
			if len(cuts) == 0 {
				return nil
			}
			_, err := out.Write(appendCuts(nil, uint64(index), lost, cuts))
			return err
		})
	})
}

func (p *SubstringParams) lost(text, left string) float64 {
	return (&LineParams{MinLeft: p.MinLeft}).lost(text, left)
}

// unite joins the spans that touch, within whole characters. A cut takes the
// white space behind it along; one at the end of the text that before it.
func unite(text string, spans []uint64) []feilun.Cut {
	var cuts []feilun.Cut
	for _, s := range spans { // by start
		start, end := int(s>>32), int(s&math.MaxUint32)
		for start < end && !utf8.RuneStart(text[start]) {
			start++
		}
		if start == end {
			continue
		}
		start = end - len(strings.TrimLeftFunc(text[start:end], space))
		for end > start && end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		end = len(text) - len(strings.TrimLeftFunc(text[end:], space))
		if n := len(cuts); n > 0 && start <= cuts[n-1].End {
			cuts[n-1].Start, cuts[n-1].End = min(start, cuts[n-1].Start), max(end, cuts[n-1].End)
		} else if start < end {
			cuts = append(cuts, feilun.Cut{Rule: "substring", Start: start, End: end})
		}
	}
	if n := len(cuts); n > 0 && cuts[n-1].End == len(text) {
		before := 0 // end of the cut before
		if n > 1 {
			before = cuts[n-2].End
		}
		cuts[n-1].Start = before + len(strings.TrimRightFunc(text[before:cuts[n-1].Start], space))
	}
	for i := range cuts {
		cuts[i].Bytes = cuts[i].End - cuts[i].Start
	}
	return cuts
}

// original returns earlier cuts with later ones, which are offsets in the text
// that the earlier ones leave, as offsets in the text before both.
func original(earlier, later []feilun.Cut) []feilun.Cut {
	var all []feilun.Cut
	shift, k := 0, 0 // bytes cut so far, next of later
	from := 0        // where the next of later goes on, in what is left
	piece := func(end int) {
		for k < len(later) && max(from, later[k].Start)+shift < end {
			start, stop := max(from, later[k].Start)+shift, min(later[k].End+shift, end)
			all = append(all, feilun.Cut{Rule: later[k].Rule, Start: start, End: stop, Bytes: stop - start})
			if from = stop - shift; from < later[k].End {
				return
			}
			k++
		}
	}
	for _, c := range earlier {
		piece(c.Start)
		all = append(all, c)
		shift += c.End - c.Start
	}
	piece(math.MaxInt)
	return all
}
