package inspect

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/ledger"
	"feilun/internal/progress"
	"feilun/internal/stats"
)

//go:embed report.html report.css report.js ablation.html
var page embed.FS

// How much the page shows.
const (
	ruleSamples = 8  // dropped documents for each rule
	keptSamples = 40 // documents of the corpus
	pageHosts   = 30
	shownRules  = 15 // in view; the rest is folded
	shownBars   = 12
	shownCharts = 12
	shownFiles  = 20
	openRules   = 6 // whose examples are unfolded
)

// A bar is one line of a chart whose bars share a scale.
type bar struct {
	Name           string
	In, Kept       int64
	InPct, KeptPct float64 // of the largest bar
}

// A level is one stage of the funnel in one unit.
type level struct {
	Stage         string
	In, Kept, Off int64
	InPct, Pct    float64 // width of what came in and of what stayed, of the first stage
	Share         float64 // kept of what came in, percent
}

// A ruleLine is a rule with what it took and examples.
type ruleLine struct {
	Stage, Name string
	ID          string // of its examples on the page
	Docs, Cuts  int64
	Bytes       int64
	Pct         float64 // of the largest
	Samples     []ledger.Row
	Aside       bool // no page was dropped: the bar is out of scale
	Open        bool // examples unfolded: they have text, and few rules took more
}

// view is what the page's template shows.
type view struct {
	Run       *stats.Run
	Times     *stats.Times
	Lang      string
	CSS       template.CSS
	JS        template.JS
	First     feilun.Report
	Last      feilun.Report
	Funnel    map[string][]level // by unit: docs, bytes, chars
	Drops     []ruleLine
	Aside     bool // one of Drops is set aside
	Cuts      []ruleLine
	Measures  []chart
	Quality   []scores
	Languages []bar
	Hosts     []bar
	Stages    []bar // seconds
	Kept      []stats.Sample
	URLs      map[string]string // of documents that stayed, by id
	Model     *modelView        // nil when none was evaluated
}

// Report writes the page about the run in dir to name. Lang is the language it
// opens in: zh, en, or auto for the reader's browser's.
func Report(dir, name, lang string) error {
	s, err := Stats(dir)
	if err != nil {
		return err
	}
	times, err := Times(dir)
	if err != nil {
		return err
	}
	v := &view{Run: s, Times: times, Lang: lang, First: s.Reports[0], Last: s.Reports[len(s.Reports)-1]}
	v.Funnel = map[string][]level{}
	for unit, of := range map[string]func(feilun.Count) int64{
		"docs":  func(c feilun.Count) int64 { return c.Docs },
		"bytes": func(c feilun.Count) int64 { return c.Bytes },
		"chars": func(c feilun.Count) int64 { return c.Chars },
	} {
		v.Funnel[unit] = levels(s.Reports, of)
	}
	if err := v.rules(dir); err != nil {
		return err
	}
	if err := v.survivors(dir); err != nil {
		return err
	}
	e, err := Evaluation(dir)
	if err != nil {
		return err
	}
	if e != nil {
		v.Model = newModelView(e)
	}
	v.Measures = charts(s.Measures)
	for _, q := range s.Quality {
		v.Quality = append(v.Quality, newScores(q))
	}
	v.Languages, v.Hosts = bars(s.Languages, pageHosts), bars(s.Hosts, pageHosts)
	v.Kept = turns(s.Samples, keptSamples)
	v.seconds()
	return v.write(name)
}

// dress returns the style and script that pages of their own share.
func dress() (template.CSS, template.JS, error) {
	css, err := page.ReadFile("report.css")
	if err != nil {
		return "", "", err
	}
	js, err := page.ReadFile("report.js")
	return template.CSS(css), template.JS(js), err
}

func (v *view) write(name string) error {
	css, js, err := dress()
	if err != nil {
		return err
	}
	v.CSS, v.JS = css, js
	t, err := template.New("report.html").Funcs(template.FuncMap{
		"bytes": progress.Bytes, "num": number, "pct": func(x float64) string { return fmt.Sprintf("%.1f", x) },
		"dur":    duration,
		"millis": func(n int64) template.HTML { return duration(float64(n) / 1000) },
		"when":   func(s string) string { return strings.NewReplacer("T", " ", "Z", " UTC").Replace(s) },
		"t":      both, "about": AboutChinese,
		"reason": reasonParts,
		"fold":   foldRules, "foldBars": foldBars, "foldCharts": foldCharts, "foldFiles": foldFiles,
	}).Funcs(modelFuncs()).ParseFS(page, "report.html")
	if err != nil {
		return err
	}
	return atomicfile.Write(name, func(w io.Writer) error { return t.Execute(w, v) })
}

// both renders a label in both languages; the page shows one.
func both(en, zh string) template.HTML {
	return template.HTML(`<span class="en">` + template.HTMLEscapeString(en) + `</span><span class="zh">` + template.HTMLEscapeString(zh) + `</span>`)
}

// duration writes a time in both languages.
func duration(seconds float64) template.HTML {
	s := int64(seconds)
	en := fmt.Sprintf("%d h %02d min", s/3600, s/60%60)
	switch {
	case seconds < 1:
		en = fmt.Sprintf("%.0f ms", 1000*seconds)
	case seconds < 60:
		en = fmt.Sprintf("%.1f s", seconds)
	case seconds < 3600:
		en = fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return both(en, strings.NewReplacer("ms", "毫秒", "min", "分", "h", "小时", "s", "秒").Replace(en))
}

// A folded is a list of which the page shows the head at once.
type folded[T any] struct {
	Head, Rest []T
	All        int
}

func fold[T any](all []T, n int) folded[T] {
	if len(all) <= n {
		return folded[T]{all, nil, len(all)}
	}
	return folded[T]{all[:n], all[n:], len(all)}
}

func foldRules(all []ruleLine) folded[ruleLine]     { return fold(all, shownRules) }
func foldBars(all []bar) folded[bar]                { return fold(all, shownBars) }
func foldFiles(all []stats.File) folded[stats.File] { return fold(all, shownFiles) }
func foldCharts(all []chart) folded[chart]          { return fold(all, shownCharts) }

func reasonParts(r ledger.Row) string {
	s := fmt.Sprintf("%.4g / %.4g", r.Value, r.Limit)
	if r.Note != "" {
		s += " · " + r.Note
	}
	return s
}

// number writes n with thin spaces between groups of three digits.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}

func levels(reports []feilun.Report, of func(feilun.Count) int64) []level {
	var out []level
	top := int64(1)
	for _, r := range reports {
		top = max(top, of(r.In), of(r.Kept))
	}
	for _, r := range reports {
		l := level{Stage: r.Stage, In: of(r.In), Kept: of(r.Kept), Off: of(r.In) - of(r.Kept)}
		l.InPct, l.Pct = 100*float64(l.In)/float64(top), 100*float64(l.Kept)/float64(top)
		l.Share = 100 * float64(l.Kept) / float64(max(1, l.In))
		out = append(out, l)
	}
	return out
}

func bars(shares []stats.Share, n int) []bar {
	top := int64(1)
	for _, s := range shares {
		top = max(top, s.In)
	}
	var out []bar
	for _, s := range shares[:min(n, len(shares))] {
		name := s.Name
		if name == "" {
			name = "–"
		}
		out = append(out, bar{name, s.In, s.Kept, 100 * float64(s.In) / float64(top), 100 * float64(s.Kept) / float64(top)})
	}
	return out
}

// rules gathers drops and cuts by rule with examples from the ledger.
func (v *view) rules(dir string) error {
	drops, cuts := map[string]*draws{}, map[string]*draws{}
	for r, err := range Rows(dir) {
		if err != nil {
			return err
		}
		m := drops
		if r.Cut {
			m = cuts
		}
		key := r.Stage + "/" + RuleName(r.Filter, r.Rule)
		if m[key] == nil {
			m[key] = &draws{}
		}
		m[key].add(r)
	}
	for _, rep := range v.Run.Reports {
		for _, rule := range rep.Rules {
			name := RuleName(rule.Filter, rule.Rule)
			line := ruleLine{Stage: rep.Stage, Name: name, ID: "r-" + strings.NewReplacer(".", "-", "@", "-", "+", "-").Replace(rep.Stage+"-"+name), Docs: rule.Docs, Cuts: rule.Cuts, Bytes: rule.Bytes}
			key := rep.Stage + "/" + name
			if d := drops[key]; d != nil && rule.Docs > 0 {
				line.Samples = d.rows()
				v.Drops = append(v.Drops, line)
			}
			if d := cuts[key]; d != nil && rule.Cuts > 0 {
				line.ID, line.Samples = line.ID+"-cuts", d.rows()
				v.Cuts = append(v.Cuts, line)
			}
		}
	}
	scale(v.Drops, func(l *ruleLine) int64 { return l.Docs })
	v.setAside()
	unfold(v.Drops, openRules)
	scale(v.Cuts, func(l *ruleLine) int64 { return l.Cuts })
	return nil
}

func scale(lines []ruleLine, of func(*ruleLine) int64) {
	slices.SortStableFunc(lines, func(a, b ruleLine) int { return int(of(&b) - of(&a)) })
	for i := range lines {
		lines[i].Pct = 100 * float64(of(&lines[i])) / float64(max(1, of(&lines[0])))
	}
}

// setAside takes records that hold no page, often twice as many as pages, out
// of the scale of the rules that drop pages.
func (v *view) setAside() {
	most := int64(1)
	for _, l := range v.Drops {
		if l.Name != crawlRecordType {
			most = max(most, l.Docs)
		}
	}
	for i := range v.Drops {
		l := &v.Drops[i]
		l.Aside = l.Name == crawlRecordType
		l.Pct = min(100, 100*float64(l.Docs)/float64(most))
		v.Aside = v.Aside || l.Aside
	}
}

// crawlRecordType is the rule of records that hold no page.
const crawlRecordType = "record_type"

func (v *view) seconds() {
	top := 0.001
	for _, s := range v.Times.Stages {
		top = max(top, s)
	}
	for _, name := range []string{"crawl", "extract", "language", "filter", "quality", "dedup", "write"} {
		s := v.Times.Stages[name]
		v.Stages = append(v.Stages, bar{Name: name, In: int64(s * 1000), InPct: 100 * s / top})
	}
}

// Page returns the path of a run's page.
func Page(dir string) string { return filepath.Join(dir, "report.html") }
