package sentencepiece

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// spaceMark stands for a space in pieces.
const spaceMark = "▁"

// A normalizer rewrites text by a precompiled map of characters.
type normalizer struct {
	spec  *spec
	units []uint32 // double-array trie of what is replaced (Darts-clone)
	texts string   // what it is replaced by, each ended by a zero byte
	own   *trie    // user-defined symbols, which stay as they are
}

// newNormalizer splits the map: the trie's size in bytes, the trie, the texts.
func newNormalizer(s *spec, own *trie) (*normalizer, error) {
	n := &normalizer{spec: s, own: own}
	if len(s.charsmap) == 0 {
		return n, nil
	}
	if len(s.charsmap) < 4 {
		return nil, errCut
	}
	size := int64(binary.LittleEndian.Uint32(s.charsmap))
	rest := s.charsmap[4:]
	if size > int64(len(rest)) || size%4 != 0 || size == 0 {
		return nil, errors.New("the map of characters is damaged")
	}
	for i := int64(0); i < size; i += 4 {
		n.units = append(n.units, binary.LittleEndian.Uint32(rest[i:]))
	}
	n.texts = string(rest[size:])
	for text := range strings.SplitSeq(n.texts, "\x00") {
		if len(text) > maxPiece {
			return nil, fmt.Errorf("a character is replaced by %d bytes", len(text))
		}
	}
	return n, nil
}

// Parts of a unit of the double array.
func hasLeaf(unit uint32) bool   { return unit>>8&1 == 1 }
func leaf(unit uint32) uint32    { return unit & (1<<31 - 1) }
func label(unit uint32) uint32   { return unit & (1<<31 | 0xff) }
func offsetOf(unit uint32) int64 { return int64(unit>>10) << (unit & (1 << 9) >> 6) }

// longest returns the text that replaces the longest known beginning of s, and
// that beginning's length, 0 if there is none.
func (n *normalizer) longest(s string) (text string, length int) {
	if len(n.units) == 0 {
		return "", 0
	}
	at := offsetOf(n.units[0])
	value := uint32(0)
	for i := range len(s) {
		if at ^= int64(s[i]); at >= int64(len(n.units)) {
			break
		}
		unit := n.units[at]
		if label(unit) != uint32(s[i]) {
			break
		}
		if at ^= offsetOf(unit); at >= int64(len(n.units)) {
			break
		}
		if hasLeaf(unit) {
			value, length = leaf(n.units[at]), i+1
		}
	}
	if length == 0 || int64(value) >= int64(len(n.texts)) {
		return "", 0
	}
	text, _, _ = strings.Cut(n.texts[value:], "\x00")
	return text, length
}

// prefix returns the normal form of the beginning of s and that beginning's
// length, at least 1.
func (n *normalizer) prefix(s string) (string, int) {
	if l := n.own.longest(s); l > 0 {
		return s[:l], l
	}
	if text, l := n.longest(s); l > 0 {
		return text, l
	}
	r, l := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && l == 1 {
		return "\ufffd", 1
	}
	return s[:l], l
}

// normalize returns the form of text that is cut into pieces.
func (n *normalizer) normalize(text string) string {
	if n.spec.removeSpaces {
		for text != "" {
			p, l := n.prefix(text)
			if p != " " {
				break
			}
			text = text[l:]
		}
	}
	if text == "" {
		return ""
	}
	mark := " "
	if n.spec.escapeSpaces {
		mark = spaceMark
	}
	var b strings.Builder
	if n.spec.dummyPrefix && !n.spec.suffix {
		b.WriteString(mark)
	}
	space := n.spec.removeSpaces // the last character was a space, and the next is left out
	for text != "" {
		p, l := n.prefix(text)
		text = text[l:]
		if space {
			p = strings.TrimLeft(p, " ")
		}
		if p != "" {
			b.WriteString(strings.ReplaceAll(p, " ", mark))
			space = p[len(p)-1] == ' '
		}
		space = space && n.spec.removeSpaces
	}
	out := b.String()
	if n.spec.removeSpaces {
		for strings.HasSuffix(out, mark) {
			out = out[:len(out)-len(mark)]
		}
	}
	if n.spec.dummyPrefix && n.spec.suffix {
		out += mark
	}
	return out
}
