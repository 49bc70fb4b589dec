// Package cite holds answers to their sources. It cuts texts into sentences, chooses
// the ones that answer a question ([Extract]), measures how far a passage supports a sentence
// ([Set.Best]), builds prompts that keep pages apart from instructions ([NewPrompt]), and lets a
// model's text through sentence by sentence, each with the passage that supports it or a mark that none does
// ([Writer]). All of it compares words, numbers and names: it knows what a passage says, not what it means.
package cite

import "strings"

// A Span is a range of bytes of a text.
type Span struct{ Start, End int }

// Of is the piece of text that s stands for.
func (s Span) Of(text string) string { return text[s.Start:s.End] }

// A Source is a passage that was read for an answer.
type Source struct {
	URL   string
	Title string
	Date  string
	Text  string // of the passage, as stored
	Start int    // of Text in the stored text, in bytes
}

// Language tells which words of our own go with a text: "zh", "zh-Hant" or "en".
func Language(text string) string {
	han, letters, hant := 0, 0, 0
	for _, r := range text {
		switch {
		case isCJK(r):
			han++
			if traditional()[r] {
				hant++
			}
		case r < 0x250 && (r|0x20 >= 'a' && r|0x20 <= 'z'):
			letters++
		}
	}
	switch {
	case han*4 < letters || han == 0:
		return "en"
	case hant*20 > han:
		return "zh-Hant"
	}
	return "zh"
}

// NotSaid is the answer when the sources do not have one.
func NotSaid(language string) string {
	switch language {
	case "zh":
		return "来源中没有说明。"
	case "zh-Hant":
		return "來源中沒有說明。"
	}
	return "The sources do not say."
}

// Quoted introduces an answer that only quotes.
func Quoted(language string) string {
	switch language {
	case "zh":
		return "以下摘自来源原文："
	case "zh-Hant":
		return "以下摘自來源原文："
	}
	return "Quoted from the sources:"
}

// saysNothing reports whether a sentence tells that the sources do not say.
func saysNothing(sentence string) bool {
	s := strings.ToLower(sentence)
	for _, p := range [...]string{"sources do not", "sources don't", "来源中没有", "來源中沒有", "来源没有", "來源沒有", "资料中没有", "資料中沒有", "未提及", "没有提到", "沒有提到", "not mention"} {
		if strings.Contains(s, p) && len(s) < 160 {
			return true
		}
	}
	return false
}
