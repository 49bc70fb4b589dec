package cite

import "testing"

// FuzzTexts says that no text of a page, a question or a model breaks anything, and that all ranges lie in their texts.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{"Dr. A said 1,000.5 million things. 第二十三次，一九九〇年。", "```\ncode", "[1-99999999]【1†", "三万亿点五 ½ ⅔ ９９", "\xff\xfe。", "1.2.3.4.5e99 10000000000000000000000000000"} {
		f.Add(s, "What is 5?")
	}
	f.Fuzz(func(t *testing.T, text, question string) {
		last := 0
		for _, s := range Sentences(text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("sentence %v behind %d of %q", s, last, text)
			}
			last = s.End
		}
		for _, n := range numbers(text) {
			if n.at.Start < 0 || n.at.End > len(text) || n.at.End <= n.at.Start {
				t.Fatalf("number %v of %q", n, text)
			}
		}
		Marked(text, 5)
		set := NewSet([]Source{{Title: question, Text: text, Start: 7}}, question)
		for _, q := range set.Extract(3) {
			if q.Text != text[q.Start-7:q.End-7] || q.Score < 0 || q.Score > 1 {
				t.Fatalf("quote %+v of %q", q, text)
			}
		}
		if m, ok := set.Best(question, -1); ok && (m.Start < 7 || m.End > len(text)+7 || !(m.Support >= 0 && m.Support <= 1)) {
			t.Fatalf("match %+v", m)
		}
		set.About(Context([]string{text, question}))
		NewPrompt(set, Language(question))
	})
}
