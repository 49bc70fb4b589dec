package words

import (
	"slices"
	"testing"
)

// Expected values are what Python 3.11 prints.
func TestPythonStrings(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a\r\nb\rc\n", []string{"a", "b", "c"}},
		{"\n\na", []string{"", "", "a"}},
		{"a\vb\fc\x1cd\x1de\x1ef\x85g\u0085h\u2028i\u2029j\x1fk", []string{"a", "b", "c", "d", "e", "f\x85g", "h", "i", "j\x1fk"}},
	} {
		if got := SplitLines(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("SplitLines(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"\x1c\u3000 a b\u00a0\x1f", "a b"}, {"\u200b", "\u200b"}, {" \t", ""},
	} {
		if got := Trim(tt.text); got != tt.want {
			t.Errorf("Trim(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct{ text, want string }{
		{"İX", "i̇x"}, {"ΟΔΟΣ", "οδος"}, {"Σ", "σ"}, {"ΑΣ.Β", "ασ.β"}, {"ΑΣ'", "ας'"}, {"Ⅷ Ǆ K", "ⅷ ǆ k"}, {"漢字 ß", "漢字 ß"},
	} {
		if got := Lower(tt.text); got != tt.want {
			t.Errorf("Lower(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for _, tt := range []struct {
		r                          rune
		alpha, digit, word, symbol bool
	}{
		{'a', true, false, true, false}, {'中', true, false, true, false}, {'９', false, true, true, false},
		{'１', false, true, true, true}, {'²', false, false, true, false}, {'_', false, false, true, true},
		{'，', false, false, false, true}, {0x323af, false, false, false, false}, // a letter since Unicode 15
	} {
		if IsAlpha(tt.r) != tt.alpha || IsDigit(tt.r) != tt.digit || IsWord(tt.r) != tt.word || IsSymbol(tt.r) != tt.symbol {
			t.Errorf("%U: alpha %t, digit %t, word %t, symbol %t", tt.r, IsAlpha(tt.r), IsDigit(tt.r), IsWord(tt.r), IsSymbol(tt.r))
		}
	}
	letters, symbols, terminals := 0, 0, 0
	for r := rune(0); r <= 0x10ffff; r++ {
		letters += int(class(r) & isLetter / isLetter)
		symbols += int(class(r) & isSymbol / isSymbol)
		terminals += int(class(r) & isTerminal / isTerminal)
	}
	if letters != 131756 || symbols != 129 || terminals != 159 {
		t.Errorf("%d letters, %d symbols, %d terminal marks, want 131756, 129, 159", letters, symbols, terminals)
	}
}

// Expected values are what spaCy 3.8's URL pattern says.
func TestIsAddress(t *testing.T) {
	for s, want := range map[string]bool{
		"example.com": true, "http://a.b.example/x?y#z": true, "me@example.com": true, "ftp+x://u:p@host.example:8080/": true,
		"8.8.8.8": true, "8.8.8.8:53": true, "10.0.0.1": false, "127.0.0.1": false, "192.168.1.1": false, "172.16.0.1": false, "172.32.0.1": true,
		"224.0.0.1": false, "1.2.3.255": false, "lower.Upper": false, "a..b": false, "-a.com": false, "a.com:1": false, "a.com:123456": false,
		"中文.网址": true, "x://a.com": false, "v1.2": false, "a_b.com": true, "a.c": false, "": false, ".com": false,
	} {
		if got := isAddress(s); got != want {
			t.Errorf("isAddress(%q) = %t, want %t", s, got, want)
		}
	}
}

func BenchmarkChinese(b *testing.B) {
	text := "他来到了网易杭研大厦，2024年1月的价格是125.3元。民國一百年的學生與老師都很喜欢北京清华大学的天气。"
	for len(text) < 1<<16 {
		text += text
	}
	var spans []Span
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		spans = Tokenize(spans[:0], text, "zh")
	}
}
