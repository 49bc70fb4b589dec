package quality

import (
	"slices"
	"unicode/utf8"

	"feilun/internal/spark"
	"feilun/internal/words"
)

// The forms in which a text becomes tokens.
const (
	// FormSpark is Spark ML's Tokenizer: lower case, split at every single
	// white-space character of ASCII. What lies between two of them is a token,
	// even if it is empty; empty tokens at the end are none.
	FormSpark = "spark"
	// FormCharacters takes n-grams of characters inside runs of Chinese, Japanese
	// and Korean text, and Spark's tokens between them.
	FormCharacters = "characters"
	// FormWords takes jieba's words.
	FormWords = "words"
)

// A reader turns texts into numbers of features. It keeps scratch space: one
// goroutine at a time.
type reader struct {
	vectorizer
	lower []byte
	spans []words.Span
	at    [maxGrams]int // starts of the last characters in lower
}

// maxGrams is the longest n-gram of characters.
const maxGrams = 4

// A vectorizer says how tokens become features. It is stored in the model.
type vectorizer struct {
	Form     string `json:"form"`
	Features int    `json:"features"` // buckets of the hash
	Grams    int    `json:"grams"`    // longest n-gram of FormCharacters
	Spark2   bool   `json:"spark2"`   // hash as Spark did before 3.0
}

// read calls add with every token of text, in lower case, and its feature. The
// bytes are valid during the call.
func (r *reader) read(text string, add func(token []byte, feature uint32)) {
	r.tokens(text, func(token []byte) { add(token, r.feature(token)) })
}

// features appends the feature of each token of text to dst.
func (r *reader) features(dst []uint32, text string) []uint32 {
	if r.Features&(r.Features-1) != 0 || r.Spark2 || r.Form == FormWords {
		r.tokens(text, func(token []byte) { dst = append(dst, r.feature(token)) })
		return dst
	}
	mask := uint32(r.Features - 1)
	if r.Form == FormSpark {
		return r.spark(dst, text, mask)
	}
	return r.characters(dst, text, mask)
}

func (r *reader) feature(token []byte) uint32 {
	h := spark.Murmur3(token)
	if r.Spark2 {
		h = spark.Murmur3Spark2(token)
	}
	return uint32(spark.Bucket(h, r.Features))
}

func (r *reader) tokens(text string, add func([]byte)) {
	switch r.Form {
	case FormSpark:
		r.lower = spark.Tokens(text, r.lower, add)
	case FormWords:
		r.spans = words.Tokenize(r.spans[:0], text, "zh")
		for _, s := range r.spans {
			r.lower = words.AppendLower(r.lower[:0], s.Of(text))
			add(r.lower)
		}
	default:
		r.characterTokens(text, add)
	}
}

// spark is spark.Tokens with hashes, for a number of features that is a power
// of two: a single pass that lower-cases ASCII on the way.
func (r *reader) spark(dst []uint32, text string, mask uint32) []uint32 {
	end := len(text)
	for end > 0 && spark.IsSpace(text[end-1]) {
		end--
	}
	if end == 0 && len(text) > 0 {
		return dst
	}
	text = text[:end]
	for i := 0; ; i++ {
		start, wide := i, byte(0)
		r.lower = r.lower[:0]
		for i < len(text) && !spark.IsSpace(text[i]) {
			c := text[i]
			wide |= c
			r.lower = append(r.lower, lowerASCII(c))
			i++
		}
		if wide >= utf8.RuneSelf {
			r.lower = words.AppendLower(r.lower[:0], text[start:i])
		}
		dst = append(dst, spark.Murmur3(r.lower)&mask)
		if i == len(text) {
			return dst
		}
	}
}

func lowerASCII(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

// single reports characters that are written without spaces between them: CJK
// with its punctuation, kana and hangul; and the line feed, since how lines begin
// and end tells lists from prose. Bytes that are no UTF-8 are not.
func single(c rune) bool { return c >= 0x2e80 && c != utf8.RuneError || c == '\n' }

// gap reports white space that is no character of a run.
func gap(c byte) bool { return spark.IsSpace(c) && c != '\n' }

// characterTokens gives every n-gram of 1 to Grams characters inside a run of
// single characters, in order of their last one, and the runs of all else
// between white space.
func (r *reader) characterTokens(text string, add func([]byte)) {
	for i := 0; i < len(text); {
		if gap(text[i]) {
			i++
			continue
		}
		if c, _ := utf8.DecodeRuneInString(text[i:]); !single(c) {
			start := i
			for i < len(text) && !gap(text[i]) {
				c, n := utf8.DecodeRuneInString(text[i:])
				if single(c) {
					break
				}
				i += n
			}
			r.lower = words.AppendLower(r.lower[:0], text[start:i])
			add(r.lower)
			continue
		}
		i = r.run(text, i, add)
	}
}

// run takes the run of single characters that starts at i and returns its end.
func (r *reader) run(text string, i int, add func([]byte)) int {
	known := 0 // characters of the run before i, at most Grams-1
	for i < len(text) {
		c, n := utf8.DecodeRuneInString(text[i:])
		if !single(c) {
			break
		}
		if known == r.Grams {
			copy(r.at[:], r.at[1:known])
			known--
		}
		r.at[known] = i
		known++
		i += n
		for k := known - 1; k >= 0; k-- {
			r.lower = append(r.lower[:0], text[r.at[k]:i]...)
			add(r.lower)
		}
	}
	return i
}

// characters is characterTokens with hashes. The common case, three bytes a
// character and two at most, is hashed from registers.
func (r *reader) characters(dst []uint32, text string, mask uint32) []uint32 {
	if r.Grams > 2 {
		r.characterTokens(text, func(token []byte) { dst = append(dst, spark.Murmur3(token)&mask) })
		return dst
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case gap(c):
			i++
		case c == '\n' || c >= 0xe2 && wideAt(text, i):
			dst, i = r.wide(dst, text, i, mask)
		default:
			dst, i = r.other(dst, text, i, mask)
		}
	}
	return dst
}

// wideAt reports a well-formed single character of three bytes at i.
func wideAt(s string, i int) bool {
	if i+3 > len(s) {
		return false
	}
	a, b, c := s[i], s[i+1], s[i+2]
	return a&0xf0 == 0xe0 && b&0xc0 == 0x80 && c&0xc0 == 0x80 && (a > 0xe2 || a == 0xe2 && b >= 0xba) &&
		!(a == 0xed && b >= 0xa0) && !(a == 0xef && b == 0xbf && c == 0xbd)
}

// wide takes a run of characters of three bytes from U+2E80 on and of line
// feeds, and leaves the rest of the run, if others follow, to [reader.run].
func (r *reader) wide(dst []uint32, text string, i int, mask uint32) ([]uint32, int) {
	last, size := uint64(0), 0 // the character before with its bytes, none at the start
	for i < len(text) {
		var k uint64
		n := 1
		switch {
		case text[i] == '\n':
			k = '\n'
		case wideAt(text, i):
			k, n = uint64(text[i])|uint64(text[i+1])<<8|uint64(text[i+2])<<16, 3
		default:
			if c, _ := utf8.DecodeRuneInString(text[i:]); single(c) && size > 0 {
				return r.join(dst, text, i-size, mask)
			}
			return dst, i
		}
		dst = append(dst, spark.MurmurShort(k, n)&mask)
		if size > 0 && r.Grams > 1 {
			dst = append(dst, spark.MurmurShort(last|k<<(8*size), size+n)&mask)
		}
		last, size = k, n
		i += n
	}
	return dst, i
}

// join goes on with a run from the last character that is counted, since n-grams
// of what follows reach back to it.
func (r *reader) join(dst []uint32, text string, from int, mask uint32) ([]uint32, int) {
	first := true
	end := r.run(text, from, func(token []byte) {
		if !first {
			dst = append(dst, spark.Murmur3(token)&mask)
		}
		first = false
	})
	return dst, end
}

// other takes what stands before the next white space or single character.
func (r *reader) other(dst []uint32, text string, i int, mask uint32) ([]uint32, int) {
	start, ascii := i, true
	r.lower = r.lower[:0]
	for i < len(text) && !gap(text[i]) {
		if c := text[i]; c < utf8.RuneSelf && c != '\n' {
			r.lower = append(r.lower, lowerASCII(c))
			i++
			continue
		}
		c, n := utf8.DecodeRuneInString(text[i:])
		if single(c) {
			if i > start {
				break
			}
			end := r.run(text, i, func(token []byte) { dst = append(dst, spark.Murmur3(token)&mask) })
			return dst, end
		}
		ascii = false
		i += n
	}
	if !ascii {
		r.lower = words.AppendLower(r.lower[:0], text[start:i])
	}
	return append(dst, spark.Murmur3(r.lower)&mask), i
}

// newReader returns a reader with scratch space.
func newReader(v vectorizer) *reader { return &reader{vectorizer: v, lower: make([]byte, 0, 64)} }

// known reports whether the settings are ones this version can read.
func (v vectorizer) known() bool {
	return slices.Contains([]string{FormSpark, FormCharacters, FormWords}, v.Form) &&
		v.Features >= 2 && v.Features <= 1<<24 && v.Grams >= 1 && v.Grams <= maxGrams
}
