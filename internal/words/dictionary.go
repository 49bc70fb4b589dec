package words

import (
	_ "embed"
	"encoding/binary"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:generate python3 dictionary.py
//go:generate python3 tables.py

//go:embed jieba.bin.zst
var jiebaFile []byte

// A dictionary is a trie of words with their weights, and what jieba's hidden
// Markov model knows of single characters. It never changes.
type dictionary struct {
	root    [1 << 16]uint32 // node of each first character, 0 for none
	edges   []uint64        // hash table: node<<36 | label<<20 | child
	weight  []uint16        // of each node: index in weights, 0 for a mere prefix
	weights []float64       // logarithm of the frequency over the total
	unit    float64         // weight of frequency 1
	emit    [1 << 16]uint16 // index in emission, 0 for an unknown character
	emits   [][4]float64    // by state B, E, M, S
}

const edgeSlots = 1 << 20

// jieba loads the dictionary on first use: about 60 ms and 12 MB.
var jieba = sync.OnceValue(func() *dictionary {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic(err)
	}
	defer r.Close()
	b, err := r.DecodeAll(jiebaFile, nil)
	if err != nil {
		panic(err) // the embedded file is ours
	}
	d := &dictionary{edges: make([]uint64, edgeSlots)}
	in := &fields{b}
	d.readTrie(in)
	d.weights = append([]float64{0}, in.doubles()...)
	d.unit = d.weights[1] // frequencies are sorted, and 1 is the least
	d.readModel(in)
	return d
})

// fields reads numbers from the embedded file.
type fields struct{ b []byte }

func (f *fields) next() uint64 {
	v, n := binary.Uvarint(f.b)
	if n <= 0 {
		panic("words: jieba.bin.zst is damaged")
	}
	f.b = f.b[n:]
	return v
}

func (f *fields) section() *fields {
	n := f.next()
	s := &fields{f.b[:n]}
	f.b = f.b[n:]
	return s
}

func (f *fields) doubles() []float64 {
	out := make([]float64, f.next())
	for i := range out {
		out[i] = math.Float64frombits(binary.LittleEndian.Uint64(f.b[8*i:]))
	}
	f.b = f.b[8*len(out):]
	return out
}

// readTrie reads nodes in breadth-first order; node 0 is the root.
func (d *dictionary) readTrie(in *fields) {
	counts, labels, weights := in.section(), in.section(), in.section()
	d.weight = make([]uint16, 1, 1<<19)
	child := uint32(1)
	for node := uint32(0); len(counts.b) > 0; node++ {
		label := uint64(0)
		for range counts.next() {
			label += labels.next()
			d.weight = append(d.weight, uint16(weights.next()))
			if node == 0 {
				d.root[label] = child
			} else {
				d.add(node, uint32(label), child)
			}
			child++
		}
	}
}

func edgeSlot(node, label uint32) uint32 {
	return uint32((uint64(node)<<16 | uint64(label)) * hashPrime >> (64 - 20))
}

func (d *dictionary) add(node, label, child uint32) {
	at := edgeSlot(node, label)
	for d.edges[at] != 0 {
		at = (at + 1) % edgeSlots
	}
	d.edges[at] = uint64(node)<<36 | uint64(label)<<20 | uint64(child)
}

// child returns the node that label leads to from node, or 0.
func (d *dictionary) child(node, label uint32) uint32 {
	want := uint64(node)<<16 | uint64(label)
	for at := edgeSlot(node, label); ; at = (at + 1) % edgeSlots {
		switch e := d.edges[at]; {
		case e>>20 == want && e != 0:
			return uint32(e & (1<<20 - 1))
		case e == 0:
			return 0
		}
	}
}

// never is jieba's logarithm of an impossible event.
const never = -3.14e100

func (d *dictionary) readModel(in *fields) {
	d.emits = [][4]float64{{never, never, never, never}}
	for state := range 4 {
		values := in.doubles()
		chars, ranks := in.section(), in.section()
		c := uint64(0)
		for len(chars.b) > 0 {
			c += chars.next()
			if d.emit[c] == 0 {
				d.emit[c] = uint16(len(d.emits))
				d.emits = append(d.emits, d.emits[0])
			}
			d.emits[d.emit[c]][state] = values[ranks.next()]
		}
	}
}
