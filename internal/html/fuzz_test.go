package html

import (
	"bytes"
	"strings"
	"testing"
	"time"

	xhtml "golang.org/x/net/html"

	"feilun/internal/testkit"
)

// hostile makes pages that cost quadratic time in parsers that look back.
var hostile = []struct {
	name string
	make func(n int) string
}{
	{"less-than", func(n int) string { return strings.Repeat("<", n) }},
	{"end of nothing", func(n int) string { return strings.Repeat("</", n/2) }},
	{"comments", func(n int) string { return strings.Repeat("<!--", n/4) }},
	{"comment of brackets", func(n int) string { return "<!--" + strings.Repeat(">", n) }},
	{"declarations", func(n int) string { return strings.Repeat("<!", n/2) }},
	{"open quotes", func(n int) string { return strings.Repeat(`<a b="`, n/6) }},
	{"two quotes", func(n int) string { return strings.Repeat(`<a b="'>'`, n/9) }},
	{"attributes", func(n int) string { return "<a " + strings.Repeat("b ", n/2) + ">" }},
	{"same attribute", func(n int) string { return "<a " + strings.Repeat("id=x ", n/5) + ">" }},
	{"slashes", func(n int) string { return "<a" + strings.Repeat("/", n) + ">" }},
	{"long name", func(n int) string { return "<" + strings.Repeat("a", n) + ">" }},
	{"deep div", func(n int) string { return strings.Repeat("<div>", n/5) }},
	{"deep b, then p", func(n int) string { return strings.Repeat("<b><p>", n/6) }},
	{"deep, many ends", func(n int) string { return strings.Repeat("<b><div>", 200) + strings.Repeat("</b></i></p>", n/12) }},
	{"unknown ends", func(n int) string { return strings.Repeat("<x-y>", 400) + strings.Repeat("</z-w>", n/6) }},
	{"unlink", func(n int) string { return strings.Repeat("<b><div></b>", n/12) }},
	{"links", func(n int) string { return strings.Repeat("<a><div>", n/8) }},
	{"tables", func(n int) string { return strings.Repeat("<table><tr><td>", n/15) }},
	{"table ends", func(n int) string { return strings.Repeat("<table>", 300) + strings.Repeat("<td></tr>", n/9) }},
	{"scripts", func(n int) string { return strings.Repeat("<script></scripty>", n/18) }},
	{"script comments", func(n int) string { return "<script>" + strings.Repeat("<!--<script>", n/12) }},
	{"script ends", func(n int) string { return "<script><!--<script>" + strings.Repeat("</script><script>-", n/18) }},
	{"svg", func(n int) string { return strings.Repeat("<svg><g>", n/8) + "<p>" }},
	{"svg and p", func(n int) string { return strings.Repeat("<svg><desc>", n/11) }},
	{"ampersands", func(n int) string { return strings.Repeat("&", n) }},
	{"long reference", func(n int) string { return "&" + strings.Repeat("a", n) }},
	{"references", func(n int) string { return strings.Repeat("&CounterClockwise", n/17) }},
	{"options", func(n int) string { return "<select>" + strings.Repeat("<option><optgroup>", n/18) }},
	{"cdata", func(n int) string { return "<svg>" + strings.Repeat("<![CDATA[", n/9) }},
}

// TestHostile holds time linear: eight times the page may cost at most 32 times
// the work, where a quadratic parser takes 64. It compares processor times, the
// best of several runs; nothing depends on how fast the machine is.
func TestHostile(t *testing.T) {
	var p Parser
	cost := func(src []byte) time.Duration {
		best := time.Hour
		for range 5 {
			start := testkit.CPUTime()
			tree := p.Parse(src)
			for i := range tree.Nodes {
				tree.Text(i)
			}
			best = min(best, testkit.CPUTime()-start)
		}
		return best
	}
	for _, h := range hostile {
		small, big := []byte(h.make(1<<17)), []byte(h.make(1<<20))
		a, b := cost(small), cost(big)
		if msg := check(p.Parse(big)); msg != "" {
			t.Errorf("%s: %s", h.name, msg)
		}
		if b > 32*max(a, 200*time.Microsecond) {
			t.Errorf("%s: %d bytes take %v, %d bytes take %v", h.name, len(small), a, len(big), b)
		}
		t.Logf("%-20s %.0f MB/s", h.name, float64(len(big))/1e6/max(b, time.Microsecond).Seconds())
	}
}

// fixtures are seeds: well-formed and broken markup of every kind.
var fixtures = []string{
	"<!doctype html><html lang=zh><head><meta charset=utf-8><title>飞轮 &amp; more</title></head><body><p class=\"a b\">一<b>二</b></p></body></html>",
	"<p>a<table><tr><td>b<p>c</td></tr></table></p><ul><li>x<li>y</ul>",
	"<b><i><p>x</b>y</i></p><a href='?a=1&copy=2'>q<div>r</a></div>",
	"<svg viewBox='0 0 1 1'><path d='M0'/><style>a{}</style><foreignObject><p>x</foreignObject></svg><math><mi>x<p>y</math>",
	"<script>var a='<!--<script></script>'</script><style></style x><title>t</titl></title>",
	"<select><option>a<optgroup><option>b</select><ruby>a<rt>b</ruby><dl><dt>a<dd>b</dl>",
	"<frameset><frame></frameset><noframes>x</noframes>",
	"<form><table><form><tr><td></form></table><template><tr><td>a</template><button>a<button>b",
	"<!--a--!><!--><![CDATA[x]]><?php ?></><//><a/b=c/d><a =b>&#x80;&notit;&nGt;",
	"<pre>\n\r\nx</pre><textarea>\n</textarea><plaintext>a</plaintext>",
	"\xff<\x80>&\xfe;</\xfd><a href=\xff>",
}

func FuzzParse(f *testing.F) {
	for _, s := range fixtures {
		f.Add([]byte(s))
	}
	for _, h := range hostile {
		f.Add([]byte(h.make(200)))
	}
	p, tight := new(Parser), &Parser{MaxDepth: 8, MaxNodes: 40, MaxBytes: 300}
	f.Fuzz(func(t *testing.T, src []byte) {
		kept := bytes.Clone(src)
		for _, p := range []*Parser{p, tight} {
			tree := p.Parse(src)
			if msg := check(tree); msg != "" {
				t.Fatal(msg)
			}
			first := dump(tree, 0)
			for i := range tree.Nodes {
				tree.Raw(i)
				tree.Attrs(i, func(AttrName, []byte) bool { return true })
			}
			if again := dump(p.Parse(src), 0); again != first {
				t.Fatalf("parsed twice: %s, then %s", first, again)
			}
		}
		if !bytes.Equal(src, kept) {
			t.Fatal("the page was changed")
		}
	})
}

// FuzzAsPeer compares text and tags with the tokenizer of x/net/html on input
// that has none of the constructs about which the two differ on purpose.
func FuzzAsPeer(f *testing.F) {
	for _, s := range fixtures {
		f.Add([]byte(s))
	}
	var p Parser
	f.Fuzz(func(t *testing.T, src []byte) {
		src = bytes.ToValidUTF8(src, nil)
		if differs(src) {
			t.Skip()
		}
		tags, text := ours(p.Parse(src))
		wantTags, wantText := theirs(src)
		if !bytes.Equal(text, wantText) {
			t.Errorf("text %q, x/net/html %q", text, wantText)
		}
		if first, n := missing(tags, wantTags); n != 0 {
			t.Errorf("tags %q, x/net/html %q: %s", tags, wantTags, first)
		}
	})
}

// differs reports input on which the tokenizer of x/net/html departs from the
// standard, or has no tree to know where it stands.
func differs(src []byte) bool {
	lower := bytes.ToLower(src)
	for _, s := range []string{"<svg", "<math", "<script", "<plaintext", "\x00", "\f", "<form", "<select", "<noscript",
		"<frame", "<textarea", "<title", "<style", "<xmp", "<iframe", "<noembed", "<noframes", "\u0130", "\u212a"} {
		if bytes.Contains(lower, []byte(s)) {
			return true
		}
	}
	return false
}

// TestFixtures runs the comparison of FuzzAsPeer with whole trees too: the same
// texts in the same order as x/net/html finds, on markup it does not reorder.
func TestFixtures(t *testing.T) {
	var p Parser
	for _, s := range []string{fixtures[0], fixtures[5], "<div><p>a<span>b</span></p><ul><li>c</li></ul><table><tr><td>d</td></tr></table></div>"} {
		doc, err := xhtml.Parse(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		peerShape(doc, "", &want)
		if got := shape(p.Parse([]byte(s))); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q:\n got %q\nwant %q", s, got, want)
		}
	}
}
