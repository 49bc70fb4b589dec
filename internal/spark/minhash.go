package spark

// Prime is the modulus of MinHashLSH's hash functions (HASH_PRIME).
const Prime = 2038074743

// A HashFunction maps the index of a feature that is not zero, h(x) =
// ((1+x)·A + B) mod Prime.
type HashFunction struct{ A, B uint64 }

// Of returns the value for a feature.
func (h HashFunction) Of(feature uint64) uint64 { return ((1+feature)*h.A + h.B) % Prime }

// MinHash returns the functions of n hash tables as MinHashLSH draws them with
// a seed: A from 1 to Prime-1 and B from 0 to Prime-2, in turns.
func MinHash(seed int64, n int) []HashFunction {
	r := newRandom(seed)
	all := make([]HashFunction, n)
	for i := range all {
		a := 1 + r.below(Prime-1)
		all[i] = HashFunction{A: uint64(a), B: uint64(r.below(Prime - 1))}
	}
	return all
}

// random is java.util.Random: a linear congruence of 48 bits.
type random struct{ state int64 }

const (
	factor = 0x5deece66d
	mask   = 1<<48 - 1
)

func newRandom(seed int64) *random { return &random{(seed ^ factor) & mask} }

// next returns 31 bits.
func (r *random) next() int32 {
	r.state = (r.state*factor + 0xb) & mask
	return int32(r.state >> 17)
}

// below is nextInt(bound) for a bound that is no power of two.
func (r *random) below(bound int32) int32 {
	for {
		u := r.next()
		if v := u % bound; u-v+(bound-1) >= 0 {
			return v
		}
	}
}
