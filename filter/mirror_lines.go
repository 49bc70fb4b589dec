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
}

// maxLabel is how long a line may be that goes because of how it starts.
const maxLabel = 25

// Edit implements [Edit].
func (f *MirrorLines) Edit(d *feilun.Doc) (string, []feilun.Cut) {
	const any = copySure | copyStrong | copyMedium | copyWeak | lineShare | lineFooter | lineMore
	if cues().seen(d.Text)&any == 0 {
		return d.Text, nil
	}
	var out strings.Builder
	var cuts []feilun.Cut
	text, done := d.Text, 0
	for at := 0; at < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		if rule := f.rule(text[at:end]); rule != "" {
			out.WriteString(text[done:at])
			cuts = append(cuts, feilun.Cut{Rule: rule, Start: at, End: end, Bytes: end - at})
			done = end
		}
		at = end
	}
	if cuts == nil {
		return text, nil
	}
	out.WriteString(text[done:])
	return out.String(), cuts
}

// rule returns the parameter by which a line goes, or "".
func (f *MirrorLines) rule(line string) string {
	line = strings.TrimSpace(line)
	if line == "" || len(line) > 12*f.MaxUnits {
		return ""
	}
	p := cues()
	f.hits = p.find(line, f.hits[:0])
	if len(f.hits) == 0 {
		return ""
	}
	units := countUnits(line)
	if units > f.MaxUnits {
		return ""
	}
	f.hits = outermost(f.hits)
	if f.Novel && (f.has(copySure) || f.covers(line, copySure|copyStrong|copyMedium|copyWeak)) {
		return "novel"
	}
	for _, kind := range []struct {
		on   bool
		tag  uint32
		name string
	}{{f.Share, lineShare, "share"}, {f.Footer, lineFooter, "footer"}, {f.More, lineMore, "more"}} {
		if kind.on && (f.covers(line, kind.tag) || units <= maxLabel && kind.tag != lineShare && f.starts(kind.tag)) {
			return kind.name
		}
	}
	return ""
}

func (f *MirrorLines) has(tag uint32) bool {
	for _, h := range f.hits {
		if cues().tag[h.word]&tag != 0 {
			return true
		}
	}
	return false
}

func (f *MirrorLines) starts(tag uint32) bool {
	for _, h := range f.hits {
		if h.start <= 3 && cues().tag[h.word]&tag != 0 {
			return true
		}
	}
	return false
}

func (f *MirrorLines) covers(line string, tag uint32) bool {
	bytes, last := 0, 0
	for _, h := range f.hits {
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
