package cite

import (
	"slices"
	"testing"
)

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"One. Two!  Three?", []string{"One.", "Two!", "Three?"}},
		{"Dr. Smith met J. R. Smith at 3.5 p.m. in the U.S. Army. He left.", []string{"Dr. Smith met J. R. Smith at 3.5 p.m. in the U.S. Army.", "He left."}},
		{"See e.g. this. It is v1.2.3 now", []string{"See e.g. this.", "It is v1.2.3 now"}},
		{"他说：「好。」然后走了。第二句！真的？", []string{"他说：「好。」", "然后走了。", "第二句！", "真的？"}},
		{"北京是首都[1]。上海最大。[2][3]广州在南方。【4】", []string{"北京是首都[1]。", "上海最大。[2][3]", "广州在南方。【4】"}},
		{"It is so.[1] [2] Next one [3]. End", []string{"It is so.[1] [2]", "Next one [3].", "End"}},
		{"- one\n- two\n\n1. first\n2. second", []string{"- one", "- two", "1. first", "2. second"}},
		{"A line that was\nwrapped here. Next", []string{"A line that was\nwrapped here.", "Next"}},
		{"Text:\n```go\na. b. c\n\nx := 1 // 。\n```\nAfter.", []string{"Text:", "```go\na. b. c\n\nx := 1 // 。\n```", "After."}},
		{"等等……然后。", []string{"等等……", "然后。"}},
	} {
		var got []string
		for _, s := range Sentences(tt.text) {
			got = append(got, s.Of(tt.text))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Sentences(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestSentencesStream says that a text which comes byte by byte is cut as the whole is.
func TestSentencesStream(t *testing.T) {
	for _, text := range []string{
		"Dr. Smith went. He said \"No.\" Then [1] he left.[2] [3] And … so on. 中文句子。[1][2]「引用。」后面！\n- item one\n```\ncode. x\n```\nEnd",
		"A。[来源1]B。【1†L3-L5】C [a] d. [x](y) e.",
	} {
		var got []string
		pending := ""
		for i := range len(text) {
			pending += text[i : i+1]
			for {
				n, _, ok := cut(pending, false)
				if !ok {
					break
				}
				got = append(got, pending[:n])
				pending = pending[n:]
			}
		}
		for pending != "" {
			n, _, _ := cut(pending, true)
			got = append(got, pending[:n])
			pending = pending[n:]
		}
		var want []string
		for at := 0; at < len(text); {
			n, _, _ := cut(text[at:], true)
			want = append(want, text[at:at+n])
			at += n
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pieces %q, as a whole %q", got, want)
		}
	}
}

func TestMarked(t *testing.T) {
	for _, tt := range []struct {
		in, text string
		numbers  []int
	}{
		{"Yes [1][2].", "Yes.", []int{1, 2}},
		{"Yes [1, 3].", "Yes.", []int{1, 3}},
		{"是【2】。", "是。", []int{2}},
		{"是［1］［9］。", "是。", []int{1}},
		{"Yes [1-3].[^2]", "Yes.", []int{1, 2, 3}},
		{"是。【1†L3-L5】", "是。", []int{1}},
		{"是[来源2]。", "是。", []int{2}},
		{"See [1](https://evil.example/x).", "See.", []int{1}},
		{"`a[1]` is code", "`a[1]` is code", nil},
		{"[0] [99] [abc] [link](x)", " [abc] [link](x)", nil},
		{"[[1]] and [Source 2]", " and", []int{1, 2}},
	} {
		text, numbers := Marked(tt.in, 5)
		if text != tt.text && text != trimmed(tt.text) || !slices.Equal(numbers, tt.numbers) {
			t.Errorf("Marked(%q) = %q, %v, want %q, %v", tt.in, text, numbers, tt.text, tt.numbers)
		}
	}
}

func trimmed(s string) string { sp := trim(s, Span{0, len(s)}); return sp.Of(s) }
