package charset

import "encoding/binary"

// maxSample is how many bytes around characters beyond ASCII are weighed. 4 kB
// are 1,500 Han characters: far more than the decision needs.
const maxSample = 4096

// highBits has the top bit of each byte of a word.
const highBits = 0x8080808080808080

// sample appends to dst the stretches of body that hold bytes beyond ASCII, each
// with the ASCII byte before it, parted by line feeds. A stretch ends after
// eight ASCII bytes: no character spans that many, so the next one starts a
// character again.
func sample(dst, body []byte) []byte {
	for i := 0; i < len(body) && len(dst) < maxSample; {
		i = nextHigh(body, i)
		if i == len(body) {
			break
		}
		from, ascii := max(0, i-1), 0
		for ; i < len(body) && ascii < 8 && len(dst)+i-from < maxSample; i++ {
			if body[i] < 0x80 {
				ascii++
			} else {
				ascii = 0
			}
		}
		dst = append(dst, body[from:i]...)
		dst = append(dst, '\n')
	}
	return dst
}

// nextHigh returns the offset of the first byte beyond ASCII from i on.
func nextHigh(b []byte, i int) int {
	for i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&highBits == 0 {
		i += 8
	}
	for i < len(b) && b[i] < 0x80 {
		i++
	}
	return i
}
