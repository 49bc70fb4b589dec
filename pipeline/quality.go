package pipeline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"feilun"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/stats"
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
	t.Report.In.Add(c)
	for i := range w.judges {
		s := &w.judges[i]
		if !s.applies(d.Language, d.Script) {
			continue
		}
		score, v := s.judge.Document(d)
		if w.scores {
			d.Score = &score
		}
		w.histogram(s.Key, scoreRule).Add(score, v.Kept())
		if !v.Kept() {
			w.dropped(atQuality, s.Key, d, v, c)
			return false
		}
	}
	t.Report.Kept.Add(c)
	return true
}

// meaning identifies what a run of the prepared recipe does: its values, the
// bytes of its quality models, and the labelled documents.
func (r *Recipe) meaning() string {
	if len(r.Quality) == 0 {
		return r.Hash()
	}
	b := []byte(r.Hash())
	for _, s := range r.Quality {
		b = append(b, quality.Fingerprint(s.Params)...)
	}
	for _, e := range r.labelled {
		b = fmt.Appendf(b, "%q%v", e.Doc.Text, e.Positive)
	}
	return digest.Of(b)
}

// scores gathers what the quality steps measured, and how they score the
// labelled documents of the recipe.
func (j *job) scores(hists map[string]*stats.Histogram) []stats.Quality {
	var all []stats.Quality
	for _, st := range j.recipe.Quality {
		q := stats.Quality{Step: st.Key, Model: quality.Fingerprint(st.Params), Limit: quality.Limit(st.Params), Scores: hists[st.Key+"."+scoreRule],
			LowIsGood: quality.LowIsGood(st.Params)}
		if q.Scores == nil {
			q.Scores = &stats.Histogram{}
		}
		q.Labelled = labels(&st, j.recipe.labelled)
		all = append(all, q)
	}
	return all
}

// curvePoints is about how many points of a precision-recall curve are kept.
const curvePoints = 100

// labels measures a step on the labelled documents that it looks at: those of
// its languages, and those of none. It is nil where a class is missing.
func labels(st *Step, labelled []quality.Example) *stats.Labelled {
	judge := quality.NewJudge(st.Params)
	var all []quality.Scored
	for _, e := range labelled {
		if e.Doc.Language != "" && !st.applies(e.Doc.Language, e.Doc.Script) {
			continue
		}
		s, _ := judge.Document(e.Doc)
		if quality.LowIsGood(st.Params) {
			s = -s
		}
		all = append(all, quality.Scored{Score: s, Positive: e.Positive})
	}
	a := quality.Area(all)
	if a.Positives == 0 || a.Negatives == 0 {
		return nil
	}
	l := &stats.Labelled{Positives: a.Positives, Negatives: a.Negatives, AUC: [3]float64{a.Value, a.Low, a.High}}
	for _, p := range quality.Curve(all, curvePoints) {
		if quality.LowIsGood(st.Params) {
			p.Threshold = -p.Threshold
		}
		l.Curve = append(l.Curve, [3]float64{p.Threshold, p.Precision, p.Recall})
	}
	return l
}

// readLabels reads labelled documents; there must be some of both classes.
func readLabels(name string) ([]quality.Example, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("output.labels: %w", err))
	}
	defer f.Close()
	var all []quality.Example
	good := 0
	in := bufio.NewReader(f)
	for n := 1; err == nil; n++ {
		var line []byte
		if line, err = in.ReadBytes('\n'); len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, mistake := readLabel(line)
		if mistake != nil {
			return nil, hint.Usage(hint.With(fmt.Errorf("output.labels: %s line %d: %w", name, n, mistake),
				`each line is a JSON object with "text" and "label", 1 for good and 0 for bad`))
		}
		if all = append(all, e); e.Positive {
			good++
		}
	}
	if err != io.EOF {
		return nil, err
	}
	if good == 0 || good == len(all) {
		return nil, hint.Usage(fmt.Errorf("output.labels: %s has %d good of %d documents: both kinds are needed", name, good, len(all)))
	}
	return all, nil
}

func readLabel(line []byte) (quality.Example, error) {
	var d struct {
		ID, URL, Text, Language string
		Label                   any
	}
	if err := json.Unmarshal(line, &d); err != nil {
		return quality.Example{}, err
	}
	e := quality.Example{Doc: &feilun.Doc{ID: d.ID, URL: d.URL, Text: d.Text, Language: d.Language}}
	switch label := d.Label.(type) {
	case bool:
		e.Positive = label
	case float64:
		e.Positive = label > 0.5
	default:
		return e, fmt.Errorf("label %v is neither a number nor true or false", d.Label)
	}
	return e, nil
}
