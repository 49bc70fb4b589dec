package langid

import "hash/fnv"

// A Part is what a sentence of the training data may be used for.
type Part int

// A fifth of the sentences is never looked at but to report figures; an eighth
// of the others sets calibration and choices between models.
const (
	Fit Part = iota
	Validation
	Unseen
)

// PartOf decides by a hash of the sentence alone (FNV-1a, 64 bits, top half of
// its product with the golden ratio).
func PartOf(text string) Part {
	h := fnv.New64a()
	h.Write([]byte(text))
	k := h.Sum64() * mulThree >> 32
	switch {
	case k%5 == 0:
		return Unseen
	case k/5%8 == 0:
		return Validation
	}
	return Fit
}
