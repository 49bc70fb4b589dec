package dedup

// twister is MT19937 (Matsumoto and Nishimura 1998), seeded as by
// init_genrand; numpy's legacy RandomState draws from it.
type twister struct {
	state [624]uint32
	next  int
}

func newTwister(seed uint32) *twister {
	t := &twister{next: 624}
	t.state[0] = seed
	for i := 1; i < len(t.state); i++ {
		prev := t.state[i-1]
		t.state[i] = 1812433253*(prev^prev>>30) + uint32(i)
	}
	return t
}

func (t *twister) uint32() uint32 {
	if t.next == len(t.state) {
		for i := range t.state {
			y := t.state[i]&0x80000000 | t.state[(i+1)%624]&0x7fffffff
			v := t.state[(i+397)%624] ^ y>>1
			if y&1 != 0 {
				v ^= 0x9908b0df
			}
			t.state[i] = v
		}
		t.next = 0
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// below draws from [0, most] by masking and rejection, the high half first.
func (t *twister) below(most uint64) uint64 {
	mask := most
	for s := 1; s < 64; s *= 2 {
		mask |= mask >> s
	}
	for {
		hi := uint64(t.uint32())
		if v := (hi<<32 | uint64(t.uint32())) & mask; v <= most {
			return v
		}
	}
}

// permutations returns the factors and offsets of n hash functions as datatrove
// derives them from RandomState(seed): all factors in [1, 2^61-2], then all
// offsets in [0, 2^61-2]. Both are padded with zeros to a multiple of lanes.
func permutations(seed uint32, n int) (a, b []uint64) {
	t := newTwister(seed)
	padded := (n + lanes - 1) / lanes * lanes
	a, b = make([]uint64, padded), make([]uint64, padded)
	for i := range n {
		a[i] = 1 + t.below(mersenne61-2)
	}
	for i := range n {
		b[i] = t.below(mersenne61 - 1)
	}
	return a, b
}
