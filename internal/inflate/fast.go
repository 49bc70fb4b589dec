package inflate

import "encoding/binary"

// fast decodes symbols while at least 24 bytes of input and the slack of output
// are left, without looking at how much is left in between: a round takes at
// most two literals, one length and one distance, which is 15+15+20+28 bits,
// with two refills of at least 56.
func (d *Decoder) fast() (done bool, err error) {
	src, dst := d.src, d.dst
	lit, dist := &d.lit, &d.dist
	pos, w := d.pos, d.w
	bb, nb := d.bb, uint64(d.nb)
	srcEnd, dstEnd := len(src)-24, len(dst)-slack
	for pos <= srcEnd && w <= dstEnd {
		bb |= binary.LittleEndian.Uint64(src[pos:]) << (nb & 63)
		pos += int((63 - nb) >> 3)
		nb |= 56
		e := lit[bb&(1<<litBits-1)]
		if e&flagLiteral != 0 {
			bb >>= e & 63
			nb -= uint64(e & 63)
			dst[w] = byte(e >> 16)
			w++
			e = lit[bb&(1<<litBits-1)]
			if e&flagLiteral != 0 {
				bb >>= e & 63
				nb -= uint64(e & 63)
				dst[w] = byte(e >> 16)
				w++
				e = lit[bb&(1<<litBits-1)]
				if e&flagLiteral != 0 { // 11 bits at most: 56-3*11 are left
					bb >>= e & 63
					nb -= uint64(e & 63)
					dst[w] = byte(e >> 16)
					w++
					continue
				}
			}
			bb |= binary.LittleEndian.Uint64(src[pos:]) << (nb & 63)
			pos += int((63 - nb) >> 3)
			nb |= 56
		}
		if e&flagOther != 0 {
			if e&flagSub != 0 {
				bb >>= litBits
				nb -= litBits
				e = lit[(uint64(e>>16)+bb&(1<<(e>>8&15)-1))&(litSize-1)]
			}
			if e&flagLiteral != 0 {
				bb >>= e & 63
				nb -= uint64(e & 63)
				dst[w] = byte(e >> 16)
				w++
				continue
			}
			if e&flagOther != 0 {
				if e&flagEnd == 0 {
					err = ErrCorrupt
				} else {
					bb >>= e & 63
					nb -= uint64(e & 63)
				}
				done = true
				break
			}
		}
		length := int(e>>16) + int(bb&(1<<(e&63)-1)>>(e>>8&15))
		bb >>= e & 63
		nb -= uint64(e & 63)
		e = dist[bb&(1<<distBits-1)]
		if e&flagOther != 0 {
			if e&flagSub == 0 {
				err = ErrCorrupt
				break
			}
			bb >>= distBits
			nb -= distBits
			if e = dist[(uint64(e>>16)+bb&(1<<(e>>8&15)-1))&(distSize-1)]; e&flagOther != 0 {
				err = ErrCorrupt
				break
			}
		}
		back := int(e>>16) + int(bb&(1<<(e&63)-1)>>(e>>8&15))
		bb >>= e & 63
		nb -= uint64(e & 63)
		from := w - back
		if from < 0 {
			err = ErrCorrupt
			break
		}
		w = match(dst, w, from, length)
	}
	d.pos, d.w, d.bb, d.nb = pos, w, bb&(1<<nb-1), uint(nb)
	return done, err
}

// match copies length bytes from an earlier place to w, in order, so that the
// two may overlap, and returns the place behind them. It may write up to 15
// bytes more.
func match(dst []byte, w, from, length int) int {
	end := w + length
	if w-from >= 8 {
		for w < end {
			binary.LittleEndian.PutUint64(dst[w:], binary.LittleEndian.Uint64(dst[from:]))
			binary.LittleEndian.PutUint64(dst[w+8:], binary.LittleEndian.Uint64(dst[from+8:]))
			w, from = w+16, from+16
		}
		return end
	}
	if w-from == 1 {
		v := uint64(dst[from]) * 0x0101010101010101
		for w < end {
			binary.LittleEndian.PutUint64(dst[w:], v)
			w += 8
		}
		return end
	}
	for w < end {
		dst[w] = dst[from]
		w, from = w+1, from+1
	}
	return end
}
