package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"feilun/internal/stats"
)

// Evaluation reads how good the model of the run in dir is, nil where it was not
// evaluated.
func Evaluation(dir string) (*stats.Evaluation, error) {
	name := filepath.Join(dir, "evaluation.json")
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var e stats.Evaluation
	if err := json.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if e.Format != stats.EvaluationFormat {
		return nil, fmt.Errorf("%s: format %q, want %s", name, e.Format, stats.EvaluationFormat)
	}
	return &e, nil
}

// A modelView is what the page shows of a run's model.
type modelView struct {
	*stats.Evaluation
	Curve template.HTML
	Rows  []bitsRow
	Named []bitsRow // texts that the recipe names
	Tasks []taskRow
	All   *bitsRow
	Order int
}

// A bitsRow is text with the model's bits for each byte and the best n-gram
// model's.
type bitsRow struct {
	stats.Measured
	Pct, Low, High, Mark float64 // of the scale that all rows share, percent
	Base                 float64 // bits for each byte of the best n-gram model
	Less                 float64 // by how much the model needs less, percent
	Sure                 bool    // the interval of the ratio does not hold 1
}

// A taskRow is a task with places on a scale from 0 to 100 %.
type taskRow struct {
	stats.Task
	Pct, Low, High, Chance float64
}

// newModelView lays an evaluation out for the page.
func newModelView(e *stats.Evaluation) *modelView {
	v := &modelView{Evaluation: e, Curve: lossPlot(e.Curve)}
	top := 0.1
	for _, r := range e.Text {
		top = max(top, r.Bits.High, r.Baselines[r.Best])
	}
	for _, r := range e.Text {
		row := bitsRow{Measured: r, Pct: 100 * r.Bits.Value / top, Low: 100 * r.Bits.Low / top, High: 100 * (r.Bits.High - r.Bits.Low) / top}
		if r.Ratio != nil {
			row.Base = r.Baselines[r.Best]
			row.Mark, row.Less = 100*row.Base/top, 100*(1-r.Ratio.Value)
			row.Sure = r.Docs > 1 && (r.Ratio.High < 1 || r.Ratio.Low > 1)
		}
		if r.Kind == "text" {
			v.Named = append(v.Named, row)
			continue
		}
		if v.Rows = append(v.Rows, row); r.Kind == "all" {
			v.All = &row
		}
	}
	for _, b := range e.Baselines {
		v.Order = b.Order
	}
	for _, t := range e.Tasks {
		v.Tasks = append(v.Tasks, taskRow{t, 100 * t.Accuracy.Value, 100 * t.Accuracy.Low, 100 * (t.Accuracy.High - t.Accuracy.Low), 100 * t.Chance})
	}
	return v
}

// The drawing area of the loss curve, in SVG units.
const (
	lossWidth  = 520.0
	lossHeight = 190.0
	lossLeft   = 34.0
)

// lossPlot draws the loss over the steps: training as a line, validation as points.
func lossPlot(curve []stats.CurvePoint) template.HTML {
	lo, hi, last := math.Inf(1), math.Inf(-1), 1
	for _, p := range curve {
		for _, x := range []float64{p.Loss, p.Valid} {
			if x > 0 {
				lo, hi = min(lo, x), max(hi, x)
			}
		}
		last = max(last, p.Step)
	}
	if hi < lo {
		return ""
	}
	lo, hi = math.Floor(lo), math.Ceil(hi)
	if hi == lo {
		hi++
	}
	x := func(step int) float64 { return lossLeft + float64(step)/float64(last)*(lossWidth-lossLeft-8) }
	y := func(loss float64) float64 { return 8 + (hi-loss)/(hi-lo)*(lossHeight-8) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="loss">`, lossWidth, lossHeight+20)
	for tick := lo; tick <= hi; tick += math.Ceil((hi - lo) / 6) {
		fmt.Fprintf(&b, `<path class="x" d="M%g %.1fH%g"/><text x="%g" y="%.1f" text-anchor="end">%g</text>`, lossLeft, y(tick), lossWidth, lossLeft-6, y(tick)+3.5, tick)
	}
	var line, points strings.Builder
	for _, p := range curve {
		if p.Valid > 0 {
			fmt.Fprintf(&points, `<circle class="v" cx="%.1f" cy="%.1f" r="3.2"><title>%d: %.3f</title></circle>`, x(p.Step), y(p.Valid), p.Step, p.Valid)
			continue
		}
		sep := "L"
		if line.Len() == 0 {
			sep = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", sep, x(p.Step), y(p.Loss))
	}
	fmt.Fprintf(&b, `<path class="s" d="%s"/>%s`, line.String(), points.String())
	fmt.Fprintf(&b, `<text x="%g" y="%g">0</text><text x="%g" y="%g" text-anchor="end">%s</text></svg>`, lossLeft, lossHeight+16, lossWidth-8, lossHeight+16, number(int64(last)))
	return template.HTML(b.String())
}

// short writes a count with three digits and a unit.
func short(n int64) string {
	x, unit := float64(n), ""
	for _, u := range []string{" k", " M", " B", " T"} {
		if x < 1000 {
			break
		}
		x, unit = x/1000, u
	}
	return fmt.Sprintf("%.3g%s", x, unit)
}

// modelFuncs are what the page's template calls for the model.
func modelFuncs() template.FuncMap {
	return template.FuncMap{
		"bits":    func(x float64) string { return fmt.Sprintf("%.3f", x) },
		"short":   func(n int) string { return short(int64(n)) },
		"short64": short,
		"num64":   func(n int) string { return number(int64(n)) },
		"pctOf":   func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
		"signed": func(x float64) string { // how much less
			return strings.Replace(fmt.Sprintf("%+.1f", -x), "-", "−", 1)
		},
	}
}
