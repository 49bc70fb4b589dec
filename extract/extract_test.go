package extract

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"feilun"
	"feilun/internal/params"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var update = flag.Bool("update", false, "write golden files")

func newExtractor(t testing.TB, set ...string) *Extractor {
	p := usual(t)
	for i := 0; i+1 < len(set); i += 2 {
		if err := params.Set(&p, set[i], set[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	x, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func describe(d *feilun.Doc, v feilun.Verdict) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "verdict: %s %s\ntitle: %s\ndate: %s\ncanonical: %s\nrobots: %s\nlayout: %+v\n", v.Rule, v.Note, d.Title, d.Date, d.Canonical, d.Robots, d.Layout)
	for _, l := range d.Links {
		fmt.Fprintf(&b, "link: %s\n", l)
	}
	fmt.Fprintf(&b, "\n%s\n", d.Text)
	return b.Bytes()
}

// TestGolden extracts the fixtures, which were written for this test, and
// compares all that is found with the golden files.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil || len(names) < 6 {
		t.Fatal(names, err)
	}
	x := newExtractor(t, "links", "true")
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := &feilun.Doc{URL: "https://www.example.org/x/page.html", Page: &feilun.Page{Body: body, ContentType: "text/html"}}
		got := describe(d, x.Page(d))
		golden := strings.TrimSuffix(name, ".html") + ".txt"
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is out of date; run: go test ./extract -run TestGolden -update\n%s", golden, diff)
		}
	}
}

// TestKeepsAndDrops names parts that must and must not be in the text: golden
// files alone could be updated to something wrong.
func TestKeepsAndDrops(t *testing.T) {
	x := newExtractor(t)
	for _, tt := range []struct {
		name    string
		in, out []string
	}{
		{"article-en", []string{"It held. “I did not sleep much last night,” said the carpenter who led the work, Anton Berg,", "thirty-two buckets", "a mill that turns is a neighbour"}, []string{"Most read", "Bridge closed", "All rights", "Tweet", "not text"}},
		{"article-zh", []string{"青石桥昨日重新开放。清晨六点，等候多时的居民走上桥面", "只有十七块石料是新采的"}, []string{"相关阅读", "版权所有", "登录", "当前位置"}},
		{"docs-en", []string{"for line in quern.open(\"shard.zst\"):\n    if line.startswith(\"#\"):\n        continue", "path | none | file to read"}, []string{"Installing", "Created using"}},
		{"forum-en", []string{"smells of old oil", "Never use water", "Careful with the rice", "Thank you both"}, []string{"Board index", "Powered by"}},
		{"listing-en", []string{"A rose can be moved", "Privet roots", "Neither copper"}, []string{"Imprint", "RSS"}},
		{"product-en", []string{"A plain apron of heavy linen", "270 g per square metre"}, []string{"Tea towel", "Cart (0)", "Free shipping"}},
	} {
		body, err := os.ReadFile("testdata/" + tt.name + ".html")
		if err != nil {
			t.Fatal(err)
		}
		d := &feilun.Doc{Page: &feilun.Page{Body: body}}
		if v := x.Page(d); !v.Kept() {
			t.Errorf("%s: dropped by %v", tt.name, v)
		}
		for _, s := range tt.in {
			if !strings.Contains(d.Text, s) {
				t.Errorf("%s: text lacks %q:\n%s", tt.name, s, d.Text)
			}
		}
		for _, s := range tt.out {
			if strings.Contains(d.Text, s) {
				t.Errorf("%s: text holds %q:\n%s", tt.name, s, d.Text)
			}
		}
	}
}

// TestEncodings: the same page in another encoding, declared or not, gives the
// same text.
func TestEncodings(t *testing.T) {
	body, err := os.ReadFile("testdata/article-zh.html")
	if err != nil {
		t.Fatal(err)
	}
	x := newExtractor(t)
	want := &feilun.Doc{Page: &feilun.Page{Body: body}}
	x.Page(want)
	raw := bytes.Replace(body, []byte(`<meta charset="utf-8">`), nil, 1)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, ct := range []string{"", "text/html; charset=gb2312", "text/html; charset=iso-8859-1"} {
		d := &feilun.Doc{Page: &feilun.Page{Body: gbk, ContentType: ct}}
		x.Page(d)
		if d.Text != want.Text || d.Title != want.Title || d.Layout.Charset != "gb18030" {
			t.Errorf("Page with Content-Type %q read %s, text %.60q, want %.60q", ct, d.Layout.Charset, d.Text, want.Text)
		}
	}
}

func TestVerdicts(t *testing.T) {
	x := newExtractor(t, "max_bytes", "5000", "max_nodes", "1000", "max_blocks", "200", "min_chars", "3")
	for _, tt := range []struct{ body, contentType, rule, note string }{
		{"<p>A page with words.", "text/html", "", ""},
		{"A plain text.", "text/plain", "", ""},
		{"A plain text.", "", "", ""},
		{"%PDF-1.4 and more", "text/html", "types", "application/pdf"},
		{"\x89PNG\r\n\x1a\n", "", "types", "image/png"},
		{"body { color: red }", "text/css", "types", "text/css"},
		{"var x = 1", "application/javascript", "types", "application/javascript"},
		{`{"a": 1}`, "application/json", "types", "application/json"},
		{`{"a": 1}`, "", "types", "application/json"},
		{"<?xml version='1.0'?><rss><item>x</item></rss>", "", "types", "text/xml"},
		{"\x01\x02\x03\x04\x05\x06\x07\x08", "text/html", "types", "application/octet-stream"},
		{"<p>" + strings.Repeat("x", 5000), "text/html", "max_bytes", ""},
		{strings.Repeat("<b>x</b>", 600), "text/html", "max_nodes", ""},
		{strings.Repeat("<p>x", 300), "text/html", "max_blocks", ""},
		{"<p>ab", "text/html", "min_chars", ""},
		{"", "text/html", "min_chars", ""},
		{"<html><body><script>x()</script></body></html>", "text/html", "min_chars", ""},
	} {
		d := &feilun.Doc{Page: &feilun.Page{Body: []byte(tt.body), ContentType: tt.contentType}}
		if v := x.Page(d); v.Rule != tt.rule || v.Note != tt.note {
			t.Errorf("Page(%.30q, %q) = %+v, want rule %q, note %q", tt.body, tt.contentType, v, tt.rule, tt.note)
		}
	}
	d := &feilun.Doc{Text: "kept"}
	if v := x.Page(d); !v.Kept() || d.Text != "kept" {
		t.Errorf("Page of a text source = %v, text %q", v, d.Text)
	}
	if _, err := New(Params{}); err == nil {
		t.Error("New without limits gave no error")
	}
}

// TestFirstPage has pages that hold little or nothing be the first of an
// extractor, which has no scratch space then.
func TestFirstPage(t *testing.T) {
	for _, body := range []string{
		"<html>", "<html></html>\n", "<p>", "<!doctype html>", "<title>x</title>", "<script>x</script>", "<br><hr>", "<table><tr><td>", "<img src=a>",
		"<html><head><meta charset=gbk></head><body>\xc4", "<svg>", "<a href=x></a>", "<!-- -->", "<html>\x00", "&nbsp;", "<pre>\n\n</pre>", "<textarea>",
	} {
		for _, kind := range []string{"text/html", "text/plain", "application/xhtml+xml", ""} {
			x := newExtractor(t)
			d := &feilun.Doc{Page: &feilun.Page{Body: []byte(body), ContentType: kind}}
			if v := x.Page(d); v.Kept() && strings.TrimSpace(d.Text) == "" {
				t.Errorf("Page(%q, %q) kept an empty text", body, kind)
			}
		}
	}
}

// TestTooMuchIsNotWeighed: pages beyond the limits cost their tree alone. Their
// features took ten times the memory of the rest.
func TestTooMuchIsNotWeighed(t *testing.T) {
	x := newExtractor(t, "max_nodes", "1000", "max_blocks", "200")
	for _, body := range []string{strings.Repeat("<b>x</b>", 600), strings.Repeat("<p>x", 300)} {
		if v := x.Page(&feilun.Doc{Page: &feilun.Page{Body: []byte(body), ContentType: "text/html"}}); v.Kept() || cap(x.rows) > 0 {
			t.Errorf("Page(%.20q…) = %v with features of %d bytes", body, v, 2*cap(x.rows))
		}
	}
}

// TestReuse: an extractor gives a page the same result whatever it read before.
func TestReuse(t *testing.T) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	x := newExtractor(t, "links", "true")
	var first [][]byte
	for round := range 2 {
		for k, name := range names {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			d := &feilun.Doc{Page: &feilun.Page{Body: body}}
			got := describe(d, x.Page(d))
			if round == 0 {
				first = append(first, got)
			} else if !bytes.Equal(got, first[k]) {
				t.Errorf("%s: second reading differs:\n%s", name, cmp.Diff(string(first[k]), string(got)))
			}
		}
		slices.Reverse(names)
		slices.Reverse(first)
	}
}

// hostile are pages that try to cost time or memory.
func hostile() map[string]string {
	return map[string]string{
		"deep":      strings.Repeat("<div>", 20000) + "text",
		"inline":    strings.Repeat("<b><i>", 20000) + "text",
		"blocks":    strings.Repeat("<p>a", 20000),
		"cells":     "<table>" + strings.Repeat("<tr><td>a<td>b", 10000),
		"lists":     strings.Repeat("<ul><li>a", 5000),
		"class":     "<p class='" + strings.Repeat("nav Menu-", 20000) + "'>text",
		"entities":  strings.Repeat("&#x4e2d;&amp;&nosuch;", 10000),
		"json":      `<script type="application/ld+json">` + strings.Repeat(`{"@type":[`, 10000) + `</script><p>text`,
		"links":     strings.Repeat("<a href='/a?b'>x</a> ", 10000),
		"metas":     strings.Repeat("<meta name=robots content='a,b,c'>", 5000) + "<p>text",
		"titles":    "<title>" + strings.Repeat(" - ", 5000) + "</title><p>text",
		"attribute": "<p " + strings.Repeat("a=1 ", 20000) + ">text",
		"breaks":    strings.Repeat("a<br>", 20000),
		"dates":     "<p>" + strings.Repeat("2021-13-", 10000),
	}
}

// TestHostile: what a page costs grows with its size, and does not explode:
// bytes that are allocated stay within a factor of the page.
func TestHostile(t *testing.T) {
	for name, body := range hostile() {
		x := newExtractor(t)
		d := &feilun.Doc{Page: &feilun.Page{Body: []byte(body), ContentType: "text/html"}}
		x.Page(d)
		if !utf8.ValidString(d.Text) || len(d.Text) > 4*len(body)+100 {
			t.Errorf("%s: %d bytes of text from %d", name, len(d.Text), len(body))
		}
		if held := len(x.tree.Nodes); held > len(body)+10 {
			t.Errorf("%s: %d nodes from %d bytes", name, held, len(body))
		}
	}
}

// TestAllocations: after the first page, memory is reused; what is allocated is
// what the document keeps and a few small things.
func TestAllocations(t *testing.T) {
	body, err := os.ReadFile("testdata/article-en.html")
	if err != nil {
		t.Fatal(err)
	}
	x := newExtractor(t)
	if n := testing.AllocsPerRun(20, func() {
		x.Page(&feilun.Doc{Page: &feilun.Page{Body: body, ContentType: "text/html"}})
	}); n > 60 {
		t.Errorf("Page allocates %v times, want at most 60", n)
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"2021-01-02", "2021-01-02"},
		{"2021-01-02T10:00:00+08:00", "2021-01-02"},
		{"发布时间：2021年1月2日 09:15", "2021-01-02"},
		{"2021/1/2", "2021-01-02"},
		{"2021.01.02", "2021-01-02"},
		{"20210102", "2021-01-02"},
		{"January 2, 2021", "2021-01-02"},
		{"Posted on Jan. 2nd, 2021 by me", "2021-01-02"},
		{"Sat, 2 Jan 2021 10:00:00 GMT", "2021-01-02"},
		{"2nd of January 2021", "2021-01-02"},
		{"2021-02-30", ""},
		{"2021-13-01", ""},
		{"1889-01-01", ""},
		{"tel. 20215566", ""},
		{"the march of time", ""},
		{"", ""},
	} {
		if got := findDate([]byte(tt.text)); got != tt.want {
			t.Errorf("findDate(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if got := urlDate([]byte("/news/2021/01/02/mill.html")); got != "2021-01-02" {
		t.Errorf("urlDate = %q", got)
	}
}

func TestTitles(t *testing.T) {
	x := newExtractor(t)
	for _, tt := range []struct{ head, want string }{
		{"<title>A long walk along the river - Hill Blog</title>", "A long walk along the river"},
		{"<title>Hill Blog | Walks</title><meta property='og:site_name' content='Hill Blog'>", "Walks"},
		{"<title>河湾镇的老桥今天重新通车了_河湾日报</title>", "河湾镇的老桥今天重新通车了"},
		{"<title>One - two</title>", "One - two"},
		{"<title>x</title><meta property='og:title' content='A better title'>", "A better title"},
		{"", "Heading"},
	} {
		d := &feilun.Doc{Page: &feilun.Page{Body: []byte("<html><head>" + tt.head + "</head><body><h1>Heading</h1><p>Some words of text."), ContentType: "text/html; charset=utf-8"}}
		x.Page(d)
		if d.Title != tt.want {
			t.Errorf("title of %s = %q, want %q", tt.head, d.Title, tt.want)
		}
	}
}

func FuzzPage(f *testing.F) {
	names, err := filepath.Glob("testdata/*.html")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, "text/html", "https://a.example/b/")
	}
	for _, body := range hostile() {
		f.Add([]byte(body[:min(len(body), 2000)]), "", "")
	}
	x := newExtractor(f, "links", "true")
	f.Fuzz(func(t *testing.T, body []byte, contentType, url string) {
		one := &feilun.Doc{URL: url, Page: &feilun.Page{Body: body, ContentType: contentType}}
		v := x.Page(one)
		if v.Kept() != (one.Text != "") && v.Rule != "min_chars" && one.Text != "" {
			t.Errorf("verdict %v with text %q", v, one.Text)
		}
		for _, s := range append([]string{one.Text, one.Title, one.Date, one.Canonical}, one.Links...) {
			if !utf8.ValidString(s) {
				t.Errorf("%q is not valid UTF-8", s)
			}
		}
		two := &feilun.Doc{URL: url, Page: &feilun.Page{Body: body, ContentType: contentType}}
		// An extractor that read nothing before must find the same.
		fresh := &Extractor{p: x.p, model: x.model, heads: x.heads, types: x.types}
		fresh.parser.MaxNodes = x.parser.MaxNodes
		if w := fresh.Page(two); w != v || two.Text != one.Text || two.Title != one.Title || two.Date != one.Date {
			t.Errorf("second reading: %v, %q, want %v, %q", w, two.Text, v, one.Text)
		}
	})
}

// TestComments wants readers' comments left out under an article, and kept
// where they are what the page is for.
func TestComments(t *testing.T) {
	posts := ""
	for _, s := range []string{
		"I grew up two streets from that mill and my grandmother packed bobbins there until it closed, so this brought a lot back.",
		"Has anybody asked what becomes of the weir? The council promised a fish ladder in the spring and nothing has been built.",
		"Good piece, but the figure for the roof seems low to me; we paid nearly that for a barn half its size.",
	} {
		posts += `<li class="comment"><cite>Reader</cite> says: <p>` + s + `</p><a href="#">Reply</a></li>`
	}
	article := ""
	for _, s := range []string{
		"The old cotton mill on the river will open again in autumn, this time as a library and a row of small workshops, the town announced on Monday after eight years of talks with its owners.",
		"Work on the roof began in March. Carpenters found most of the beams sound, replaced eleven of them with oak from the town's own forest, and left the iron columns of 1871 where they stood.",
		"The library will take the two upper floors, with windows to the river, while potters, printers and a bicycle maker have already rented places on the ground floor for five years.",
		"Money came from three sides: the province paid half, a foundation a third, and the remainder was collected by an association of neighbours that held concerts in the empty halls.",
	} {
		article += "<p>" + s + "</p>"
	}
	page := func(body string) string {
		d := &feilun.Doc{Page: &feilun.Page{Body: []byte("<html><head><title>The mill opens again</title></head><body>" + body + "</body></html>"), ContentType: "text/html"}}
		newExtractor(t).Page(d)
		return d.Text
	}
	got := page(`<div class="post"><h1>The mill opens again</h1>` + article + `</div><ol class="commentlist">` + posts + `</ol>`)
	if !strings.Contains(got, "bicycle maker") || strings.Contains(got, "my grandmother") {
		t.Errorf("article with comments:\n%s", got)
	}
	got = page(`<div class="discussion"><h1>What becomes of the mill?</h1><ol class="commentlist">` + posts + posts + posts + `</ol></div>`)
	if !strings.Contains(got, "my grandmother") {
		t.Errorf("comments alone:\n%s", got)
	}
}
