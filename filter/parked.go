package filter

import "feilun"

// Parked drops pages nobody has written anything on: domains for sale or
// expired, default pages of servers and hosts, pages under construction,
// suspended accounts. It weighs how much of the text says so, as [Soft404] does.
type Parked struct {
	// MaxShare is the highest share of the text that may stand in sentences
	// that say so.
	MaxShare float64 `json:"max_share" default:"0.4" range:"0..1"`
	// MaxTitledShare is that share where the title says so too.
	MaxTitledShare float64 `json:"max_titled_share" default:"0.15" range:"0..1"`
	// MaxUnits is the length of text up to which a page is judged.
	MaxUnits int `json:"max_units" default:"600" range:"0.."`

	// MaxScore is the highest score of such pages, by a model trained on written
	// ones, that a page may have. Texts that come without their page have no score.
	MaxScore float64 `json:"max_score" default:"0.12" range:"0..1"`
	// MinScore is the score, of any of the kinds, that a page must have for the
	// other limits to count.
	MinScore float64 `json:"min_score" default:"0.05" range:"0..1"`

	notice notice
}

// Check implements [Filter].
func (f *Parked) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Parked) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Parked) probe(d *feilun.Doc, p *probe) {
	score, top, known := kindScore(d, kindParked)
	if !known || top >= f.MinScore {
		f.rules(d, p)
	}
	if known {
		p.score(d, kindParked, score, f.MaxScore)
	}
}

// rules tests what the phrases and counts of this filter say.
func (f *Parked) rules(d *feilun.Doc, p *probe) {
	if len(d.Text) > 8*f.MaxUnits {
		return
	}
	f.notice.whole, f.notice.help = parkWhole, parkHelp
	f.notice.pairs[0].state, f.notice.pairs[0].thing = parkState, parkThing
	f.notice.pairs[1].state, f.notice.pairs[1].thing = siteState, siteThing
	if (seenTags(d)|cues().seen(d.Title))&(parkWhole|parkState|siteState) == 0 {
		return
	}
	got := f.notice.read(d.Title, d.Text)
	got.probe(p, f.MaxShare, f.MaxTitledShare, f.MaxUnits)
}
