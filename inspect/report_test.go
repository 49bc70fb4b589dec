package inspect

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/quick"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/ledger"
	"feilun/internal/stats"

	"golang.org/x/net/html"
)

// hostile is a title that would run as a script if it were not escaped.
const hostile = `<script>alert(1)</script>`

var stageNames = []string{"crawl", "extract", "language", "filter", "dedup"}

// smallRun describes a run of a few documents that uses every part of the page.
func smallRun() *stats.Run {
	limit := 3.0
	s := &stats.Run{
		Recipe: "small", About: hostile, Version: feilun.Version,
		RecipeHash: strings.Repeat("a", 64), InputHash: strings.Repeat("b", 64),
		Languages: []stats.Share{{Name: hostile, In: 3, Kept: 2}},
		Hosts:     []stats.Share{{Name: "pages.example", In: 5, Kept: 2}},
		Files:     []stats.File{{Name: "corpus/part-00000.jsonl.zst", Count: feilun.Count{Docs: 2}, Size: 400}},
		Samples: []stats.Sample{
			{ID: "zh-1", URL: "http://pages.example/zh", Title: hostile, Language: "zh", Text: "河边的旧书店下雨天也开门。"},
			{ID: "en-1", URL: "javascript:alert(2)", Title: "Mill", Language: "en", Text: `The mill </style></svg><img src="http://elsewhere.example/x.png" onerror=alert(3)>`},
		},
	}
	h := &stats.Histogram{}
	for i := range 9 {
		h.Add(float64(i), i < 3)
	}
	flat := &stats.Histogram{}
	flat.Add(0, true)
	s.Measures = []stats.Measure{
		{Step: "stuffed", Rule: "flat_rule", Limit: &limit, Histogram: flat},
		{Step: `len"gth<b>`, Rule: "max_words", Limit: &limit, Histogram: h},
	}
	for i, name := range stageNames {
		n := int64(7 - i)
		r := feilun.Report{Stage: name, In: feilun.Count{Docs: n, Bytes: 100 * n}, Kept: feilun.Count{Docs: n - 1, Bytes: 100 * (n - 1)}, Dropped: feilun.Count{Docs: 1, Bytes: 100}}
		r.Rules = []feilun.RuleCount{{Rule: "rule_" + name, Docs: 1, Bytes: 100}}
		s.Reports = append(s.Reports, r)
	}
	return s
}

// writeRun writes a run's folder: stats, times, ledger and corpus.
func writeRun(t *testing.T, s *stats.Run, rows []ledger.Row) string {
	t.Helper()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"ledger", "corpus"} {
		must(os.Mkdir(filepath.Join(dir, sub), 0o755))
	}
	times := stats.Times{Started: "2026-11-23T10:00:00Z", Workers: 2, Stages: map[string]float64{"crawl": .2}}
	for name, v := range map[string]any{"stats.json": s, "run.json": times} {
		b, err := json.Marshal(v)
		must(err)
		must(os.WriteFile(filepath.Join(dir, name), b, 0o644))
	}
	create := func(elem ...string) *os.File {
		f, err := os.Create(filepath.Join(append([]string{dir}, elem...)...))
		must(err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	l, err := ledger.NewWriter(create("ledger", "pages-00000.jsonl.zst"))
	must(err)
	for _, r := range rows {
		must(l.Write(r))
	}
	must(l.Close())
	c, err := corpus.NewWriter(create("corpus", "part-00000"+corpus.Ext("jsonl")), "jsonl")
	must(err)
	for _, x := range s.Samples {
		must(c.Write(&feilun.Doc{ID: x.ID, URL: x.URL, Title: x.Title, Language: x.Language, Text: x.Text}))
	}
	must(c.Close())
	return dir
}

func smallRows() []ledger.Row {
	var rows []ledger.Row
	for _, name := range stageNames {
		rows = append(rows, ledger.Row{ID: name, URL: "http://pages.example/" + name, Stage: name, Rule: "rule_" + name, Note: hostile, Sample: hostile})
	}
	rows[4].Survivor = "zh-1"
	return rows
}

// reportOf writes the report of a folder and returns it.
func reportOf(t *testing.T, dir, lang string) string {
	t.Helper()
	name := Page(dir)
	if err := Report(dir, name, lang); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReportModel: the part on the model speaks both languages, and has no interval over one document.
func TestReportModel(t *testing.T) {
	dir := writeRun(t, smallRun(), smallRows())
	x := stats.Interval{Value: 1.5, Low: 1.25, High: 1.75}
	one := stats.Measured{Name: "en", Kind: "language", Docs: 1, Bytes: 9, Bits: x, Baselines: map[string]float64{"token": 2}, Best: "token", Ratio: &x}
	two := stats.Measured{Name: "zh", Kind: "language", Docs: 2, Bytes: 9, Bits: x, Baselines: map[string]float64{"character": 2}, Best: "character", Ratio: &x}
	e := stats.Evaluation{Format: stats.EvaluationFormat, Text: []stats.Measured{one}}
	for _, tt := range []struct {
		row       stats.Measured
		unit      string
		intervals int
	}{{one, `<span class="zh">词元</span>`, 0}, {two, `<span class="zh">字符</span>`, 1}} {
		e.Text = []stats.Measured{tt.row}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "evaluation.json"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		text := reportOf(t, dir, "zh")
		if n := strings.Count(text, "1.250–1.750"); n != tt.intervals || !strings.Contains(text, tt.unit) {
			t.Errorf("%s: %d intervals, want %d, and %s", tt.row.Name, n, tt.intervals, tt.unit)
		}
	}
}

// TestReportContained holds the page to stand alone and to run no script but
// its own, whatever pages of the crawl hold.
func TestReportContained(t *testing.T) {
	text := reportOf(t, writeRun(t, smallRun(), smallRows()), "auto")
	scripts, ids, links := 0, map[string]bool{}, []string{}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := z.Token()
		switch tag.Data {
		case "script":
			scripts++
		case "link", "img", "iframe", "object", "embed", "base", "form", "source", "video", "audio", "image", "use":
			t.Errorf("the page has a <%s>", tag.Data)
		}
		for _, a := range tag.Attr {
			switch {
			case a.Key == "src" || a.Key == "srcset" || a.Key == "action" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s> has %s=%q", tag.Data, a.Key, a.Val)
			case a.Key == "href" || a.Key == "xlink:href":
				links = append(links, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			}
		}
	}
	if z.Err() != io.EOF {
		t.Error(z.Err())
	}
	if scripts != 1 || strings.Contains(text, hostile) {
		t.Errorf("%d scripts, or a title unescaped", scripts)
	}
	for _, l := range links {
		if !strings.HasPrefix(l, "#") || !ids[l[1:]] {
			t.Errorf("link %q leads off the page or nowhere", l)
		}
	}
	for _, re := range []string{`url\(`, `@import`, `\bfetch\(`, `XMLHttpRequest`, `import\(`, `WebSocket`, `sendBeacon`} {
		if m := regexp.MustCompile(re).FindString(text); m != "" {
			t.Errorf("the page has %q", m)
		}
	}
}

// TestReportSays holds the page to show every stage, rule, example and label in
// both languages.
func TestReportSays(t *testing.T) {
	dir := writeRun(t, smallRun(), smallRows())
	for _, lang := range []string{"auto", "zh", "en"} {
		text := reportOf(t, dir, lang)
		want := []string{
			`data-lang="` + lang + `"`, "From crawl to corpus", "从网页到语料", "Dropped, by rule", "按规则丢弃", "阈值",
			"河边的旧书店", "&lt;script&gt;alert(1)&lt;/script&gt;", "max_words", "javascript:alert(2)",
		}
		for _, name := range stageNames {
			want = append(want, `<span class="name">`+name+`</span>`, "rule_"+name, "http://pages.example/"+name)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("lang %s: the page lacks %q", lang, w)
			}
		}
		if strings.Count(text, `class="en"`) != strings.Count(text, `class="zh"`) {
			t.Error("a label is in one language alone")
		}
		if strings.Contains(text, "flat_rule") {
			t.Error("a histogram of one bin without drops is drawn")
		}
		if !regexp.MustCompile(`保留：</span>\s*http://pages.example/zh`).MatchString(text) {
			t.Error("the copy that stayed has no URL")
		}
	}
}

// TestReportFolds holds long lists to be folded, with nothing left out.
func TestReportFolds(t *testing.T) {
	s, rows := smallRun(), smallRows()
	if text := reportOf(t, writeRun(t, s, rows), "en"); strings.Contains(text, "show all") {
		t.Error("short lists are folded")
	}
	s.Languages = nil
	for i := range 20 {
		name := string(rune('a'+i)) + "_name"
		s.Languages = append(s.Languages, stats.Share{Name: name, In: 20, Kept: 1})
		s.Reports[3].Rules = append(s.Reports[3].Rules, feilun.RuleCount{Filter: "f", Rule: name, Docs: 1})
		rows = append(rows, ledger.Row{ID: name, Stage: "filter", Filter: "f", Rule: name, Sample: "text"})
	}
	text := reportOf(t, writeRun(t, s, rows), "en")
	for _, all := range []string{"20", "25"} {
		if !strings.Contains(text, "显示全部</span> "+all) {
			t.Errorf("no list of %s is folded", all)
		}
	}
	for i := range 20 {
		if name := string(rune('a'+i)) + "_name"; strings.Count(text, name) < 4 {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestManyFiles names the first files of a large corpus, not thousands.
func TestManyFiles(t *testing.T) {
	s := smallRun()
	for i := range 3000 {
		s.Files = append(s.Files, stats.File{Name: fmt.Sprintf("corpus/part-%05d.parquet", i)})
	}
	text := reportOf(t, writeRun(t, s, smallRows()), "en")
	if n := strings.Count(text, ".parquet ·"); n != shownFiles-1 || !strings.Contains(text, "… 3001") {
		t.Errorf("%d of 3000 files are listed", n)
	}
}

// TestChart holds any histogram to be drawn inside its frame.
func TestChart(t *testing.T) {
	number := regexp.MustCompile(` (?:x|y|width|height)="(-?[^"]*)"`)
	draw := func(kept, dropped []float64, limit float64) bool {
		h := &stats.Histogram{}
		for _, x := range kept {
			h.Add(x, true)
		}
		for _, x := range dropped {
			h.Add(x, false)
		}
		for _, c := range charts([]stats.Measure{{Step: "s", Rule: "r", Limit: &limit, Histogram: h}}) {
			if c.Tested != int64(len(kept)+len(dropped)) || c.Losses != int64(len(dropped)) {
				t.Errorf("counts %d, %d of %v, %v", c.Tested, c.Losses, kept, dropped)
			}
			for _, m := range number.FindAllStringSubmatch(string(c.SVG), -1) {
				var x float64
				if err := json.Unmarshal([]byte(m[1]), &x); err != nil || x < 0 || x > chartWidth+.1 {
					t.Errorf("%s in %s", m[0], c.SVG)
				}
			}
		}
		return !t.Failed()
	}
	draw(nil, nil, 1)
	draw([]float64{0, 1}, []float64{1e15}, 1e9)
	draw([]float64{5}, []float64{5}, 5)
	small := func(kept, dropped []uint16, scale uint16, limit uint16) bool {
		return draw(scaledBy(kept, scale), scaledBy(dropped, scale), float64(limit)/float64(max(1, scale)))
	}
	if err := quick.Check(small, &quick.Config{Rand: rand.New(rand.NewSource(1))}); err != nil {
		t.Error(err)
	}
}

func scaledBy(xs []uint16, by uint16) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = float64(x) / float64(max(1, by))
	}
	return out
}

// TestTurns holds languages to take turns among the samples shown.
func TestTurns(t *testing.T) {
	var all []stats.Sample
	for _, l := range strings.Fields("zh zh zh zh en zh en fr") {
		all = append(all, stats.Sample{Language: l})
	}
	var got []string
	for _, s := range turns(all, 6) {
		got = append(got, s.Language)
	}
	if s := strings.Join(got, " "); s != "zh en fr zh en zh" {
		t.Errorf("turns: %s", s)
	}
	if n := len(turns(all, 100)); n != len(all) {
		t.Errorf("%d samples of %d", n, len(all))
	}
}

// TestAside keeps records that hold no page out of the scale of the rules.
func TestAside(t *testing.T) {
	v := view{Drops: []ruleLine{{Stage: "crawl", Name: "record_type", Docs: 400, Pct: 100}, {Name: "near", Docs: 4, Pct: 1}, {Name: "url", Docs: 1}}}
	v.setAside()
	if d := v.Drops; !v.Aside || !d[0].Aside || d[0].Pct != 100 || d[1].Aside || d[1].Pct != 100 || d[2].Pct != 25 {
		t.Errorf("bars %+v", d)
	}
	v = view{Drops: []ruleLine{{Name: "near", Docs: 4}}}
	if v.setAside(); v.Aside {
		t.Error("nothing was set aside, the page says so")
	}
}

// TestReportSaysSample holds the page to say that histograms count a sample.
func TestReportSaysSample(t *testing.T) {
	text := reportOf(t, writeRun(t, smallRun(), smallRows()), "auto")
	for _, words := range []string{"every eighth behind them", "每八篇中的一篇"} {
		if !strings.Contains(text, words) {
			t.Errorf("the page has no %q", words)
		}
	}
}
