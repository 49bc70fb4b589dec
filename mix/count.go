package mix

import (
	"unicode"
	"unicode/utf8"
)

// Hundredths of a token that the estimate gives a character. English text has
// about four bytes a token in vocabularies of 50,000 to 200,000, Chinese text
// 0.6 to 0.8 tokens a character in those made for Chinese.
const (
	asciiToken = 25
	hanToken   = 70
	otherToken = 50
)

// countTokens returns the tokens of a text by one of the ways of Params.Count,
// and its characters.
func countTokens(text, by string) (tokens, chars int64) {
	han, ascii, words, inside := int64(0), int64(0), int64(0), false
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		} else {
			ascii++
		}
		i += n
		chars++
		if by == "bytes" || by == "characters" {
			continue
		}
		ideograph := r >= 0x2e80 && unicode.Is(unicode.Han, r)
		if ideograph {
			han++
		}
		if by == "words" {
			in := !ideograph && (r < utf8.RuneSelf && alnum(byte(r)) || r >= utf8.RuneSelf && unicode.In(r, unicode.L, unicode.N, unicode.M))
			if in && !inside || ideograph {
				words++
			}
			inside = in
		}
	}
	switch by {
	case "bytes":
		return int64(len(text)), chars
	case "characters":
		return chars, chars
	case "words":
		return words, chars
	}
	return (ascii*asciiToken + han*hanToken + (chars-ascii-han)*otherToken + 99) / 100, chars
}

func alnum(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
