// Package words cuts text into words and sentences exactly as the published
// corpus recipes do, because their thresholds mean nothing on other words:
// Python's string methods, spaCy's rule tokenizer and sentencizer, jieba's
// segmenter, NLTK's Treebank rules, and datatrove's text normalization. Start
// with [Tokens] in a filter, and with [Tokenize] and [Simplify] elsewhere. It
// knows no grammar: words are what those programs cut, punctuation included.
package words

import (
	"sync"

	"feilun"
)

// A Span is a piece of a text, as byte offsets.
type Span struct{ Start, End uint32 }

// Of returns the piece of text that s stands for.
func (s Span) Of(text string) string { return text[s.Start:s.End] }

// Rules name a way to cut words.
type Rules string

const (
	// ByLanguage cuts as datatrove 0.10 does: English by spaCy's rules, Chinese
	// by jieba, other scripts with spaces by spaCy's language-neutral rules. Scripts
	// without spaces other than Chinese are cut at the word boundaries of
	// Unicode's annex 29, which is not what datatrove does with them.
	ByLanguage Rules = "language"
	// Treebank cuts as NLTK's word_tokenize does, which FineWeb used in April 2024.
	Treebank Rules = "treebank"
	// Boundaries cuts at the word boundaries of Unicode's annex 29 in every language, as DCLM does.
	Boundaries Rules = "boundaries"
)

// Tokenize appends to dst the words of text by the rules of a language (ISO 639
// code; "" counts as English, as in datatrove). Words hold no white space;
// punctuation marks are words too. Texts of 4 GiB and more are not supported.
func Tokenize(dst []Span, text, language string) []Span {
	return TokenizeBy(dst, text, language, ByLanguage)
}

// TokenizeBy is [Tokenize] with the choice of rules.
func TokenizeBy(dst []Span, text, language string, by Rules) []Span {
	c := cutters.Get().(*cutter)
	defer cutters.Put(c)
	c.cut(text, language, by)
	for _, t := range c.tokens {
		if !t.space {
			dst = append(dst, Span{t.start, t.end})
		}
	}
	return dst
}

// Sentences counts the sentences of text as datatrove's split_into_sentences
// does: an empty text is one sentence. It stops counting at limit, if positive.
func Sentences(text, language string, by Rules, limit int) int {
	c := cutters.Get().(*cutter)
	defer cutters.Put(c)
	c.cut(text, language, by)
	if by == Treebank {
		return max(1, len(c.sentences))
	}
	return c.countSentences(text, limit)
}

// A token is a word or a run of white space.
type token struct {
	start, end uint32
	space      bool
}

// A cutter is the scratch space of one call.
type cutter struct {
	tokens    []token
	sentences []Span
	affixes   affixes
	matches   []match
	jieba     segmenter
}

// cutters keeps scratch space between calls. Its content never shows in results.
var cutters = sync.Pool{New: func() any { return new(cutter) }}

func (c *cutter) cut(text, language string, by Rules) {
	c.tokens = c.tokens[:0]
	switch {
	case by == Treebank:
		c.treebank(text)
	case by == Boundaries:
		c.boundaries(text)
	case isChinese(language):
		c.chinese(text)
	case language == "" || language == "en" || language == "eng":
		c.spacy(text, englishRules())
	case unspaced(language):
		c.boundaries(text)
	default:
		c.spacy(text, neutralRules())
	}
}

// isChinese lists the languages datatrove hands to jieba.
func isChinese(language string) bool {
	switch language {
	case "zh", "zho", "cmn", "yue", "wuu":
		return true
	}
	return false
}

// unspaced lists languages written without spaces that are not cut by jieba.
func unspaced(language string) bool {
	switch language {
	case "ja", "jpn", "th", "tha", "lo", "lao", "km", "khm", "my", "mya", "bo", "bod", "lzh":
		return true
	}
	return false
}

// A Word is a token with what filters ask about it.
type Word struct {
	Span
	Hash  uint64 // of its bytes
	Runes uint32
	Is    uint32 // LetterIn, PlainIn
}

// Marks of a [Word].
const (
	LetterIn = 1 << iota // some character is a letter (Python's isalpha)
	PlainIn              // some character is neither in PUNCTUATION nor in TERMINAL_PUNCTUATION
)

type memoKey struct{ by Rules }

// Tokens returns the words of d, which all filters share: they are cut once per
// text. The slice must not be changed.
func Tokens(d *feilun.Doc, by Rules) []Word {
	return d.Memo(memoKey{by}, func() any { return measure(d.Text, d.Language, by) }).([]Word)
}

func measure(text, language string, by Rules) []Word {
	c := cutters.Get().(*cutter)
	defer cutters.Put(c)
	c.cut(text, language, by)
	words := make([]Word, 0, len(c.tokens))
	for _, t := range c.tokens {
		if !t.space {
			words = append(words, word(text, Span{t.start, t.end}))
		}
	}
	return words
}

// word measures one token. The hash multiplies in eight bytes at a time; it is
// only ever compared within one document, and equal hashes are checked.
func word(text string, s Span) Word {
	w := Word{Span: s}
	b := s.Of(text)
	w.Hash = Hash(b)
	for i := 0; i < len(b); {
		if c := b[i]; c < 0x80 {
			w.Is |= uint32(asciiMarks[c])
			w.Runes++
			i++
			continue
		}
		r, n := decode(b[i:])
		cl := class(r)
		if cl&isLetter != 0 {
			w.Is |= LetterIn
		}
		if cl&(isSymbol|isTerminal) == 0 {
			w.Is |= PlainIn
		}
		w.Runes++
		i += n
	}
	return w
}

// asciiMarks are the marks of a word that a single ASCII character sets.
var asciiMarks = func() (m [128]uint8) {
	for c := range m {
		if class(rune(c))&isLetter != 0 {
			m[c] |= LetterIn
		}
		if class(rune(c))&(isSymbol|isTerminal) == 0 {
			m[c] |= PlainIn
		}
	}
	return m
}()
