package wikidump

import (
	"container/heap"
)

// Compress appends b to dst as one bzip2 stream of blocks of up to 100,000
// bytes times level.
func Compress(dst, b []byte, level int) []byte {
	w := bitWriter{out: append(dst, 'B', 'Z', 'h', byte('0'+level))}
	stream := uint32(0)
	for len(b) > 0 {
		packed, n := runs(b, level*100_000-20)
		sum := crc(b[:n])
		stream = (stream<<1 | stream>>31) ^ sum
		w.block(packed, sum)
		b = b[n:]
	}
	w.put(0x177245, 24)
	w.put(0x385090, 24)
	w.put(stream, 32)
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
	return w.out
}

// A bitWriter writes from the highest bit on.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

func (w *bitWriter) put(x uint32, bits uint) {
	w.acc = w.acc<<bits | uint64(x)&(1<<bits-1)
	for w.n += bits; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.acc>>(w.n-8)))
	}
}

// runs does the first run-length coding until most bytes are there; n says how
// much of b that took.
func runs(b []byte, most int) (packed []byte, n int) {
	for n < len(b) && len(packed) < most {
		k := 1
		for k < 255 && n+k < len(b) && b[n+k] == b[n] {
			k++
		}
		for range min(k, 4) {
			packed = append(packed, b[n])
		}
		if k >= 4 {
			packed = append(packed, byte(k-4))
		}
		n += k
	}
	return packed, n
}

func (w *bitWriter) block(b []byte, sum uint32) {
	w.put(0x314159, 24)
	w.put(0x265359, 24)
	w.put(sum, 32)
	w.put(0, 1)
	last, origin := transform(b)
	w.put(uint32(origin), 24)
	var used [256]bool
	for _, c := range b {
		used[c] = true
	}
	var groups uint32
	for i, u := range used {
		if u {
			groups |= 1 << (15 - i/16)
		}
	}
	w.put(groups, 16)
	for g := range 16 {
		if groups&(1<<(15-g)) == 0 {
			continue
		}
		for k := range 16 {
			bit := uint32(0)
			if used[g*16+k] {
				bit = 1
			}
			w.put(bit, 1)
		}
	}
	w.symbols(moveToFront(last, used))
}

// symbols writes codes, the tables twice, as the format wants at least two.
func (w *bitWriter) symbols(list []uint16) {
	end := list[len(list)-1]
	freq := make([]int, end+1)
	for _, s := range list {
		freq[s]++
	}
	lengths := codeLengths(freq)
	w.put(2, 3)
	n := (len(list) + 49) / 50
	w.put(uint32(n), 15)
	for range n {
		w.put(0, 1)
	}
	for range 2 {
		now := lengths[0]
		w.put(uint32(now), 5)
		for _, l := range lengths {
			for ; now < l; now++ {
				w.put(2, 2)
			}
			for ; now > l; now-- {
				w.put(3, 2)
			}
			w.put(0, 1)
		}
	}
	codes := make([]uint32, len(lengths))
	code := uint32(0)
	for l := 1; l <= 20; l++ {
		for s, n := range lengths {
			if n == l {
				codes[s] = code
				code++
			}
		}
		code <<= 1
	}
	for _, s := range list {
		w.put(codes[s], uint(lengths[s]))
	}
}

// transform sorts the rotations of b by doubling prefixes, and returns the last
// column and where b itself is.
func transform(b []byte) (last []byte, origin int) {
	n := len(b)
	order, next, rank, fresh := make([]int32, n), make([]int32, n), make([]int32, n), make([]int32, n)
	count := make([]int32, max(n, 256)+1)
	for _, c := range b {
		count[c]++
	}
	for i := 1; i < 256; i++ {
		count[i] += count[i-1]
	}
	for i := n - 1; i >= 0; i-- {
		count[b[i]]--
		order[count[b[i]]] = int32(i)
	}
	for k, classes := 1, ranked(rank, order, func(i, j int32) bool { return b[i] == b[j] }); k < n && int(classes) < n; k *= 2 {
		clear(count)
		for i, at := range order {
			next[i] = int32((int(at) - k + n) % n)
			count[rank[i]]++
		}
		for i := int32(1); i < classes; i++ {
			count[i] += count[i-1]
		}
		for i := n - 1; i >= 0; i-- {
			r := rank[next[i]]
			count[r]--
			order[count[r]] = next[i]
		}
		classes = ranked(fresh, order, func(i, j int32) bool {
			return rank[i] == rank[j] && rank[(int(i)+k)%n] == rank[(int(j)+k)%n]
		})
		rank, fresh = fresh, rank
	}
	last = make([]byte, n)
	for i, at := range order {
		if at == 0 {
			origin = i
		}
		last[i] = b[(int(at)+n-1)%n]
	}
	return last, origin
}

// ranked numbers rotations in order, equal ones alike, and returns how many
// numbers there are.
func ranked(rank, order []int32, equal func(i, j int32) bool) int32 {
	classes := int32(0)
	for i, at := range order {
		if i == 0 || !equal(at, order[i-1]) {
			classes++
		}
		rank[at] = classes - 1
	}
	return classes
}

// moveToFront codes bytes by how long ago they came, runs of the latest by
// their length in two digits.
func moveToFront(b []byte, used [256]bool) []uint16 {
	var list []byte
	for c, u := range used {
		if u {
			list = append(list, byte(c))
		}
	}
	end := uint16(len(list) + 1)
	var out []uint16
	run := 0
	flush := func() {
		for ; run > 0; run = (run - 1) / 2 {
			out = append(out, uint16((run-1)&1))
		}
	}
	for _, c := range b {
		i := 0
		for list[i] != c {
			i++
		}
		if i == 0 {
			run++
			continue
		}
		flush()
		copy(list[1:i+1], list[:i])
		list[0] = c
		out = append(out, uint16(i+1))
	}
	flush()
	return append(out, end)
}

// codeLengths are those of a Huffman code with codes of at most 17 bits.
func codeLengths(freq []int) []int {
	for {
		var h nodes
		for s, f := range freq {
			heap.Push(&h, &node{weight: max(f, 1), symbol: s})
		}
		for len(h) > 1 {
			a, b := heap.Pop(&h).(*node), heap.Pop(&h).(*node)
			heap.Push(&h, &node{weight: a.weight + b.weight, symbol: min(a.symbol, b.symbol), left: a, right: b})
		}
		lengths := make([]int, len(freq))
		if h[0].depths(lengths, 0) <= 17 {
			return lengths
		}
		for i, f := range freq {
			freq[i] = f/2 + 1
		}
	}
}

type node struct {
	weight, symbol int
	left, right    *node
}

func (n *node) depths(out []int, depth int) int {
	if n.left == nil {
		out[n.symbol] = depth
		return depth
	}
	return max(n.left.depths(out, depth+1), n.right.depths(out, depth+1))
}

type nodes []*node

func (h nodes) Len() int { return len(h) }
func (h nodes) Less(i, j int) bool {
	return h[i].weight < h[j].weight || h[i].weight == h[j].weight && h[i].symbol < h[j].symbol
}
func (h nodes) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *nodes) Push(x any)   { *h = append(*h, x.(*node)) }
func (h *nodes) Pop() any {
	n := len(*h) - 1
	x := (*h)[n]
	*h = (*h)[:n]
	return x
}

// crc is the checksum of bzip2: CRC-32, highest bit first.
func crc(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c) << 24
		for range 8 {
			sum = sum<<1 ^ 0x04c11db7&-(sum>>31)
		}
	}
	return ^sum
}
