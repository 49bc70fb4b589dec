package constrain

import (
	"slices"
	"unicode/utf8"
)

// A runeRange is a range of characters, both ends included.
type runeRange struct{ from, to rune }

// class is one character of ranges, or of all others.
func (b *builder) class(ranges []runeRange, not bool) []sym {
	if not {
		ranges = complement(ranges)
	}
	var ascii byteSet
	rule := b.rule()
	single := true
	for _, r := range ranges {
		if r.from < utf8.RuneSelf {
			ascii.add(byte(r.from), byte(min(r.to, utf8.RuneSelf-1)))
		}
		r.from = max(r.from, utf8.RuneSelf)
		for _, piece := range pieces(r) {
			single = false
			b.alt(rule, b.pieceBytes(piece))
		}
	}
	if ascii != (byteSet{}) {
		if single {
			return []sym{b.set(ascii)}
		}
		b.alt(rule, []sym{b.set(ascii)})
	}
	return []sym{rule}
}

// complement returns all characters outside ranges; surrogates are none.
func complement(ranges []runeRange) []runeRange {
	all := append(slices.Clone(ranges), runeRange{0xd800, 0xdfff})
	slices.SortFunc(all, func(a, b runeRange) int { return int(a.from - b.from) })
	var out []runeRange
	next := rune(0)
	for _, r := range all {
		if r.from > next {
			out = append(out, runeRange{next, r.from - 1})
		}
		next = max(next, r.to+1)
	}
	if next <= utf8.MaxRune {
		out = append(out, runeRange{next, utf8.MaxRune})
	}
	return out
}

// pieces cuts a range of characters beyond ASCII so that each piece's encodings are a
// range in each byte, independent of the others.
func pieces(r runeRange) []runeRange {
	if r.from > r.to {
		return nil
	}
	for _, last := range []rune{0x7ff, 0xd7ff, 0xdfff, 0xffff} {
		if r.from <= last && r.to > last {
			return append(pieces(runeRange{r.from, last}), pieces(runeRange{last + 1, r.to})...)
		}
	}
	if r.from >= 0xd800 && r.to <= 0xdfff {
		return nil
	}
	for bits := 6; bits < 6*utf8.RuneLen(r.from); bits += 6 {
		low := rune(1)<<bits - 1 // of the last bytes
		if r.from&^low == r.to&^low {
			break
		}
		if r.from&low != 0 {
			return append(pieces(runeRange{r.from, r.from | low}), pieces(runeRange{(r.from | low) + 1, r.to})...)
		}
		if r.to&low != low {
			return append(pieces(runeRange{r.from, r.to&^low - 1}), pieces(runeRange{r.to &^ low, r.to})...)
		}
	}
	return []runeRange{r}
}

// pieceBytes is a piece byte by byte.
func (b *builder) pieceBytes(r runeRange) []sym {
	from, to := utf8.AppendRune(nil, r.from), utf8.AppendRune(nil, r.to)
	var out []sym
	for i := range from {
		out = append(out, b.byteRange(from[i], to[i]))
	}
	return out
}
