package language

// A hanKind says which national standards know an ideograph.
type hanKind uint8

const (
	isShared hanKind = iota
	isHans           // GB 2312 alone: simplified
	isHant           // Big5 alone: traditional
	isJpan           // JIS X 0208 alone: Japanese
)

const (
	hanFirst = 0x4E00
	hanLast  = 0x9FFF
)

func newHan() *[hanLast - hanFirst + 1]hanKind {
	t := new([hanLast - hanFirst + 1]hanKind)
	for kind, runes := range map[hanKind]string{isHans: hansOnly, isHant: hantOnly, isJpan: jpanOnly} {
		for _, r := range runes {
			t[r-hanFirst] = kind
		}
	}
	return t
}
