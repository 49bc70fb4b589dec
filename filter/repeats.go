package filter

import "feilun/internal/words"

// repeats counts pieces of a text that have been seen further up.
type repeats struct {
	table
	pieces []string
	count  int // repeated pieces
	runes  int // code points in them
}

// reset readies r for up to n pieces.
func (r *repeats) reset(n int) {
	r.renew(n)
	clear(r.pieces)
	r.pieces, r.count, r.runes = r.pieces[:0], 0, 0
}

// add counts the piece if it was there before. Equal hashes are compared.
func (r *repeats) add(piece string) {
	mask := uint64(len(r.slots) - 1)
	h := words.Hash(piece)
	for at := h & mask; ; at = (at + 1) & mask {
		switch s := &r.slots[at]; {
		case s.round != r.round:
			*s = slot{h, uint32(len(r.pieces)), r.round}
			r.pieces = append(r.pieces, piece)
			return
		case s.key == h && r.pieces[s.value] == piece:
			r.count++
			r.runes += words.Runes(piece)
			return
		}
	}
}
