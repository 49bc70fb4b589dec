package inspect

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"feilun/internal/stats"
)

// A scores is what the page shows of one quality step.
type scores struct {
	chart
	KeptPct  float64
	Keep     template.HTML // share kept over threshold
	Labelled *labelledPlot
}

type labelledPlot struct {
	AUC                  string
	Positives, Negatives int
	SVG                  template.HTML
}

func newScores(q stats.Quality) scores {
	s := scores{chart: chart{Step: q.Step}}
	if len(q.Scores.Kept)+len(q.Scores.Dropped) > 0 {
		m := stats.Measure{Step: q.Step, Rule: "score", Limit: &q.Limit, Histogram: q.Scores}
		s.chart = newChart(m)
		s.KeptPct = 100 * float64(s.Tested-s.Losses) / float64(max(1, s.Tested))
		s.Keep = keepPlot(m, q.LowIsGood)
	}
	if l := q.Labelled; l != nil {
		s.Labelled = &labelledPlot{fmt.Sprintf("%.3f (%.3f – %.3f)", l.AUC[0], l.AUC[1], l.AUC[2]), l.Positives, l.Negatives, prPlot(l)}
	}
	return s
}

// keepPlot draws the share of documents at or above each score (below it, where
// low is good), and of each score's documents the share that stayed.
func keepPlot(m stats.Measure, lowIsGood bool) template.HTML {
	lo, hi := binRange(m)
	a := newAxis(m)
	all := total(m.Histogram.Kept) + total(m.Histogram.Dropped)
	var over, own []string
	beyond := all
	for bin := lo; bin <= hi+1; bin++ {
		share := float64(beyond) / float64(max(1, all))
		if lowIsGood {
			share = 1 - share
		}
		x := a.place(stats.BinStart(bin))
		over = append(over, fmt.Sprintf("%.1f %.1f", x, height(share)))
		kept, dropped := m.Histogram.Kept[bin], m.Histogram.Dropped[bin]
		if n := kept + dropped; n > 0 {
			own = append(own, fmt.Sprintf("%.1f %.1f", x, height(float64(kept)/float64(n))))
			beyond -= n
		}
	}
	var b strings.Builder
	startPlot(&b, m.Step)
	fmt.Fprintf(&b, `<path class="s" d="M%s"/>`, strings.Join(over, "L"))
	if len(own) > 1 {
		fmt.Fprintf(&b, `<path class="l" d="M%s"/>`, strings.Join(own, "L"))
	}
	for _, x := range []float64{a.lo, a.hi} {
		drawTick(&b, a.place(x), x, "")
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func prPlot(l *stats.Labelled) template.HTML {
	var points []string
	for _, p := range l.Curve {
		if !math.IsNaN(p[1]) {
			points = append(points, fmt.Sprintf("%.1f %.1f", chartMargin+p[2]*(chartWidth-2*chartMargin), height(p[1])))
		}
	}
	var b strings.Builder
	startPlot(&b, "precision over recall")
	fmt.Fprintf(&b, `<path class="s" d="M%s"/>`, strings.Join(points, "L"))
	drawTick(&b, chartMargin, 0, "")
	drawTick(&b, chartWidth-chartMargin, 1, "")
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// startPlot draws the frame for shares from 0 to 1.
func startPlot(b *strings.Builder, label string) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight+16, template.HTMLEscapeString(label))
	for _, share := range []float64{0, 0.5, 1} {
		fmt.Fprintf(b, `<path class="x" d="M0 %.1fh%g"/>`, height(share), chartWidth)
	}
	fmt.Fprintf(b, `<text x="0" y="%.1f">1</text><text x="0" y="%.1f">½</text>`, height(1)+9, height(0.5)-2)
}

// height places a share from 0 to 1.
func height(share float64) float64 { return chartHeight - share*(chartHeight-6) }
