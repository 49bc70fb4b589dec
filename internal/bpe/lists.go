package bpe

import (
	"encoding/json"
	"fmt"
)

// Lists is a vocabulary as lists of words, the way GGUF has it. Bytes are written in
// the characters that stand for them in tokenizer.json, special tokens as they are; those of
// SentencePiece's form as tokenizer.json has them too.
type Lists struct {
	Pattern Pattern
	NFC     bool
	Whole   bool // a piece that is a token is taken as it is

	Tokens  []string // by number; "" where there is none
	Special []bool   // by number
	Shown   []bool   // of special ones, by number; nil for none
	Merges  []string // two tokens with a space between, by rank

	// SentencePiece's form has scores instead of a pattern and merges: of what two neighbours make
	// a token, that of the highest score is made first.
	Scores  []float32 // by number; nil for byte-level vocabularies
	Space   bool      // a space goes before each text between special tokens
	Unknown string    // the token of what is no text; "" for none
}

// Lists returns the vocabulary as lists.
func (t *Tokenizer) Lists() Lists {
	if t.sp != nil {
		return t.scored()
	}
	l := Lists{Pattern: t.Pattern, NFC: t.NFC, Whole: t.whole, Tokens: make([]string, t.Size()), Special: make([]bool, t.Size())}
	of, _ := byteRunes()
	for id, b := range t.tokens {
		if b != nil {
			l.Tokens[id] = letters(b, &of)
		}
	}
	l.special(t)
	for _, m := range t.ordered() {
		l.Merges = append(l.Merges, letters(t.tokens[m.left], &of)+" "+letters(t.tokens[m.right], &of))
	}
	return l
}

// special takes the special tokens.
func (l *Lists) special(t *Tokenizer) {
	for _, s := range t.Special {
		l.Tokens[s.ID], l.Special[s.ID] = s.Text, true
		if t.Shown[s.ID] {
			l.Shown = append(l.Shown, make([]bool, t.Size()-len(l.Shown))...)
			l.Shown[s.ID] = true
		}
	}
}

// FromLists returns the tokenizer of lists.
func FromLists(l Lists) (*Tokenizer, error) {
	if len(l.Special) != len(l.Tokens) || len(l.Tokens) > maxTokens {
		return nil, fmt.Errorf("%w: %d tokens, %d marks of special ones; at most %d can be read", ErrFormat, len(l.Tokens), len(l.Special), maxTokens)
	}
	var f tokenizerFile
	f.Model.Vocab = make(map[string]uint32, len(l.Tokens))
	t := &Tokenizer{Pattern: l.Pattern, NFC: l.NFC, whole: l.Whole}
	special := map[string]uint32{}
	for id, word := range l.Tokens {
		switch {
		case word == "":
		case l.Special[id]:
			t.Special = append(t.Special, Special{word, uint32(id)})
			special[word] = uint32(id)
			mark(&t.Shown, uint32(id), id < len(l.Shown) && l.Shown[id])
		default:
			if _, twice := f.Model.Vocab[word]; twice {
				return nil, fmt.Errorf("%w: token %q stands there twice", ErrFormat, word)
			}
			f.Model.Vocab[word] = uint32(id)
		}
	}
	for _, m := range l.Merges {
		raw, err := json.Marshal(m)
		if err != nil {
			return nil, err
		}
		f.Model.Merges = append(f.Model.Merges, raw)
	}
	for word, id := range joining(special, f.Model.Merges) {
		if _, twice := f.Model.Vocab[word]; !twice && l.Scores == nil {
			f.Model.Vocab[word] = id
		}
	}
	if err := t.fromLists(&l, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

func (t *Tokenizer) fromLists(l *Lists, f *tokenizerFile) error {
	if l.Scores != nil {
		return t.fromScores(l, f.Model.Vocab)
	}
	if err := t.vocabulary(f); err != nil {
		return err
	}
	if err := t.mergeList(f.Model.Merges, t.lettersIDs()); err != nil {
		return err
	}
	return t.finish()
}
