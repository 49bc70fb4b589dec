package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"feilun"
	"feilun/quality"
)

// scoreRule is the name under which the scores of a quality step are counted.
const scoreRule = "score"

// A liveJudge is a quality step of one worker.
type liveJudge struct {
	Step
	judge *quality.Judge
}

// judges makes one worker's copies of the recipe's quality steps.
func (r *Recipe) judges() []liveJudge {
	var all []liveJudge
	for _, s := range r.Quality {
		all = append(all, liveJudge{s, quality.NewJudge(s.Params)})
	}
	return all
}

// quality scores a document with each step's model, in the recipe's order,
// until one drops it.
func (w *pageWorker) quality(d *feilun.Doc, c feilun.Count) bool {
	t := w.tallies[atQuality]
	t.report.In.Add(c)
	for i := range w.judges {
		s := &w.judges[i]
		if !s.applies(d.Language, d.Script) {
			continue
		}
		score, v := s.judge.Document(d)
		w.histogram(s.Key, scoreRule).Add(score, v.Kept())
		if !v.Kept() {
			w.dropped(atQuality, s.Key, d, v, c)
			return false
		}
	}
	t.report.Kept.Add(c)
	return true
}

// meaning identifies what a run of the prepared recipe does: its values, and
// the bytes of its quality models.
func (r *Recipe) meaning() string {
	if len(r.Quality) == 0 {
		return r.Hash()
	}
	h := sha256.New()
	io.WriteString(h, r.Hash())
	for _, s := range r.Quality {
		io.WriteString(h, quality.Fingerprint(s.Params))
	}
	return hex.EncodeToString(h.Sum(nil))
}
