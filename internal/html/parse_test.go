package html

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// dump renders a tree below body, or all of it, on one line: elements as
// name(children), texts quoted.
func dump(t *Tree, root int) string {
	var b strings.Builder
	for i := root + 1; i < int(t.Nodes[root].End); i = int(t.Nodes[i].End) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if t.Nodes[i].Kind == Text {
			fmt.Fprintf(&b, "%q", t.Text(i))
			continue
		}
		b.WriteString(t.TagName(i))
		if s := dump(t, i); s != "" {
			b.WriteString("(" + s + ")")
		}
	}
	return b.String()
}

// find returns the first element with the tag, -1 without one.
func find(t *Tree, tag Tag) int {
	for i := range t.Nodes {
		if t.Nodes[i].Kind == Element && t.Nodes[i].Tag == tag {
			return i
		}
	}
	return -1
}

// check reports what is wrong with a tree, "" when nothing is.
func check(t *Tree) string {
	src := len(t.Source())
	if len(t.Nodes) > src+8 {
		return fmt.Sprintf("%d nodes for %d bytes", len(t.Nodes), src)
	}
	if n := &t.Nodes[0]; n.Parent != -1 || int(n.End) != len(t.Nodes) {
		return "bad document node"
	}
	for i := 1; i < len(t.Nodes); i++ {
		n := &t.Nodes[i]
		switch p := int(n.Parent); {
		case p < 0 || p >= i:
			return fmt.Sprintf("node %d: parent %d", i, p)
		case t.Nodes[p].Kind == Text:
			return fmt.Sprintf("node %d is below text %d", i, p)
		case int(n.End) <= i || n.End > t.Nodes[p].End:
			return fmt.Sprintf("node %d: end %d, its parent %d ends at %d", i, n.End, p, t.Nodes[p].End)
		case n.Start < 0 || n.Start > n.Stop || int(n.Stop) > src:
			return fmt.Sprintf("node %d: span %d to %d of %d", i, n.Start, n.Stop, src)
		case n.Kind == Element && (n.Close < n.Stop || int(n.Close) > src):
			return fmt.Sprintf("node %d: start tag ends at %d, element at %d", i, n.Stop, n.Close)
		case n.Kind == Text && int(n.End) != i+1:
			return fmt.Sprintf("text %d has children", i)
		}
	}
	// The parent is the innermost node around: preorder and End say the same.
	var open []int
	for i := range t.Nodes {
		for len(open) > 0 && int(t.Nodes[open[len(open)-1]].End) <= i {
			open = open[:len(open)-1]
		}
		if len(open) > 0 && int(t.Nodes[i].Parent) != open[len(open)-1] {
			return fmt.Sprintf("node %d: parent %d, but %d is around it", i, t.Nodes[i].Parent, open[len(open)-1])
		}
		open = append(open, i)
	}
	return ""
}

func TestTrees(t *testing.T) {
	var p Parser
	for _, tt := range []struct{ src, want string }{
		{"", ""},
		{"hi", `"hi"`},
		{"1 < 2 <3 a<b", `"1 < 2 <3 a"`}, // <b runs into the end
		{"a<!--x-->b<!-->c<!--->d<!--y--!>e<!z>f<?g?>h</>i</ j>k", `"a" "b" "c" "d" "e" "f" "h" "i" "k"`},
		{"<p>a<p>b</p>c</p>d", `p("a") p("b") "c" p "d"`},
		{"<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e", `ul(li("a") li("b" ul(li("c"))) li("d")) "e"`},
		{"<dl><dt>a<dd>b<dt>c</dl>", `dl(dt("a") dd("b") dt("c"))`},
		{"<table><tr><td>a<td>b<tr><th>c</table>d", `table(tr(td("a") td("b")) tr(th("c"))) "d"`},
		{"<table><tbody><tr><td><table><tr><td>in</table>out</table>", `table(tbody(tr(td(table(tr(td("in"))) "out"))))`},
		{"<table><tr><td><p>a</div></table>b", `table(tr(td(p("a")))) "b"`},
		{"<td>a</td><tr>b", `"a" "b"`},
		{"<div>a</span>b</p>c</section></div>d</div>e", `div("a" "b" p "c") "d" "e"`},
		{"<b><p>x</b>y</p>z", `b p("x" "y") "z"`},
		{"<b>1<i>2</b>3</i>4", `b("1" i("2")) "3" "4"`},
		{"<a href=x><div>1</a>2</div>3", `a(div("1" "2")) "3"`},
		{"<a name=x>1<p>2<a href=y>3</a>4", `a("1") p("2" a("3") "4")`},
		{"<h1>a<h2>b</h3>c", `h1("a") h2("b") "c"`},
		{"<select><option>a<option>b</select>", `select(option("a") option("b"))`},
		{"<ruby>漢<rp>(<rt>kan<rp>)</ruby>", `ruby("漢" rp("(") rt("kan") rp(")"))`},
		{"<form><div>a</form>b</div>c", `form(div("a" "b")) "c"`},
		{"<br/>a</br>b<img src=x>c<image>d", `br "a" br "b" img "c" img "d"`},
		{"<div/>a", `div("a")`},
		{"<pre>\n\na</pre><textarea>\r\n<b></textarea>", `pre("\na") textarea("<b>")`},
		{"<pre><br>\na</pre>\nb", `pre(br "\na") "\nb"`},
		{"<svg><path/><title>t</title><g>u</g><![CDATA[<x>&lt;]]></svg>v", `svg(path title("t") g("u") "<x>&lt;") "v"`},
		{"<svg><g><p>a", `svg(g) p("a")`},
		{"<svg><foreignObject><div>a<p>b</div>c</foreignObject>d</svg>e", `svg(foreignobject(div("a" p("b")) "c") "d") "e"`},
		{"<my-card>a<other-one>b</my-card>c", `my-card("a" other-one("b")) "c"`},
		{"<MY-Card>a</my-CARD>b", `my-card("a") "b"`},
		{"<body><noscript><p>a</noscript>b", `noscript(p("a")) "b"`},
		{"<iframe><p>a</iframe>b<xmp><b></xmp>c<plaintext><b></plaintext>", `iframe "b" xmp "c" plaintext("<b></plaintext>")`},
		{"<p a='>'>b<p c=\">\" d=e/f>g", `p("b") p("g")`},
		{"<button>a<button>b", `button("a") button("b")`},
		{"<p>a<table><tr><td>b</table>c", `p("a") table(tr(td("b"))) "c"`},
		{"a<div b='c", `"a"`},
		{"a<script>b", `"a" script`},
		{"<body><p>a</body>b</html>c", `p("a" "b" "c")`},
		{"\u00a0<p>a", `"\u00a0" p("a")`},
		{"a\x00b", `"a\x00b"`},
	} {
		tree := p.Parse([]byte(tt.src))
		body, got := find(tree, Body), ""
		if body > 0 {
			got = dump(tree, body)
		}
		if got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.src, got, tt.want)
		}
		if msg := check(tree); msg != "" {
			t.Errorf("%q: %s", tt.src, msg)
		}
	}
}

func TestHead(t *testing.T) {
	var p Parser
	for _, tt := range []struct{ src, want string }{
		{" <!doctype html> <title>a</title> <p>b", `html(head(title("a")) body(p("b")))`},
		{"<html lang=en><head><meta name=x content=y></head><link><body class=z>b", `html(head(meta) link body("b"))`},
		{"<meta><script>x</script>b<html lang=zh><body id=k>", `html(head(meta script) body("b"))`},
		{"<head><noscript><img><p>x</p></noscript></head><body>b", `html(head(noscript(img p("x"))) body("b"))`},
		{"<head><noscript><p>x<body>b", `html(head(noscript(p("x"))) body("b"))`},
		{"<frameset><frame><frame><noframes>x</noframes></frameset>", `html(head frameset(frame frame noframes))`},
	} {
		tree := p.Parse([]byte(tt.src))
		if got := dump(tree, 0); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.src, got, tt.want)
		}
		if msg := check(tree); msg != "" {
			t.Errorf("%q: %s", tt.src, msg)
		}
	}
}

func TestAttributes(t *testing.T) {
	var p Parser
	tree := p.Parse([]byte(`<A HREF="?a=1&amp;b=2&copy=3&lt;" id=x id=y CLASS='c d' title = "e
f" hidden data-unknown=1 =rel=z style=a>b<p class>`))
	a := find(tree, A)
	for _, tt := range []struct {
		name  AttrName
		value string
		ok    bool
	}{
		{AttrHref, "?a=1&b=2&copy=3<", true},
		{AttrID, "x", true},
		{AttrClass, "c d", true},
		{AttrTitle, "e\nf", true},
		{AttrHidden, "", true},
		{AttrRel, "", false},
		{AttrStyle, "a", true},
		{AttrSrc, "", false},
	} {
		for range 2 { // the second time from the scratch
			if v, ok := tree.Attr(a, tt.name); string(v) != tt.value || ok != tt.ok {
				t.Errorf("%v = %q, %v; want %q, %v", tt.name, v, ok, tt.value, tt.ok)
			}
		}
	}
	if v, ok := tree.Attr(find(tree, P), AttrClass); len(v) != 0 || !ok {
		t.Errorf("p class = %q, %v", v, ok)
	}
	n := 0
	tree.Attrs(a, func(AttrName, []byte) bool { n++; return true })
	if n != 6 {
		t.Errorf("%d attributes, want 6", n)
	}
}

func TestScripts(t *testing.T) {
	var p Parser
	for _, tt := range []struct{ src, want string }{
		{`<script type="application/ld+json">{"a":"</b>"}</script>x`, `{"a":"</b>"}`},
		{"<script>if (a<b) '</scripty>'</SCRIPT >x", "if (a<b) '</scripty>'"},
		{"<script><!-- a <script> b </script> c --></script>x", "<!-- a <script> b </script> c -->"},
		{"<script><!-- a </script>x", "<!-- a "},
		{"<script><!-- <script> --></script>x", "<!-- <script> -->"},
		{"<style>a > b { }</style>x", "a > b { }"},
		{"<script>a", "a"},
	} {
		tree := p.Parse([]byte(tt.src))
		i := max(find(tree, Script), find(tree, Style))
		if got := string(tree.Raw(i)); got != tt.want {
			t.Errorf("%q: raw %q, want %q", tt.src, got, tt.want)
		}
		if got := string(tree.AppendText(nil, 0)); strings.HasSuffix(tt.src, "x") && got != "x" {
			t.Errorf("%q: text %q", tt.src, got)
		}
	}
}

func TestReferences(t *testing.T) {
	for _, tt := range []struct{ src, text, attr string }{
		{"a & b && &", "a & b && &", "a & b && &"},
		{"&amp;&lt&gt;&quot;&nbsp;", "&<>\"\u00a0", "&<>\"\u00a0"},
		{"&notit; &notin; &not", "¬it; ∉ ¬", "&notit; ∉ ¬"},
		{"&ampx &amp=", "&x &=", "&ampx &amp="},
		{"&#20013;&#x6587;&#x6587", "中文文", "中文文"},
		{"&#128;&#150;&#0;&#xD800;&#x110000;&#99999999999;", "€–\uFFFD\uFFFD\uFFFD\uFFFD", "€–\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"&#;&#x;&#xg;&", "&#;&#x;&#xg;&", "&#;&#x;&#xg;&"},
		{"&nGt;&CounterClockwiseContourIntegral;&nosuch;", "≫⃒∳&nosuch;", "≫⃒∳&nosuch;"},
	} {
		if got := string(appendDecoded(nil, []byte(tt.src), false)); got != tt.text {
			t.Errorf("text %q = %q, want %q", tt.src, got, tt.text)
		}
		if got := string(appendDecoded(nil, []byte(tt.src), true)); got != tt.attr {
			t.Errorf("attribute %q = %q, want %q", tt.src, got, tt.attr)
		}
	}
}

func TestLimits(t *testing.T) {
	p := Parser{MaxDepth: 20, MaxNodes: 1000, MaxBytes: 1 << 16}
	deep := strings.Repeat("<div>", 100) + "x" + strings.Repeat("</div>", 100) + "y"
	tree := p.Parse([]byte(deep))
	if got := string(tree.AppendText(nil, 0)); !tree.Truncated || got != "xy" || check(tree) != "" {
		t.Errorf("deep: truncated %v, text %q, %s", tree.Truncated, got, check(tree))
	}
	tree = p.Parse([]byte(strings.Repeat("<i>a</i>", 2000)))
	if !tree.Truncated || len(tree.Nodes) > 1000 || check(tree) != "" {
		t.Errorf("many nodes: truncated %v, %d nodes, %s", tree.Truncated, len(tree.Nodes), check(tree))
	}
	tree = p.Parse(bytes.Repeat([]byte("a"), 1<<17))
	if !tree.Truncated || len(tree.Source()) != 1<<16 {
		t.Errorf("long: truncated %v, %d bytes", tree.Truncated, len(tree.Source()))
	}
	if tree = p.Parse([]byte("<p>a")); tree.Truncated {
		t.Error("a limit of an earlier page is remembered")
	}
}

func TestNames(t *testing.T) {
	for i, n := range tagNames[1:] {
		if got := lookupTag(pack(n), []byte(strings.ToUpper(n))); got != Tag(i+1) {
			t.Errorf("%s: got %v", n, got)
		}
	}
	for i, n := range attrNames[1:] {
		if got := lookupAttr(pack(n), []byte(n)); got != AttrName(i+1) {
			t.Errorf("%s: got %v", n, got)
		}
	}
	if numAttrs > 64 {
		t.Error("more attributes than bits in the set of those seen")
	}
	for _, n := range []string{"blackquote", "x", "divv", "di", "", "xlockquote"} {
		if got := lookupTag(pack(n), []byte(n)); got != Other {
			t.Errorf("%q is taken for %v", n, got)
		}
	}
}

func TestAllocations(t *testing.T) {
	src := []byte(strings.Repeat(`<div class=a><p>text &amp; more <a href="b?c&amp;d">link</a><my-x>z</my-x></div>`, 500))
	var p Parser
	p.Parse(src)
	if n := testing.AllocsPerRun(20, func() {
		t := p.Parse(src)
		for i := range t.Nodes {
			t.Text(i)
			t.Attr(i, AttrHref)
		}
	}); n != 0 {
		t.Errorf("%v allocations a page, want 0", n)
	}
}
