package filter

import (
	"strings"

	"feilun"
)

// Mirror drops copies: chapters on novel-mirror sites, pages that scrapers
// took from elsewhere, link farms. Such pages give themselves away by what the
// site wraps around the copied text ("remember this site's address", "add to
// bookshelf", "latest chapters"). Each different phrase counts once: 2 when
// no other site says it, 1 when few do, 0.5 when they write it often, 0.25 when any
// site with chapters does; the title of a chapter adds 0.5 to them. On texts over 20 kB the sum counts per 20 kB.
type Mirror struct {
	// MaxMarks is the highest sum of such phrases.
	MaxMarks float64 `json:"max_marks" default:"1.4" range:"0.."`

	// MaxScore is the highest score of such pages, by a model trained on written
	// ones, that a page may have. Texts that come without their page have no score.
	MaxScore float64 `json:"max_score" default:"0.2" range:"0..1"`
	// MinScore is the score, of any of the kinds, that a page must have for the
	// other limits to count.
	MinScore float64 `json:"min_score" default:"0.05" range:"0..1"`

	hits []phraseHit
	seen []int32
}

const anyCopy = copySure | copyStrong | copyMedium | copyWeak

// marksPer is the length of text, in bytes, from which on the sum of marks is
// divided by length: a long chapter with all that stands around it.
const marksPer = 20000

// Check implements [Filter].
func (f *Mirror) Check(d *feilun.Doc) feilun.Verdict {
	var p probe
	f.probe(d, &p)
	return p.verdict
}

// Measure implements [Measurer].
func (f *Mirror) Measure(d *feilun.Doc, add func(rule string, value float64)) {
	f.probe(d, &probe{add: add})
}

func (f *Mirror) probe(d *feilun.Doc, p *probe) {
	score, top, known := kindScore(d, kindMirror)
	if !known || top >= f.MinScore {
		f.rules(d, p)
	}
	if known {
		p.score(d, kindMirror, score, f.MaxScore)
	}
}

// rules tests what the phrases and counts of this filter say.
func (f *Mirror) rules(d *feilun.Doc, p *probe) {
	if seenTags(d)&(copySure|copyStrong|copyMedium) == 0 {
		return
	}
	f.seen = f.seen[:0]
	sum, note := f.marks(d.Text, 0, "")
	sum, note = f.marks(d.Title, sum, note)
	if sum > 0 && chapterTitle(d.Title) {
		sum += 0.5
	}
	sum /= max(1, float64(len(d.Text))/marksPer)
	if p.over("max_marks", sum, f.MaxMarks) {
		p.verdict.Note = note
	}
}

// chapterTitle reports whether a title starts as that of a chapter.
func chapterTitle(title string) bool {
	if rest, ok := strings.CutPrefix(title, "第"); ok {
		head := rest[:min(len(rest), 24)]
		return strings.Contains(head, "章") || strings.Contains(head, "回") || strings.Contains(head, "节")
	}
	return len(title) > 8 && strings.EqualFold(title[:8], "chapter ")
}

// marks adds the weights of phrases that are new to sum, longer ones in place
// of those inside them, and returns the first of the heaviest.
func (f *Mirror) marks(text string, sum float64, note string) (float64, string) {
	p := cues()
	f.hits = p.findTags(text, anyCopy, f.hits[:0])
	kept := outermost(f.hits)
	for _, h := range kept {
		if contains(f.seen, h.word) {
			continue
		}
		f.seen = append(f.seen, h.word)
		sum += copyWeight(p.tag[h.word])
		if note == "" && p.tag[h.word]&copyWeak == 0 {
			note = p.words[h.word]
		}
	}
	return sum, note
}

func contains(s []int32, w int32) bool {
	for _, v := range s {
		if v == w {
			return true
		}
	}
	return false
}

func copyWeight(tag uint32) float64 {
	switch {
	case tag&copySure != 0:
		return 2
	case tag&copyStrong != 0:
		return 1
	case tag&copyMedium != 0:
		return 0.5
	}
	return 0.25
}
