package constrain

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// testVocabulary has all bytes, and longer texts as a vocabulary of zh and en has them.
func testVocabulary() *Vocabulary {
	texts := make([][]byte, 256)
	for b := range texts {
		texts[b] = []byte{byte(b)}
	}
	for _, s := range strings.Fields(`": {" "} "}, ", [" ], ]} {} [] true false null tru ue 12 -1 0. .5 e1 00 \" \\ \u \n name "name" "na me": :[ :{ ,"
		the of and 你好 的 世界 你 \xe4\xbd } }} ]] """ "," red green blue "red" abcd abc bc 123456789 a" b",`) {
		texts = append(texts, []byte(s))
	}
	texts = append(texts, []byte(" "), []byte("\n  "), []byte(": "), []byte(`, "`), []byte("\xe4\xbd"), []byte("\xa0\xe5\xa5"), nil, nil)
	seen := map[string]bool{}
	for i, b := range texts {
		if seen[string(b)] {
			texts[i] = nil
		}
		seen[string(b)] = true
	}
	return NewVocabulary(len(texts), func(id uint32) []byte { return texts[id] })
}

// generate draws tokens at random until the text ends, which it does within tokens if the
// grammar has a text that short.
func generate(t testing.TB, g *Grammar, v *Vocabulary, rng *rand.Rand, tokens int) (text []byte, done bool) {
	t.Helper()
	m := g.Matcher(v)
	short := m.Left() <= tokens
	for ; ; tokens-- {
		if m.Complete() || m.Ends() && rng.IntN(4) == 0 {
			return text, true
		}
		if tokens == 0 {
			break
		}
		mask, err := m.Allowed(tokens)
		if err != nil {
			t.Fatalf("behind %q: %v", text, err)
		}
		var ids []uint32
		for id := range v.size {
			if mask[id/64]>>(id%64)&1 != 0 {
				ids = append(ids, uint32(id))
			}
		}
		if len(ids) == 0 {
			return text, true // the end alone is left
		}
		id := ids[rng.IntN(len(ids))]
		if !m.Accept(id) {
			t.Fatalf("behind %q: token %q was allowed and is not", text, v.texts[id])
		}
		text = append(text, v.texts[id]...)
	}
	if short && !m.Ends() {
		t.Fatalf("the text %q is not complete, the grammar has shorter ones", text)
	}
	return text, m.Ends()
}

// tries is how often something is drawn; a fifth with -short.
func tries(n int) int {
	if testing.Short() {
		return n / 5
	}
	return n
}

// matches reports whether a text is of a grammar.
func matches(g *Grammar, text string) bool {
	m := g.Matcher(NewVocabulary(0, nil))
	return m.Read([]byte(text)) && m.Ends()
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ grammar, yes, no string }{
		{`root ::= "a" | "bc" # one of two`, "a|bc", "|b|ab|abc"},
		{"root ::= item (\",\" item)*\nitem ::= [a-c]+ | \"(\" root \")\"", "a|ab,c|(a,(b)),c|((a))", "|,|a,|(a|d|()"},
		{`root ::= "x"{2} "y"{1,3} "z"{2,} ("q" | "r")?`, "xxyzz|xxyyyzzzzq|xxyyzzr", "xyzz|xxzz|xxyyyyzz|xxyz|xxyzzqr"},
		{`root ::= [^a-y\n] . "\"\\\u4f60\x41"`, "z好\"\\你A|好z\"\\你A", "a好\"\\你A|\nz\"\\你A|z\"\\你A"},
		{`root ::= ("a"* "b"?)* "c"`, "c|aaabc|babac|bbc", "|a|ca"},
		{`root ::= a
			a ::= "x"
			  | "y" a | ""`, "|x|yx|yy", "xx|xy"},
		{`root ::= [é-ü一-龥😀-😂]`, "é|ï|ü|一|好|龥|😀|😁|😂", "e|ý|龦|😃|\xe4|è"},
	} {
		g, err := Parse(tt.grammar)
		if tt.yes == "" {
			if err == nil {
				t.Errorf("%s was taken", tt.grammar)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.grammar, err)
			continue
		}
		for _, text := range strings.Split(tt.yes, "|") {
			if !matches(g, text) {
				t.Errorf("%s refuses %q", tt.grammar, text)
			}
		}
		for _, text := range strings.Split(tt.no, "|") {
			if matches(g, text) {
				t.Errorf("%s takes %q", tt.grammar, text)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for grammar, want := range map[string]string{
		"":                              `no rule "root"`,
		"a ::= \"x\"":                   `no rule "root"`,
		"root ::= b":                    `"b" is used and not defined`,
		"root ::= \"a\nroot2 ::= \"b\"": "line 1: a text or a class has no end",
		"root ::= [a":                   "has no end",
		"root ::= (\"a\"":               "want )",
		"root ::= root \"a\" | \"b\"":   "begins with itself",
		"root ::= a* root2 \"x\" | \"b\"\na ::= \"q\"?\nroot2 ::= a root \"y\"": "begins with itself",
		"root ::= \"a\" root":                            "no text satisfies",
		"root ::= \"a\"{3,2}":                            "want {n}",
		"root ::= \"a\"{100000}":                         "repetition",
		"root ::= ((\"a\"{8000}){8000}){8000}":           "no text satisfies", // none that short
		"root ::= " + strings.Repeat("\"a\"{8000} ", 40): "symbols",
		"root ::= \"a\"\nroot ::= \"b\"":                 "line 2: rule \"root\" is defined twice",
		"root ::= [z-a]":                                 "a range from 'z' to 'a'",
		`root ::= "\q"`:                                  `\q is no character`,
		`root ::= "\uD800"`:                              "is no character",
		"root := \"a\"":                                  "want ::=",
		"root ::= @":                                     `"@" is no part`,
		"root ::= " + strings.Repeat("(", 1000):          "deeper",
		"root ::= \xff":                                  "not UTF-8",
		strings.Repeat("#", maxGrammar) + "\nroot":       "longer",
	} {
		if _, err := Parse(grammar); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", grammar, err, want)
		}
	}
}

// TestAllowed holds masks to trying every token, and what is left to the shortest texts.
func TestAllowed(t *testing.T) {
	v := testVocabulary()
	rng := rand.New(rand.NewPCG(7, 7))
	list, err := Parse("root ::= item (\", \" item)*\nitem ::= \"你好\"+ | \"{\" root \"}}\" | [a-c]{2,5}")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range []*Grammar{JSON(), list} {
		for range 12 {
			text, _ := generate(t, g, v, rng, 5+rng.IntN(40))
			m := g.Matcher(v)
			if !m.Read(text[:rng.IntN(len(text)+1)]) {
				t.Fatalf("%q is refused", text)
			}
			read := text[:0:0]
			read = append(read, text...)
			for tokens := range 30 {
				mask, err := m.Allowed(tokens)
				if err != nil {
					t.Fatal(err)
				}
				any := false
				for id, b := range v.texts {
					s := m.now
					for _, c := range b {
						s = m.a.step(s, c)
					}
					want := len(b) > 0 && s != m.a.dead && int(s.left) <= max(0, tokens-1)
					got := mask[id/64]>>(id%64)&1 != 0
					any = any || want
					if got && !want && any || want && !got {
						t.Fatalf("behind %q, %d tokens left: token %q allowed %v, want %v", read, tokens, b, got, want)
					}
				}
			}
		}
	}
}

// TestJSON: whatever is drawn is JSON, and complete however few tokens there are.
func TestJSON(t *testing.T) {
	g, v := JSON(), testVocabulary()
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range tries(300) {
		text, done := generate(t, g, v, rng, 2+i%100)
		if !done || !json.Valid(text) || text[0] != '{' || !utf8.Valid(text) {
			t.Fatalf("drew %q, done %v", text, done)
		}
	}
	for text, want := range map[string]bool{
		`{}`: true, `{"a": [1, -2.5e-3, true, null, {"b": "\u4f60\n\ud83d\ude00"}]}`: true, "{\n  \"a\": 1\n}": true, `{"好": "世界"}`: true,
		`[]`: false, `{"a":01}`: false, `{"a":1,}`: false, `{"a" "b"}`: false, "{\"a\":\"\n\"}": false, `{"a":"\ud83d"}`: false, `{'a':1}`: false, `{"a":1.}`: false, "{    }": false,
	} {
		if matches(g, text) != want {
			t.Errorf("%s: want %v", text, want)
		}
	}
}

// TestRuneRanges holds classes to regexp's.
func TestRuneRanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 40 {
		var ranges []runeRange
		pattern := ""
		for range 1 + rng.IntN(3) {
			limit := []int{0x90, 0x900, 0x11000, utf8.MaxRune}[rng.IntN(4)]
			from := rune(rng.IntN(limit))
			r := runeRange{from, min(from+rune(rng.IntN(limit)), utf8.MaxRune)}
			ranges = append(ranges, r)
			pattern += fmt.Sprintf(`\x{%x}-\x{%x}`, r.from, r.to)
		}
		not := rng.IntN(2) == 0
		want := regexp.MustCompile(`(?s)^[` + map[bool]string{true: "^"}[not] + pattern + `]$`)
		b := newBuilder()
		g, err := b.finish(b.rule(b.class(ranges, not)))
		for i := range 400 {
			r := rune(rng.IntN(utf8.MaxRune + 1))
			if i < len(ranges)*8 {
				r = []rune{ranges[i/8].from, ranges[i/8].to}[i%2] + rune(i%8/2) - 1
			}
			if r < 0 || !utf8.ValidRune(r) || utf16.IsSurrogate(r) {
				continue
			}
			if got := err == nil && matches(g, string(r)); got != want.MatchString(string(r)) {
				t.Fatalf("%s takes %q (%x): %v", want, r, r, got)
			}
		}
	}
}

// TestForget: a long text does not fill memory, and a grammar that can be read in too many
// ways is an error.
func TestForget(t *testing.T) {
	m := JSON().Matcher(testVocabulary())
	m.Read([]byte(`{"a":`))
	for range 1000 {
		if !m.Read([]byte(`[[{"b":1},`)) {
			t.Fatal("refused")
		}
	}
	if n := len(m.a.stacks); n > 17*maxStates+20000 {
		t.Errorf("%d stacks", n)
	}
	if _, err := m.Allowed(10); err != nil {
		t.Error(err)
	}
	g, err := Parse(`root ::= "a" root "b" | "a" root "c" | "a"`)
	if err != nil {
		t.Fatal(err)
	}
	m = g.Matcher(testVocabulary())
	for range 30 {
		m.Read([]byte("a"))
	}
	if _, err := m.Allowed(1 << 20); err != errAmbiguous {
		t.Errorf("a grammar with two ways at every byte: %v", err)
	}
	if _, err := g.Matcher(NewVocabulary(1, func(uint32) []byte { return []byte("z") })).Allowed(9); err == nil {
		t.Error("a vocabulary without the byte that must come was no error")
	}
}

func BenchmarkAllowed(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	var texts [][]byte
	for i := range 32000 {
		t := make([]byte, 1+i%9)
		for j := range t {
			t[j] = byte('a' + rng.IntN(26))
		}
		texts = append(texts, t)
	}
	v := NewVocabulary(len(texts), func(id uint32) []byte { return texts[id] })
	m := JSON().Matcher(v)
	m.Read([]byte(`{"a`))
	for b.Loop() {
		m.now.mask = nil
		if _, err := m.Allowed(1 << 20); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`root ::= "a"* | b
b ::= [^x-z]{2,3} | "(" root ")"`, `root ::= ("a" | "b"?)+ "c"`, "root ::= . \"\\u4f60\" # x"} {
		f.Add(s, uint64(1))
	}
	v := testVocabulary()
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		g, err := Parse(text)
		if err != nil {
			return
		}
		walk(t, g, v, seed)
	})
}

// walk draws a text as generate does, but lets ambiguous grammars go.
func walk(t *testing.T, g *Grammar, v *Vocabulary, seed uint64) []byte {
	m := g.Matcher(v)
	if _, err := m.Allowed(40); err == errAmbiguous || m.Left() > 200 {
		return nil
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	var text []byte
	for tokens := m.Left() + 40; tokens > 0 && !m.Complete(); tokens-- {
		mask, err := m.Allowed(tokens)
		if err == errAmbiguous {
			return nil
		} else if err != nil {
			t.Fatal(err)
		}
		var ids []uint32
		for id := range v.size {
			if mask[id/64]>>(id%64)&1 != 0 {
				ids = append(ids, uint32(id))
			}
		}
		if len(ids) == 0 {
			break
		}
		id := ids[rng.IntN(len(ids))]
		if !m.Accept(id) {
			t.Fatalf("token %q was allowed and is not", v.texts[id])
		}
		text = append(text, v.texts[id]...)
	}
	if !m.Ends() {
		t.Fatalf("%q is not complete", text)
	}
	if !matches(g, string(text)) {
		t.Fatalf("%q is refused by another matcher", text)
	}
	return text
}

func FuzzSchema(f *testing.F) {
	for _, s := range schemas() {
		f.Add([]byte(s), uint64(1))
	}
	v := testVocabulary()
	f.Fuzz(func(t *testing.T, schema []byte, seed uint64) {
		g, err := Schema(schema)
		if err != nil {
			return
		}
		if text := walk(t, g, v, seed); text != nil && !json.Valid(text) {
			t.Fatalf("%s: drew %q", schema, text)
		}
	})
}
