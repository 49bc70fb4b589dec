package filter

import (
	"strings"
	"testing"

	"feilun"
)

func TestCleanUp(t *testing.T) {
	for _, tt := range []struct{ set, text, want string }{
		{"", "", ""},
		{"", "no such thing", "no such thing"},
		{"", "see https://a.example/b?c=1#d, then", "see , then"},
		{"", "(HTTP://A.EXAMPLE/x)", "()"},
		{"", "www.example.com/a.b.", "."},
		{"", "看https://a.cn/路径。再看example.com吧", "看。再看吧"},
		{"", "http://", "http://"},
		{"", "main.rs pd.read a.id news.cn news.cn/x. Cars.com?", "main.rs pd.read a.id news.cn . ?"},
		{"", "awww.com owww", " owww"},
		{"", "xwww.a,www.b.cn", "xwww.a,"},
		{"", "ann@example.com e.g. i.e. 3.14 a..b end.In U.S.", "ann@example.com e.g. i.e. 3.14 a..b end.In U.S."},
		{"", "a\nhttp://b.example\n\n\nc", "a\n\nc"},
		{"", "a\n\n\n\nb", "a\n\nb"},
		{"", "a\n \n \n \nb", "a\n \n \n \nb"},
		{"max_new_lines=0", "a\n\n\n\nb", "a\n\n\n\nb"},
		{"max_new_lines=1", "a\n\nb\nc", "a\nb\nc"},
		{"addresses=false", "see https://a.example\n\n\nb", "see https://a.example\n\nb"},
	} {
		var kv []string
		for _, s := range split(tt.set) {
			if k, v, ok := strings.Cut(s, "="); ok {
				kv = append(kv, k, v)
			}
		}
		got, cuts := build(t, "clean_up", kv...).(Edit).Edit(&feilun.Doc{Text: tt.text})
		if got != tt.want {
			t.Errorf("clean_up(%s) of %q = %q, want %q", tt.set, tt.text, got, tt.want)
		}
		checkCuts(t, tt.text, got, cuts)
	}
}

// TestCleanUpLongWord has words of many addresses, each of which must be read
// once: reading what is left of the word for each address takes minutes.
func TestCleanUpLongWord(t *testing.T) {
	for _, tt := range [][2]string{{"http://a)", ")"}, {"www.a|", "|"}, {"a.com,", ","}, {"看http://a。", "看。"}} {
		const times = 200_000
		got, _ := build(t, "clean_up").(Edit).Edit(&feilun.Doc{Text: strings.Repeat(tt[0], times)})
		if got != strings.Repeat(tt[1], times) {
			t.Errorf("clean_up of %d times %q = %.40q…, %d bytes", times, tt[0], got, len(got))
		}
	}
}
