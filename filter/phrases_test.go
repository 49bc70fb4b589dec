package filter

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPhrases(t *testing.T) {
	p := newPhrases([]string{"she", "he", "hers", "页面", "页面不存在", "不存在", ""}, []uint32{1, 2, 4, 8, 16, 32, 64})
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"ushers", ""}, // inside a word
		{"u she rs", "she"},
		{"HE and hers", "he hers"},
		{"该页面不存在。", "页面 页面不存在 不存在"},
		{"页面", "页面"},
		{"\xe9\xa1", ""}, // half a character
	} {
		var got []string
		for _, h := range p.find(tt.text, nil) {
			if s := lowerASCII(tt.text[h.start:h.end]); s != p.words[h.word] {
				t.Errorf("find(%q): span says %q, word is %q", tt.text, s, p.words[h.word])
			}
			got = append(got, p.words[h.word])
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("find(%q) = %q, want %q", tt.text, s, tt.want)
		}
	}
	if got := p.seen("ushers she 不存在"); got != 1|2|32 {
		t.Errorf("seen = %b", got)
	}
}

// FuzzPhrases compares the automaton with plain searching.
func FuzzPhrases(f *testing.F) {
	f.Add("she he hers", "ushers and she")
	f.Add("aa a aaa", "aaaa")
	f.Add("页面 页 面不", "该页面不存在")
	f.Fuzz(func(t *testing.T, list, text string) {
		words := strings.Fields(list)
		p := newPhrases(words, slices.Repeat([]uint32{1}, len(words)))
		var got, want []string
		for _, h := range p.find(text, nil) {
			got = append(got, fmt.Sprint(h.start, h.end))
		}
		low := lowerASCII(text)
		for _, w := range p.words {
			for i := 0; i+len(w) <= len(text); i++ {
				if low[i:i+len(w)] == w && atEdges(text, i, i+len(w)) {
					want = append(want, fmt.Sprint(i, i+len(w)))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("find(%q, %q) = %v, want %v", list, text, got, want)
		}
	})
}
