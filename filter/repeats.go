package filter

import "feilun/internal/words"

// repeats counts pieces of a text that have been seen further up.
type repeats struct {
	table  []slot
	pieces []string
	count  int // repeated pieces
	runes  int // code points in them
}

// reset readies r for up to n pieces.
func (r *repeats) reset(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(r.table) < size {
		r.table = make([]slot, size)
	} else {
		r.table = r.table[:size]
		clear(r.table)
	}
	clear(r.pieces)
	r.pieces, r.count, r.runes = r.pieces[:0], 0, 0
}

// add counts the piece if it was there before. Equal hashes are compared.
func (r *repeats) add(piece string) {
	mask := uint64(len(r.table) - 1)
	h := words.Hash(piece)
	for at := h & mask; ; at = (at + 1) & mask {
		switch s := &r.table[at]; {
		case s.value == 0:
			r.pieces = append(r.pieces, piece)
			*s = slot{h, uint32(len(r.pieces))}
			return
		case s.key == h && r.pieces[s.value-1] == piece:
			r.count++
			r.runes += words.Runes(piece)
			return
		}
	}
}
