package wikitext

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// A testCase is one block of testdata/cases.txt.
type testCase struct{ name, options, in, want string }

// cases reads testdata/cases.txt: "#### name [options]", the markup, a line of
// four dashes and "text", and the text expected.
func cases(tb testing.TB) []testCase {
	tb.Helper()
	b, err := os.ReadFile("testdata/cases.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var list []testCase
	for _, part := range strings.Split("\n"+string(b), "\n#### ")[1:] {
		head, rest, _ := strings.Cut(part, "\n")
		in, want, ok := strings.Cut(rest, "\n---- text\n")
		if !ok {
			if in, ok = strings.CutSuffix(rest, "\n---- text"); !ok {
				tb.Fatalf("case %q has no expected text", head)
			}
		}
		name, options, _ := strings.Cut(head, " [")
		list = append(list, testCase{name, strings.TrimSuffix(options, "]"), in, strings.TrimRight(want, "\n")})
	}
	return list
}

func (c testCase) parser(tb testing.TB) *Parser {
	p := &Parser{Page: "Page"}
	for o := range strings.FieldsSeq(c.options) {
		switch {
		case strings.HasPrefix(o, "zh"):
			p.Variant = o
		case strings.HasPrefix(o, "lang="):
			p.Language = o[5:]
		case o == "no-tables":
			p.DropTables = true
		case o == "appendices":
			p.KeepAppendices = true
		case o == "namespaces":
			p.Namespaces = map[string]int{"hình": 6, "wikipedia": 4, "portal": 100}
		default:
			tb.Fatalf("case %s: unknown option %q", c.name, o)
		}
	}
	return p
}

// TestCases compares with texts written by hand.
func TestCases(t *testing.T) {
	list := cases(t)
	if len(list) < 100 {
		t.Errorf("%d cases, want at least 100", len(list))
	}
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		if got := c.parser(t).Text(c.in); got != c.want {
			t.Errorf("%s\n--- in\n%s\n--- got\n%s\n--- want\n%s", c.name, c.in, got, c.want)
		}
	}
}

// TestReuse checks that a page's text does not depend on the pages before it.
func TestReuse(t *testing.T) {
	used := &Parser{}
	for range 2 {
		for _, c := range cases(t) {
			if c.options != "" {
				continue
			}
			used.Page = "Page"
			if got := used.Text(c.in); got != c.want {
				t.Errorf("%s: a used parser gives %q, want %q", c.name, got, c.want)
			}
		}
	}
}

// hostile are inputs that cost time or stack in parsers that look ahead.
func hostile(n int) map[string]string {
	many := func(s string) string { return strings.Repeat(s, n/len(s)) }
	half := func(a, b string) string { return strings.Repeat(a, n/2/len(a)) + strings.Repeat(b, n/2/len(b)) }
	return map[string]string{
		"braces":        many("{{a|"),
		"braces closed": half("{{a|", "}}"),
		"nowrap":        half("{{nowrap|", "}}"),
		"if":            half("{{#if:x|", "}}"),
		"switch":        half("{{#switch:x|", "|y}}"),
		"runs":          many("{") + many("}"),
		"lines":         many("{{a\n"),
		"links":         many("[[a|"),
		"links closed":  half("[[a|", "]]"),
		"mixed":         many("[[{{"),
		"mixed closed":  half("[[{{", "}}]]"),
		"crossed":       half("[[{{", "]]}}"),
		"far":           "[[\n" + half("{{a", "]]a"),
		"urls":          many("[http://a "),
		"variants":      many("-{zh-hans:a;"),
		"variants shut": half("-{", "}-"),
		"tables":        many("\n{|\n|"),
		"tables closed": half("\n{|\n|", "\n|}"),
		"cells":         "{|\n" + many("||"),
		"refs":          many("<ref>"),
		"refs attr":     many("<ref name="),
		"poems":         half("<poem>", "</poem>"),
		"comments":      many("<!-- "),
		"nowiki":        many("<nowiki>"),
		"less":          many("<"),
		"quotes":        many("'' ''' "),
		"lists":         many("*"),
		"list lines":    many("***#\n"),
		"headings":      many("== a ==\n"),
		"equals":        many("="),
		"entities":      many("&amp"),
		"parentheses":   many("({{x}}"),
		"arguments":     "{{nowrap" + many("|a") + "}}",
		"underscores":   many("__A"),
	}
}

// TestDepth: what people write is far from the limits of nesting.
func TestDepth(t *testing.T) {
	var p Parser
	for name, text := range map[string]string{
		"templates": strings.Repeat("{{#if:1|", 30) + "x" + strings.Repeat("}}", 30),
		"tables":    strings.Repeat("{|\n|\n", 15) + "x" + strings.Repeat("\n|}", 15),
	} {
		if got := strings.TrimSpace(p.Text(text)); got != "x" {
			t.Errorf("%s: %q, want x", name, got)
		}
	}
}

// TestHostile checks that the work grows with the input and no faster, by
// counting steps: four times the input may cost no more than about four times
// the bytes allocated.
func TestHostile(t *testing.T) {
	for name := range hostile(1 << 10) {
		small := testing.AllocsPerRun(1, func() { (&Parser{}).Text(hostile(1 << 12)[name]) })
		large := testing.AllocsPerRun(1, func() { (&Parser{}).Text(hostile(1 << 14)[name]) })
		if large > 5*small+2000 {
			t.Errorf("%s: %v allocations for 4 kB, %v for 16 kB", name, small, large)
		}
		text := (&Parser{}).Text(hostile(1 << 20)[name])
		if rest := left(text); rest != "" {
			t.Errorf("%s: text holds %q", name, rest)
		}
	}
}

// left returns markup that should not be in text.
func left(text string) string {
	for _, s := range []string{"[[", "{{", "{|", "<ref", "\x7f", "\x01", "\x02"} {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

func FuzzText(f *testing.F) {
	for _, c := range cases(f) {
		f.Add(c.in)
	}
	for _, s := range hostile(200) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		for _, p := range []*Parser{{}, {Options: Options{Variant: "zh-hant", DropTables: true, KeepAppendices: true}}} {
			got := p.Text(in)
			if again := p.Text(in); again != got {
				t.Fatalf("two texts: %q, %q", got, again)
			}
			if strings.Contains(in, "<") || strings.Contains(in, "&") { // literal text may hold anything
				continue
			}
			if rest := left(got); rest != "" {
				t.Fatalf("%q is left in %q", rest, got)
			}
		}
	})
}

func BenchmarkText(b *testing.B) {
	var all strings.Builder
	for range 20 {
		for _, c := range cases(b) {
			fmt.Fprintf(&all, "%s\n\n", c.in)
		}
	}
	text := all.String()
	if name := os.Getenv("FEILUN_WIKITEXT"); name != "" {
		raw, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		text = string(raw)
	}
	p := &Parser{}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		p.Text(text)
	}
}

// TestRealText reads clean text of real articles as markup: nearly every word
// stays.
func TestRealText(t *testing.T) {
	b := testkit.ReadZstd(t, testkit.Data(t, "text", "wiki-en", "wiki_demo.txt.zst"))
	words, lost, texts := 0, 0, 0
	for line := range strings.Lines(string(b)) {
		in := strings.Fields(line)
		out := strings.Fields((&Parser{Options: Options{KeepAppendices: true}}).Text(line))
		left := map[string]int{}
		for _, w := range out {
			left[w]++
		}
		for _, w := range in {
			if left[w]--; left[w] < 0 {
				lost++
			}
		}
		words += len(in)
		texts++
	}
	t.Logf("%d texts, %d words, %d changed", texts, words, lost)
	if texts < 30 || lost > words/1000 {
		t.Errorf("%d of %d words of %d texts changed", lost, words, texts)
	}
}
