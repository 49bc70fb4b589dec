package inspect

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"feilun/internal/stats"
)

// The drawing area of one histogram, in SVG units.
const (
	chartWidth  = 300.0
	chartHeight = 90.0
	chartBins   = 48
)

// A chart is a histogram drawn as SVG: kept under dropped, with the limit.
type chart struct {
	Step, Rule string
	Limit      string
	SVG        template.HTML
}

func newChart(m stats.Measure) chart {
	c := chart{Step: m.Step, Rule: m.Rule}
	lo, hi := span(m)
	kept, dropped := make([]float64, chartBins), make([]float64, chartBins)
	spread(m.Histogram.Kept, lo, hi, kept)
	spread(m.Histogram.Dropped, lo, hi, dropped)
	top := 1.0
	for i := range kept {
		top = max(top, kept[i]+dropped[i])
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight+16, template.HTMLEscapeString(m.Step+"."+m.Rule))
	w := chartWidth / chartBins
	for i := range kept {
		hk, hd := scaled(kept[i], top), scaled(kept[i]+dropped[i], top)
		if hk > 0 {
			fmt.Fprintf(&b, `<rect class="k" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, float64(i)*w, chartHeight-hk, w-.6, hk)
		}
		if hd > hk {
			fmt.Fprintf(&b, `<rect class="d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, float64(i)*w, chartHeight-hd, w-.6, hd-hk)
		}
	}
	if m.Limit != nil {
		c.Limit = fmt.Sprintf("%.4g", *m.Limit)
		if x := place(*m.Limit, lo, hi); x >= 0 && x <= 1 {
			fmt.Fprintf(&b, `<line class="l" x1="%.1f" x2="%.1f" y1="0" y2="%g"/>`, x*chartWidth, x*chartWidth, chartHeight)
		}
	}
	fmt.Fprintf(&b, `<text x="0" y="%g">%s</text><text x="%g" y="%g" text-anchor="end">%s</text></svg>`,
		chartHeight+13, tick(lo), chartWidth, chartHeight+13, tick(hi))
	c.SVG = template.HTML(b.String())
	return c
}

// scaled gives a count's height; square root, so that few documents show.
func scaled(n, top float64) float64 { return math.Sqrt(n/top) * (chartHeight - 4) }

func tick(x float64) string { return fmt.Sprintf("%.3g", x) }

// span is the range of values drawn: all that occur, and the limit.
func span(m stats.Measure) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, bins := range []map[int]int64{m.Histogram.Kept, m.Histogram.Dropped} {
		for b := range bins {
			lo, hi = min(lo, stats.BinStart(b)), max(hi, stats.BinStart(b+1))
		}
	}
	if m.Limit != nil && *m.Limit < 100*max(1, hi) {
		lo, hi = min(lo, *m.Limit), max(hi, *m.Limit)
	}
	if !(hi > lo) {
		return 0, 1
	}
	return max(0, lo), hi * 1.02
}

// place maps a value into 0..1 of the axis: linear up to 10, else logarithmic.
func place(x, lo, hi float64) float64 {
	if hi <= 10 {
		return (x - lo) / (hi - lo)
	}
	f := func(x float64) float64 { return math.Log1p(max(0, x)) }
	return (f(x) - f(lo)) / (f(hi) - f(lo))
}

func spread(bins map[int]int64, lo, hi float64, out []float64) {
	for b, n := range bins {
		mid := (stats.BinStart(b) + stats.BinStart(b+1)) / 2
		i := int(place(mid, lo, hi) * chartBins)
		out[max(0, min(chartBins-1, i))] += float64(n)
	}
}
