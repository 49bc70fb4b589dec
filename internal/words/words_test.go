package words

import (
	"slices"
	"strings"
	"testing"
)

func texts(text, language string) []string {
	var out []string
	for _, s := range Tokenize(nil, text, language) {
		out = append(out, s.Of(text))
	}
	return out
}

func TestTokenizeEnglish(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  \n ", nil},
		{"Hello, world!", []string{"Hello", ",", "world", "!"}},
		{"I don't know, cannot say.", []string{"I", "do", "n't", "know", ",", "can", "not", "say", "."}},
		{"e.g. Mr. Smith's U.S. office (a.m.)", []string{"e.g.", "Mr.", "Smith", "'s", "U.S.", "office", "(", "a.m.", ")"}},
		{"see https://example.com/a?b=c, or 10km/h :)", []string{"see", "https://example.com/a?b=c", ",", "or", "10", "km/h", ":)"}},
		{"6km 5% 17µg/l US$5", []string{"6", "km", "5", "%", "17µg", "/", "l", "US$", "5"}},
		{"well-known 3-4 a--b x,y", []string{"well", "-", "known", "3", "-", "4", "a", "--", "b", "x", ",", "y"}},
	} {
		if got := texts(tt.text, "en"); !slices.Equal(got, tt.want) {
			t.Errorf("Tokenize(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSimplify(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Hello, World! It's 3.14 o'clock — 1,234,567 items…", "hello world it s 0 o clock 0 0 items"},
		{"|$17.56||1|\n|$15.37||2599|", "0 0 0 0"},
		{"Crème brûlée №５ ①", "creme brulee №0 ①"},
		{"今天是2024年1月，天气：很好！", "今天是0年0月 天气 很好"},
		{"がか", "かか"},
		{"ΟΔΟΣ Σ", "οδος σ"},
		{"", ""},
		{" \u0301 a", "a"},
	} {
		if got := Simplify(tt.text); got != tt.want {
			t.Errorf("Simplify(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"1|2|3", "0"},
		{"Hello, World! It's 3.14", "hello world its 0"},
	} {
		if got := SimplifyV1(tt.text); got != tt.want {
			t.Errorf("SimplifyV1(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestTables holds assumptions that the code makes of the generated tables.
func TestTables(t *testing.T) {
	for _, u := range units {
		if len(u) > longestUnit || strings.ContainsAny(u, "0123456789") {
			t.Errorf("unit %q is longer than %d bytes or holds a digit", u, longestUnit)
		}
	}
	for _, rs := range []*ruleset{englishRules(), neutralRules()} {
		for _, patterns := range rs.specials.patterns {
			for _, p := range patterns {
				text := strings.Join(p.tokens, "")
				var c cutter
				c.span(text, 0, len(text), rs, false)
				if !c.oddPair(text, 0) {
					t.Errorf("pattern %q begins with two tokens of letters", p.tokens)
				}
			}
		}
	}
}

func TestTreebank(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"They paid $3.88 (about 3,50 euros) to Mr. Hall. Don't they cannot wait?", []string{
			"They", "paid", "$", "3.88", "(", "about", "3,50", "euros", ")", "to", "Mr.", "Hall", ".",
			"Do", "n't", "they", "can", "not", "wait", "?"}},
		{"\"Well,\" she said -- 'no' ...", []string{"\"", "Well", ",", "\"", "she", "said", "--", "'", "no", "'", "..."}},
	} {
		var got []string
		for _, s := range TokenizeBy(nil, tt.text, "en", Treebank) {
			got = append(got, s.Of(tt.text))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Treebank(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestTokenizeChinese(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"我来到北京清华大学", []string{"我", "来到", "北京", "清华大学"}},
		{"他来到了网易杭研大厦", []string{"他", "来到", "了", "网易", "杭研", "大厦"}},
		{"2024年1月，GPT-4 的价格是$17.56（约合125.3元）。", []string{"2024", "年", "1", "月", "，", "GPT", "-", "4", "的", "价格", "是", "$", "17.56", "（", "约合", "125.3", "元", "）", "。"}},
		{"使用了 jieba0.42.1 分词\n第二行", []string{"使用", "了", "jieba0.42", ".", "1", "分词", "第二行"}},
		{"民國一百年·臺灣的學生與老師", []string{"民國", "一百年", "·", "臺", "灣的", "學生", "與", "老師"}},
	} {
		if got := texts(tt.text, "zh"); !slices.Equal(got, tt.want) {
			t.Errorf("Tokenize(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		text, language string
		want           int
	}{
		{"", "en", 1},
		{"One. Two! Three?", "en", 3},
		{"Mr. Smith went to the U.S. office.", "en", 1},
		{"He left (at last.) Then it rained.", "en", 2},
		{"Trailing space.  ", "en", 2}, // what is left of two blanks is a token
		{"一句。两句！三句？", "zh", 3},
	} {
		if got := Sentences(tt.text, tt.language, ByLanguage, 0); got != tt.want {
			t.Errorf("Sentences(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}

// FuzzTokenize holds every set of rules to what callers rely on: words lie in
// order in the text, hold no white space at their ends, and none is lost.
func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"", "Don't :-) a.m. US$5", "我来到 北京\r\n2024年", "\xff\x80", "http://a.b/c?d e@f.gh 10.0.0.1", "'' '' ``x``", "\u2028\x1c\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, language := range []string{"en", "zh", "de", "ja"} {
			for _, by := range []Rules{ByLanguage, Treebank} {
				at := uint32(0)
				for _, s := range TokenizeBy(nil, text, language, by) {
					if s.Start < at || s.End <= s.Start || int(s.End) > len(text) {
						t.Fatalf("%s %s: %q: span %v after %d", language, by, text, s, at)
					}
					if w := s.Of(text); Trim(w) != w {
						t.Fatalf("%s %s: %q: word %q", language, by, text, w)
					}
					if gap := text[at:s.Start]; Trim(gap) != "" {
						t.Fatalf("%s %s: %q: lost %q", language, by, text, gap)
					}
					at = s.End
				}
				if Trim(text[at:]) != "" {
					t.Fatalf("%s %s: %q: lost %q", language, by, text, text[at:])
				}
			}
		}
		if once := Simplify(text); Simplify(once) == "" && once != "" {
			t.Fatalf("Simplify(%q) vanishes when repeated", once)
		}
	})
}
