package filter

// A table is an open hash table for one document at a time. What earlier rounds
// left in it counts as empty.
type table struct {
	slots []slot
	round uint32
}

type slot struct {
	key   uint64
	value uint32
	round uint32 // in which the slot was filled
}

// renew empties the table and makes room for n entries.
func (t *table) renew(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if cap(t.slots) < size {
		t.slots, t.round = make([]slot, size), 0
	}
	t.slots = t.slots[:size]
	if t.round++; t.round == 0 { // after 2^32 rounds
		clear(t.slots[:cap(t.slots)])
		t.round = 1
	}
}
