package model

import (
	"strings"

	"feilun/internal/bpe"
)

// guardMark is put into what would be a special token. It is no character: no text has use for it.
const guardMark = "\ufdd0"

// A Guard keeps the special tokens that a chat template writes apart from the same letters in what
// somebody wrote, which are text.
type Guard struct {
	t    *bpe.Tokenizer
	mark *strings.Replacer
}

// NewGuard returns a guard for a vocabulary.
func NewGuard(t *bpe.Tokenizer) *Guard {
	pairs := []string{guardMark, ""}
	for _, s := range t.Special {
		if len(s.Text) > 1 {
			pairs = append(pairs, s.Text, s.Text[:1]+guardMark+s.Text[1:])
		}
	}
	return &Guard{t, strings.NewReplacer(pairs...)}
}

// Text marks what somebody wrote, before a template is given it.
func (g *Guard) Text(s string) string { return g.mark.Replace(s) }

// Encode appends the tokens of what a template wrote to ids; begins tells whether a text begins
// there.
func (g *Guard) Encode(enc *bpe.Encoder, ids []uint32, text string, begins bool) []uint32 {
	for ; text != ""; begins = false {
		i := strings.Index(text, guardMark)
		if i < 0 {
			return enc.EncodePart(ids, []byte(text), true, begins)
		}
		// What lies between the last special token before the mark and the first one behind it is
		// text that is cut as one.
		from, to := g.last(text[:i]), len(text)
		if n := g.next(text[i:]); n >= 0 {
			to = i + n
		}
		ids = enc.EncodePart(ids, []byte(text[:from]), true, begins)
		ids = enc.EncodePart(ids, []byte(strings.ReplaceAll(text[from:to], guardMark, "")), false, begins && from == 0)
		text = text[to:]
	}
	return ids
}

// last returns where the last special token of a text ends, or 0.
func (g *Guard) last(text string) (end int) {
	for _, s := range g.t.Special {
		if i := strings.LastIndex(text, s.Text); s.Text != "" && i >= 0 {
			end = max(end, i+len(s.Text))
		}
	}
	return end
}

// next returns where the first special token of a text begins, or -1.
func (g *Guard) next(text string) int {
	at := -1
	for _, s := range g.t.Special {
		if i := strings.Index(text, s.Text); s.Text != "" && i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}
