package inspect

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/stats"
)

// The drawing area of one histogram, in SVG units.
const (
	chartWidth  = 300.0
	chartHeight = 96.0
	chartMargin = 10.0 // left and right of the axis
	chartBars   = 50   // more bins than that are drawn together
)

// A chart is a histogram drawn as SVG: kept under dropped, with the limit.
type chart struct {
	Step, Rule     string
	Limit          string
	Tested, Losses int64
	SVG            template.HTML
}

// charts draws the histograms that tell something: not those whose documents
// all fall into one bin and stay. What dropped most comes first.
func charts(ms []stats.Measure) []chart {
	var out []chart
	for _, m := range ms {
		if m.Limit != nil && len(m.Histogram.Kept)+2*len(m.Histogram.Dropped) > 1 {
			out = append(out, newChart(m))
		}
	}
	slices.SortStableFunc(out, func(a, b chart) int { return cmp.Compare(b.Losses, a.Losses) })
	return out
}

func newChart(m stats.Measure) chart {
	c := chart{Step: m.Step, Rule: m.Rule, Limit: tick(*m.Limit), Losses: total(m.Histogram.Dropped)}
	c.Tested = c.Losses + total(m.Histogram.Kept)
	a := newAxis(m)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight+16, template.HTMLEscapeString(m.Step+"."+m.Rule))
	fmt.Fprintf(&b, `<path class="x" d="M0 %g.5h%g"/>`, chartHeight, chartWidth)
	drawColumns(&b, a, columns(m))
	limit := a.place(*m.Limit)
	ends := [2]float64{a.lo, a.hi}
	if limit >= 0 && limit <= chartWidth {
		fmt.Fprintf(&b, `<path class="l" d="M%.1f 0v%g"/>`, limit, chartHeight+4)
		drawTick(&b, limit, *m.Limit, "lt")
	}
	for _, x := range ends {
		if at := a.place(x); math.Abs(at-limit) > 60 {
			drawTick(&b, at, x, "")
		}
	}
	b.WriteString(`</svg>`)
	c.SVG = template.HTML(b.String())
	return c
}

// drawTick writes a value under the axis, inside the drawing.
func drawTick(b *strings.Builder, at, x float64, class string) {
	anchor := "middle"
	switch {
	case at < 40:
		at, anchor = max(0, at-chartMargin), "start"
	case at > chartWidth-40:
		at, anchor = min(chartWidth, at+chartMargin), "end"
	}
	fmt.Fprintf(b, `<text class="%s" x="%.1f" y="%g" text-anchor="%s">%s</text>`, class, at, chartHeight+14, anchor, tick(x))
}

// A column is one bar of a histogram: how many documents have values in [from, to).
type column struct {
	from, to      float64
	kept, dropped int64
}

// columns joins bins where there are too many to draw one by one.
func columns(m stats.Measure) []column {
	lo, hi := binRange(m)
	step := (hi-lo)/chartBars + 1
	out := make([]column, (hi-lo)/step+1)
	for i := range out {
		out[i].from, out[i].to = stats.BinStart(lo+i*step), stats.BinStart(lo+i*step+step)
	}
	for b, n := range m.Histogram.Kept {
		out[(b-lo)/step].kept += n
	}
	for b, n := range m.Histogram.Dropped {
		out[(b-lo)/step].dropped += n
	}
	return out
}

func drawColumns(b *strings.Builder, a axis, cols []column) {
	top := int64(1)
	for _, c := range cols {
		top = max(top, c.kept+c.dropped)
	}
	// Heights are square roots, so that few documents show.
	height := func(n int64) float64 { return math.Sqrt(float64(n)/float64(top)) * (chartHeight - 6) }
	for _, c := range cols {
		if c.kept+c.dropped == 0 {
			continue
		}
		x, to := a.place(c.from), min(a.place(c.to), chartWidth)
		w, k, all := max(2, to-x-.8), height(c.kept), height(c.kept+c.dropped)
		fmt.Fprintf(b, `<g><title>%s – %s: %d + %d</title>`, tick(c.from), tick(c.to), c.kept, c.dropped)
		if c.kept > 0 {
			fmt.Fprintf(b, `<rect class="k" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, chartHeight-k, w, k)
		}
		if c.dropped > 0 {
			fmt.Fprintf(b, `<rect class="d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, x, chartHeight-all, w, all-k)
		}
		b.WriteString(`</g>`)
	}
}

func total(bins map[int]int64) (n int64) {
	for _, x := range bins {
		n += x
	}
	return n
}

// tick writes a value of an axis: three digits, whole thousands in groups.
func tick(x float64) string {
	if x = max(0, x); x >= 1000 {
		return number(int64(math.Round(x)))
	}
	return strconv.FormatFloat(roundTo(x, 3), 'f', -1, 64)
}

// roundTo rounds x to n significant digits.
func roundTo(x float64, n int) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', n, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// binRange returns the first and the last bin in use.
func binRange(m stats.Measure) (lo, hi int) {
	lo, hi = math.MaxInt, math.MinInt
	for _, bins := range []map[int]int64{m.Histogram.Kept, m.Histogram.Dropped} {
		for b := range bins {
			lo, hi = min(lo, b), max(hi, b)
		}
	}
	return lo, hi
}

// An axis spans all values that occur, and the limit unless it is far off.
type axis struct{ lo, hi float64 }

func newAxis(m stats.Measure) axis {
	lo, hi := binRange(m)
	a := axis{max(0, stats.BinStart(lo)), stats.BinStart(hi + 1)}
	if limit := *m.Limit; limit < 100*max(1, a.hi) {
		a.lo, a.hi = min(a.lo, limit), max(a.hi, limit)
	}
	if a.hi <= 10 && a.lo < a.hi/2 {
		a.lo = min(a.lo, 0)
	}
	return a
}

// place maps a value to the drawing: linear up to 10, else logarithmic.
func (a axis) place(x float64) float64 {
	lo, hi := a.lo, a.hi
	if hi > 10 {
		lo, hi, x = math.Log1p(lo), math.Log1p(hi), math.Log1p(max(0, x))
	}
	return chartMargin + (x-lo)/max(1e-9, hi-lo)*(chartWidth-2*chartMargin)
}
