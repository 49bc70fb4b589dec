package quality

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"

	"feilun/internal/atomicfile"
)

//go:embed page.html page.css page.js
var pageFiles embed.FS

// What the page shows of documents.
const (
	pageTop     = 100 // most positive, and most negative
	pageChars   = 500
	pageReasons = 6
)

// A shown document of the page.
type shown struct {
	ID, URL, Text string
	Score         float64
	Positive      bool // what its label says
	Reasons       []Reason
}

// A page is what the template shows.
type page struct {
	Model      string
	Kind       string
	About      string
	AboutZh    string
	Lang       string
	CSS        template.CSS
	JS         template.JS
	Result     *Result
	E          Evaluation
	PR         template.HTML
	Calibrated template.HTML
	Keep       template.HTML
	Best       []shown
	Worst      []shown
}

// Page writes a self-contained HTML page, in English and Chinese, about a
// trained model: what held-out documents say of it, and the documents among
// examples with the highest and the lowest scores. Lang is the language it opens
// in: en, zh, or auto for the reader's browser's.
func (m *Model) Page(name, lang string, examples []Example) error {
	r := m.Result()
	if r == nil {
		return fmt.Errorf("a %s model of another program has no page", m.Kind)
	}
	k, err := kindNamed(m.Kind)
	if err != nil {
		return err
	}
	p := &page{Model: name, Kind: m.Kind, About: k.About, AboutZh: k.AboutZh, Lang: lang, Result: r, E: r.HeldOut}
	p.PR = curvePlot(r.HeldOut.Curve, func(q Point) (x, y float64) { return q.Recall, q.Precision })
	p.Keep = curvePlot(r.HeldOut.Thresholds, func(q Point) (x, y float64) { return q.Threshold, q.Keep })
	p.Calibrated = calibrationPlot(r.HeldOut.Calibration)
	p.Best, p.Worst = m.extremes(examples)
	return p.write(name)
}

// extremes returns the documents with the highest and with the lowest scores.
func (m *Model) extremes(examples []Example) (best, worst []shown) {
	all := make([]shown, len(examples))
	at := make([]int, len(examples))
	for i, e := range examples {
		all[i] = shown{ID: e.Doc.ID, URL: e.Doc.URL, Score: m.Score(e.Doc), Positive: e.Positive}
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int {
		return cmp.Or(cmp.Compare(all[b].Score, all[a].Score), cmp.Compare(all[a].ID, all[b].ID))
	})
	fill := func(i int) shown {
		s := all[i]
		s.Text = clip(examples[i].Doc.Text, pageChars)
		s.Reasons = m.Explain(examples[i].Doc, pageReasons)
		return s
	}
	n := min(pageTop, len(at)/2)
	for i := range n {
		best = append(best, fill(at[i]))
		worst = append(worst, fill(at[len(at)-1-i]))
	}
	return best, worst
}

// clip returns the first n characters of s.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

func (p *page) write(name string) error {
	css, err := pageFiles.ReadFile("page.css")
	if err != nil {
		return err
	}
	js, err := pageFiles.ReadFile("page.js")
	if err != nil {
		return err
	}
	p.CSS, p.JS = template.CSS(css), template.JS(js)
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"t": bilingual, "pct": func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) },
		"f3": func(x float64) string { return fmt.Sprintf("%.3f", x) }, "f4": func(x float64) string { return fmt.Sprintf("%.4f", x) },
		"signed": func(x float64) string { return fmt.Sprintf("%+.2f", x) }, "visible": visible,
	}).ParseFS(pageFiles, "page.html")
	if err != nil {
		return err
	}
	return atomicfile.Write(name, func(w io.Writer) error { return t.Execute(w, p) })
}

// visible shows line breaks, and blanks that stand alone.
func visible(name string) string {
	name = strings.NewReplacer("\n", "↵", "\t", "⇥").Replace(name)
	if strings.TrimSpace(name) != "" {
		return name
	}
	return strings.Repeat("␣", len([]rune(name)))
}

// bilingual renders a label in both languages; the page shows one.
func bilingual(en, zh string) template.HTML {
	return template.HTML(`<span class="en">` + template.HTMLEscapeString(en) + `</span><span class="zh">` + template.HTMLEscapeString(zh) + `</span>`)
}

// The drawing area of a plot, in SVG units.
const (
	plotSize   = 260.0
	plotMargin = 30.0
)

func place(x, y float64) (px, py float64) {
	return plotMargin + x*plotSize, plotSize + 8 - y*plotSize
}

// frame draws the unit square with its ticks.
func frame(b *strings.Builder) {
	fmt.Fprintf(b, `<svg viewBox="0 0 %g %g" role="img">`, plotSize+plotMargin+12, plotSize+32)
	for i := range 5 {
		v := float64(i) / 4
		x, y := place(v, v)
		x0, y0 := place(0, 0)
		fmt.Fprintf(b, `<path class="g" d="M%.1f %.1fV8M%.1f %.1fh%g"/>`, x, y0, x0, y, plotSize)
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle">%g</text><text x="%.1f" y="%.1f" text-anchor="end">%g</text>`, x, y0+14, v, x0-4, y+4, v)
	}
}

func curvePlot(points []Point, at func(Point) (x, y float64)) template.HTML {
	var b strings.Builder
	frame(&b)
	b.WriteString(`<path class="c" d="`)
	verb := 'M'
	for _, p := range points {
		x, y := at(p)
		if math.IsNaN(x) || math.IsNaN(y) {
			continue
		}
		px, py := place(x, y)
		fmt.Fprintf(&b, "%c%.1f %.1f", verb, px, py)
		verb = 'L'
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String())
}

// calibrationPlot draws the share of positive documents over the mean score; a
// circle's area grows with the documents it stands for.
func calibrationPlot(bins []Bin) template.HTML {
	var b strings.Builder
	frame(&b)
	x0, y0 := place(0, 0)
	x1, y1 := place(1, 1)
	fmt.Fprintf(&b, `<path class="d" d="M%.1f %.1fL%.1f %.1f"/>`, x0, y0, x1, y1)
	most := 1
	for _, n := range bins {
		most = max(most, n.Docs)
	}
	for _, n := range bins {
		if n.Docs == 0 {
			continue
		}
		x, y := place(n.Score, n.Positive)
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="%.1f"><title>%d</title></circle>`, x, y, 3+9*math.Sqrt(float64(n.Docs)/float64(most)), n.Docs)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// PageName is where the page about a model lies.
func PageName(model string) string { return model + ".html" }
