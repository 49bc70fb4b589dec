// Package sentencepiece reads SentencePiece's unigram models (Kudo and
// Richardson, 2018, arXiv:1808.06226) and cuts text into their pieces as
// SentencePiece does. Start with [Open] and [Model.Encode]. It trains nothing,
// and refuses models of other kinds.
package sentencepiece

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"unicode/utf8"

	"feilun/internal/hint"
)

// maxFile is the largest model file that is read; those of CCNet have 1.5 MB.
const maxFile = 256 << 20

// unknownPenalty is how far below the worst piece an unknown character scores.
const unknownPenalty = 10

// A Model is a vocabulary with scores and a map of characters. It is read only
// and may be shared.
type Model struct {
	pieces    []piece
	normal    *normalizer
	trie      *trie
	unknown   int32 // number of the unknown piece
	low, high float32
}

// Open reads a .model file.
func Open(name string) (*Model, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, hint.Usage(fmt.Errorf("%s: %d bytes are too many for a SentencePiece model", name, info.Size()))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, err := Parse(b)
	if err != nil {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s: not a SentencePiece model that can be used: %w", name, err),
			"give the .model file that spm_train writes with --model_type=unigram"))
	}
	return m, nil
}

// Parse reads the bytes of a .model file.
func Parse(b []byte) (*Model, error) {
	s, err := parse(b)
	switch {
	case err != nil:
		return nil, err
	case len(s.pieces) == 0 || !s.hasNormalizer:
		return nil, errors.New("no vocabulary")
	case s.kind != unigram:
		return nil, errors.New("its kind is not unigram")
	case s.byteFallback:
		return nil, errors.New("it falls back to bytes")
	}
	m := &Model{pieces: s.pieces, unknown: -1, low: math.MaxFloat32, high: -math.MaxFloat32}
	var all, own []entry
	for i, p := range s.pieces {
		switch p.kind {
		case normal:
			m.low, m.high = min(m.low, p.score), max(m.high, p.score)
			all = append(all, entry{p.text, int32(i)})
		case userDefined:
			own = append(own, entry{p.text, int32(i)})
			all = append(all, entry{p.text, int32(i)})
		case unused:
			all = append(all, entry{p.text, int32(i)})
		case unknown:
			m.unknown = int32(i)
		case control, byteValue:
		default:
			return nil, fmt.Errorf("piece %q is of the kind %d", p.text, p.kind)
		}
	}
	if m.unknown < 0 || m.low > m.high {
		return nil, errors.New("no unknown piece, or no others")
	}
	m.trie = newTrie(all)
	m.normal, err = newNormalizer(s, newTrie(own))
	return m, err
}

// Normalize returns text as it is cut: spaces are ▁, and one stands before the
// first word.
func (m *Model) Normalize(text string) string { return m.normal.normalize(text) }

// ends is the best way found to the end of a piece.
type end struct {
	id    int32
	start int32 // -1: no way found
	score float32
}

// An Encoder cuts texts. It keeps scratch space: one goroutine at a time.
type Encoder struct {
	*Model
	best   []end
	pieces []string
}

// Encoder returns an encoder.
func (m *Model) Encoder() *Encoder { return &Encoder{Model: m} }

// Encode returns the pieces of text with the highest sum of scores, as
// SentencePiece's encode_as_pieces: unknown characters in a row are one piece.
// The slice is valid until the next call.
func (e *Encoder) Encode(text string) []string {
	s := e.Normalize(text)
	e.search(s)
	e.pieces = e.pieces[:0]
	last := int32(-1)
	for at := int32(len(s)); at > 0; {
		b := e.best[at]
		from, to := b.start, at
		at = b.start
		if n := len(e.pieces); b.id == e.unknown && last == e.unknown {
			e.pieces[n-1] = s[from : int(to)+len(e.pieces[n-1])]
		} else {
			e.pieces = append(e.pieces, s[from:to])
		}
		last = b.id
	}
	slices.Reverse(e.pieces)
	return e.pieces
}

// search finds the best way to each position. Sums are rounded to float32 where
// SentencePiece rounds them.
func (e *Encoder) search(s string) {
	e.best = slices.Grow(e.best[:0], len(s)+1)[:len(s)+1]
	for i := range e.best {
		e.best[i] = end{start: -1}
	}
	reach := func(from, to int, id int32, score float64) {
		sum := score + float64(e.best[from].score)
		if b := &e.best[to]; b.start < 0 || sum > float64(b.score) {
			*b = end{id, int32(from), float32(sum)}
		}
	}
	for from := 0; from < len(s); {
		_, size := utf8.DecodeRuneInString(s[from:])
		single := false
		at := int32(0)
		for to := from; to < len(s); {
			at = e.trie.step(at, s[to])
			to++
			if at < 0 {
				break
			}
			id := e.trie.nodes[at].id
			if id < 0 || e.Model.pieces[id].kind == unused {
				continue
			}
			score := float64(e.Model.pieces[id].score)
			if e.Model.pieces[id].kind == userDefined {
				score = float64(float32(to-from)*e.high) - 0.1
			}
			reach(from, to, id, score)
			single = single || to-from == size
		}
		if !single {
			reach(from, from+size, e.unknown, float64(e.low-unknownPenalty))
		}
		from += size
	}
}
