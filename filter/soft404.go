package filter

import "feilun"

// Soft404 drops pages that say in words that they are not there (not found,
// deleted, expired, no access, server error) while the server says 200, in
// simplified and traditional Chinese and English. It weighs how much of the
// text says so, since articles about such pages say much else. Units are Han
// characters and words of other scripts.
type Soft404 struct {
	// MaxShare is the highest share of the text that may stand in sentences
	// that say so.
	MaxShare float64 `json:"max_share" default:"0.35" range:"0..1"`
	// MaxTitledShare is that share where the title says so too.
	MaxTitledShare float64 `json:"max_titled_share" default:"0.1" range:"0..1"`
	// MaxUnits is the length of text up to which a page is judged.
	MaxUnits int `json:"max_units" default:"600" range:"0.."`

	// MaxScore is the highest score of such pages, by a model trained on written
	// ones, that a page may have. Texts that come without their page have no score.
	MaxScore float64 `json:"max_score" default:"0.08" range:"0..1"`
	// MinScore is the score, of any of the kinds, that a page must have for the
	// other limits to count.
	MinScore float64 `json:"min_score" default:"0.05" range:"0..1"`

	notice notice
}

// Check implements [Filter].
func (f *Soft404) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Soft404) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Soft404) probe(d *feilun.Doc, p *probe) {
	score, top, known := kindScore(d, kindSoft404)
	if !known || top >= f.MinScore {
		f.rules(d, p)
	}
	if known {
		p.score(d, kindSoft404, score, f.MaxScore)
	}
}

// rules tests what the phrases and counts of this filter say.
func (f *Soft404) rules(d *feilun.Doc, p *probe) {
	if len(d.Text) > 8*f.MaxUnits {
		return
	}
	f.notice.whole, f.notice.help = goneWhole, goneHelp
	f.notice.pairs[0].state, f.notice.pairs[0].thing = goneState, goneThing
	if (seenTags(d)|cues().seen(d.Title))&(goneWhole|goneState) == 0 {
		return
	}
	got := f.notice.read(d.Title, d.Text)
	got.probe(p, f.MaxShare, f.MaxTitledShare, f.MaxUnits)
}

// maxBefore is how many units may stand before the first sentence of a notice:
// site name, menu, search box.
const maxBefore = 120

// maxAlone is how long a page may be that is dropped for one sentence alone.
const maxAlone = 60

// probe tests the share of the text that says so, if it can be such a page.
func (f finding) probe(p *probe, maxShare, maxTitled float64, maxUnits int) {
	if f.units <= maxAlone {
		maxShare /= 2
	}
	if f.units > maxUnits || f.about || f.said == 0 && !f.titled || f.said > 0 && f.before > maxBefore && !f.titled {
		return
	}
	if f.titled && p.over("max_titled_share", f.share, maxTitled) ||
		(f.said+f.help > 1 || f.units <= maxAlone) && p.over("max_share", f.share, maxShare) {
		p.verdict.Note = f.note
	}
}
