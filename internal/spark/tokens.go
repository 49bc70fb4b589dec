package spark

import "feilun/internal/words"

// IsSpace reports \s of Java's regular expressions.
func IsSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// Tokens calls add with the tokens that Tokenizer cuts text into: in lower
// case, split as Java's String.split("\\s") does. What lies between two single
// white-space characters is a token, even if it is empty; empty tokens at the
// end are none. Tokens are valid during the call; lower is scratch space, which
// is returned.
func Tokens(text string, lower []byte, add func(token []byte)) []byte {
	end := len(text)
	for end > 0 && IsSpace(text[end-1]) {
		end--
	}
	if end == 0 && len(text) > 0 {
		return lower // only empty tokens, all of them trailing
	}
	text = text[:end]
	for start := 0; ; {
		stop := start
		for stop < len(text) && !IsSpace(text[stop]) {
			stop++
		}
		lower = words.AppendLower(lower[:0], text[start:stop])
		add(lower)
		if stop == len(text) {
			return lower
		}
		start = stop + 1
	}
}
