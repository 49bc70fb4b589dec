package bpe

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// space stands for a space in the words of SentencePiece's form (U+2581).
const space = "▁"

// A sentencePiece is what vocabularies of SentencePiece's form have of their own. Their symbols
// are characters; one that is no token becomes the tokens of its bytes, <0x00> to <0xFF>. The
// bytes of tokens have spaces where their words have ▁.
type sentencePiece struct {
	words   []string // by number, as files write them
	runes   map[rune]uint32
	bytes   [256]uint32
	unknown string // the token of what is no text; "" for none

	prefix prefix
	cut    bool // a token begins at every space, as Metaspace's split has it
	parts  bool // no merge joins a space to what stands before it, unless that is a space
	strip  bool // a space that a text begins with is left out when tokens become text
}

// A prefix is where a space is put before text.
type prefix uint8

const (
	prefixNever  prefix = iota
	prefixEach          // each text between special tokens, whatever it begins with: the normalizer Prepend
	prefixAlways        // each that does not begin with a space: Metaspace
	prefixFirst         // so, where the text begins alone: Metaspace
)

var schemes = map[string]prefix{"": prefixAlways, "always": prefixAlways, "first": prefixFirst, "never": prefixNever}

// readSentencePiece takes what a tokenizer.json with byte_fallback says.
func (t *Tokenizer) readSentencePiece(f *tokenizerFile) error {
	t.sp = &sentencePiece{unknown: f.Model.Unknown}
	if err := f.check(); err != nil {
		return err
	}
	if f.Model.IgnoreMerges {
		return errors.New("ignore_merges together with byte_fallback is not known")
	}
	if err := t.sp.steps(f); err != nil {
		return err
	}
	if err := t.sp.decoder(f.Decoder); err != nil {
		return err
	}
	added, err := t.added(f)
	if err != nil {
		return err
	}
	for word, id := range f.Model.Vocab {
		if same, ok := added[word]; ok && same != id {
			return fmt.Errorf("added token %q has number %d, and %d in the vocabulary", word, same, id)
		} else if !ok {
			err = t.put(word, id, wordBytes(word))
		}
		if err != nil {
			return err
		}
	}
	if err := t.mergeList(f.Model.Merges, f.Model.Vocab); err != nil {
		return err
	}
	t.sp.words = make([]string, len(t.tokens))
	for word, id := range f.Model.Vocab {
		if int(id) < len(t.sp.words) {
			t.sp.words[id] = word
		}
	}
	return t.finishSentencePiece()
}

// wordByte returns the byte that a word such as <0x0A> stands for.
func wordByte(word string) (b byte, ok bool) {
	if len(word) != 6 || word[:3] != "<0x" || word[5] != '>' {
		return 0, false
	}
	for _, c := range []byte(word[3:5]) {
		switch {
		case c >= '0' && c <= '9':
			b = b<<4 | (c - '0')
		case c >= 'A' && c <= 'F':
			b = b<<4 | (c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return b, true
}

// Byte reports whether a word of SentencePiece's form stands for a byte, as <0x0A> does.
func Byte(word string) bool {
	_, ok := wordByte(word)
	return ok
}

// wordBytes returns the bytes of a word: of text, or one.
func wordBytes(word string) []byte {
	if b, ok := wordByte(word); ok {
		return []byte{b}
	}
	return spaced(word)
}

func spaced(word string) []byte { return []byte(strings.ReplaceAll(word, space, " ")) }

// steps takes the normalizer and the pre-tokenizer, which say where spaces are put, and where text is cut.
func (sp *sentencePiece) steps(f *tokenizerFile) error {
	replaced := false
	for _, n := range f.Normalizer.list() {
		switch {
		case n.Type == "Prepend" && n.Prepend == space && sp.prefix == prefixNever:
			sp.prefix = prefixEach
		case n.Type == "Replace" && n.Pattern.String == " " && n.Content == space:
			replaced = true
		default:
			return fmt.Errorf("normalizer %s is not known beside byte_fallback but as what writes spaces as ▁", n.Type)
		}
	}
	for i, p := range f.PreTokenizer.list() {
		scheme, known := schemes[p.Scheme]
		if p.Type != "Metaspace" || i > 0 || p.Replacement != space || !known {
			return fmt.Errorf("pre-tokenizer %s is not known beside byte_fallback but as Metaspace with ▁", p.Type)
		}
		if p.AddPrefixSpace != nil && !*p.AddPrefixSpace {
			scheme = prefixNever
		}
		if sp.prefix != prefixNever {
			return errors.New("the normalizer Prepend together with Metaspace is not known")
		}
		replaced, sp.prefix, sp.cut = true, scheme, p.Split == nil || *p.Split
	}
	if !replaced {
		return errors.New("byte_fallback without what writes spaces as ▁ is not known")
	}
	return nil
}

// list returns the steps of a sequence, or the one step.
func (s *step) list() []step {
	switch {
	case s == nil:
		return nil
	case s.Type != "Sequence":
		return []step{*s}
	}
	return append(append(append([]step{}, s.Normalizers...), s.Pretokenizers...), s.Decoders...)
}

// decoder takes the steps that turn tokens to text.
func (sp *sentencePiece) decoder(raw json.RawMessage) error {
	var d *step
	if err := json.Unmarshal(raw, &d); len(raw) > 0 && err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	spaces, fused := false, false
	for _, s := range d.list() {
		scheme, known := schemes[s.Scheme]
		switch {
		case s.Type == "Replace" && s.Pattern.String == space && s.Content == " ":
			spaces = true
		case s.Type == "Metaspace" && s.Replacement == space && known:
			spaces, sp.strip = true, scheme != prefixNever && (s.AddPrefixSpace == nil || *s.AddPrefixSpace)
		case s.Type == "ByteFallback":
		case s.Type == "Fuse":
			fused = true
		case s.Type == "Strip" && s.Content == " " && s.Start == 1 && s.Stop == 0 && fused:
			sp.strip = true
		default:
			return fmt.Errorf("decoder %s is not known beside byte_fallback, in this place or with what it says", s.Type)
		}
	}
	if !spaces {
		return errors.New("a decoder that leaves ▁ as it is, is not known beside byte_fallback")
	}
	return nil
}

// finishSentencePiece builds the tables of a tokenizer whose words and merges are set.
func (t *Tokenizer) finishSentencePiece() error {
	sp := t.sp
	t.ids, sp.runes = make(map[string]uint32, len(t.tokens)), map[rune]uint32{}
	var bytes [256]bool
	for id, word := range sp.words {
		if t.tokens[id] != nil && (word == "" || len(word) > maxToken) {
			return fmt.Errorf("token %d has %d bytes, want 1 to %d", id, len(word), maxToken)
		}
		if word == "" {
			continue
		}
		t.ids[word] = uint32(id)
		if b, ok := wordByte(word); ok && t.tokens[id] != nil {
			sp.bytes[b], bytes[b] = uint32(id), true
		} else if r, n := utf8.DecodeRuneInString(word); n == len(word) && r != ' ' && !(r == utf8.RuneError && n == 1) {
			if word == space {
				r = ' '
			}
			sp.runes[r] = uint32(id)
		}
	}
	for c, ok := range bytes {
		if !ok {
			return fmt.Errorf("no token for byte 0x%02x", c)
		}
	}
	if _, ok := sp.runes[' ']; !ok {
		return errors.New("no token for ▁")
	}
	if err := t.specials(); err != nil {
		return err
	}
	return t.finishMerges()
}

// finishMerges looks through the merges of a tokenizer of SentencePiece's form.
func (t *Tokenizer) finishMerges() error {
	t.sp.parts = true
	for _, m := range t.merges {
		for _, id := range [3]uint32{m.left, m.right, m.id} {
			if _, ok := wordByte(t.word(id)); ok {
				return fmt.Errorf("a merge of %q and %q, but %q stands for a byte", t.word(m.left), t.word(m.right), t.word(id))
			}
		}
		left, right := t.word(m.left), t.word(m.right)
		if strings.HasPrefix(right, space) && !strings.HasSuffix(left, space) {
			t.sp.parts = false
		}
	}
	t.pair()
	return nil
}

// word returns a token as files write it.
func (t *Tokenizer) word(id uint32) string {
	if int(id) < len(t.sp.words) && t.sp.words[id] != "" {
		return t.sp.words[id]
	}
	for _, s := range t.Special {
		if s.ID == id {
			return s.Text
		}
	}
	return ""
}

// Spare reports whether a token stands for a byte that is the text of another one too: no text is
// encoded with it.
func (t *Tokenizer) Spare(id uint32) bool {
	if t.sp == nil || int(id) >= len(t.sp.words) {
		return false
	}
	b, ok := wordByte(t.sp.words[id])
	if !ok || b >= utf8.RuneSelf {
		return false
	}
	_, ok = t.sp.runes[rune(b)]
	return ok
}
