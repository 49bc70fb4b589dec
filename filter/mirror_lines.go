package filter

import (
	"strings"

	"feilun"
)

// MirrorLines cuts lines that sites wrap around texts: what novel mirrors add
// to chapters, bars of share buttons, footers, invitations to read on. A line
// goes when phrases of one kind cover min_cover of it, when it starts with one
// and is short, or when it holds a phrase only copying sites write. Each cut
// takes a line with its line feed; its rule is the kind.
type MirrorLines struct {
	// Novel cuts what novel sites add: remember our address, next chapter.
	Novel bool `json:"novel" default:"true"`
	// Share cuts bars of share and follow buttons.
	Share bool `json:"share" default:"true"`
	// Footer cuts copyright, licence numbers, editors in charge.
	Footer bool `json:"footer" default:"true"`
	// More cuts invitations to click for more.
	More bool `json:"more" default:"true"`
	// MinCover is the share of a line, in bytes without spaces, that phrases of
	// one kind must cover.
	MinCover float64 `json:"min_cover" default:"0.5" range:"0..1"`
	// MaxUnits is the length of line up to which it may be cut, in Han
	// characters and words.
	MaxUnits int `json:"max_units" default:"60" range:"1.."`

	hits []phraseHit
	line []phraseHit // of hits, those in one line
}

// maxLabel is how long a line may be that goes because of how it starts.
const maxLabel = 25

// Edit implements [Edit].
func (f *MirrorLines) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	const tags = anyCopy | lineShare | lineFooter | lineMore
	text := d.Text
	if seenTags(d)&tags == 0 {
		return text, nil
	}
	f.hits = outermost(cues().findTags(text, tags, f.hits[:0]))
	var out strings.Builder
	var cuts []feilun.Cut
	done := 0
	for n := 0; n < len(f.hits); {
		at := strings.LastIndexByte(text[:f.hits[n].start], '\n') + 1
		end := len(text)
		if i := strings.IndexByte(text[f.hits[n].start:], '\n'); i >= 0 {
			end = f.hits[n].start + i + 1
		}
		first := n
		for n < len(f.hits) && f.hits[n].start < end {
			n++
		}
		f.line = f.hits[first:n]
		if rule := f.rule(text[at:end], at); rule != "" {
			out.WriteString(text[done:at])
			cuts = append(cuts, feilun.Cut{Rule: rule, Start: at, End: end, Bytes: end - at})
			done = end
		}
	}
	if cuts == nil {
		return text, nil
	}
	out.WriteString(text[done:])
	return out.String(), cuts
}

// rule returns the parameter by which a line that starts at byte at goes, or "".
func (f *MirrorLines) rule(line string, at int) string {
	if len(line) > 12*f.MaxUnits {
		return ""
	}
	novel := f.Novel && (f.has(copySure) || f.covers(line, anyCopy))
	share := f.Share && f.covers(line, lineShare)
	footer, label := f.Footer && f.covers(line, lineFooter), f.Footer && f.starts(line, at, lineFooter)
	more, invites := f.More && f.covers(line, lineMore), f.More && f.starts(line, at, lineMore)
	if !novel && !share && !footer && !label && !more && !invites {
		return ""
	}
	units := countUnits(line)
	short := units <= maxLabel
	switch {
	case units > f.MaxUnits:
		return ""
	case novel:
		return "novel"
	case share:
		return "share"
	case footer || label && short:
		return "footer"
	case more || invites && short:
		return "more"
	}
	return ""
}

func (f *MirrorLines) has(tag uint32) bool {
	for _, h := range f.line {
		if cues().tag[h.word]&tag != 0 {
			return true
		}
	}
	return false
}

// starts reports whether the line begins with a phrase of the kind.
func (f *MirrorLines) starts(line string, at int, tag uint32) bool {
	lead := at + len(line) - len(strings.TrimLeft(line, " \t\u3000【[(（"))
	for _, h := range f.line {
		if h.start <= lead && cues().tag[h.word]&tag != 0 {
			return true
		}
	}
	return false
}

// covers reports whether phrases of the kind make up enough of the line.
func (f *MirrorLines) covers(line string, tag uint32) bool {
	bytes, last := 0, 0
	for _, h := range f.line {
		if cues().tag[h.word]&tag != 0 && h.end > last {
			bytes += h.end - max(h.start, last)
			last = h.end
		}
	}
	if bytes == 0 {
		return false
	}
	all := 0
	for i := range len(line) {
		if c := line[i]; c > ' ' && c != '|' && c != '-' {
			all++
		}
	}
	return float64(bytes) >= f.MinCover*float64(all)
}
