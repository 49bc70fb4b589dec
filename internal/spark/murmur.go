// Package spark holds what Apache Spark's ML library computes where other
// packages must compute the same: its Tokenizer, the hash of its HashingTF, and
// the hash functions of its MinHashLSH (version 3 where nothing else is said).
package spark

import "math/bits"

// hashSeed is the seed Spark ML's HashingTF gives MurmurHash3.
const hashSeed = 42

// Murmur3 is MurmurHash3 x86_32 (Appleby, public domain) with Spark's seed.
func Murmur3(b []byte) uint32 {
	h := uint32(hashSeed)
	n := len(b)
	for len(b) >= 4 {
		h = mixWord(h, uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)
		b = b[4:]
	}
	var k uint32
	for i := len(b) - 1; i >= 0; i-- {
		k = k<<8 | uint32(b[i])
	}
	if len(b) > 0 {
		h ^= scramble(k)
	}
	return finish(h, n)
}

// MurmurShort is Murmur3 of the n lowest bytes of v, at most 7; those above are zero.
func MurmurShort(v uint64, n int) uint32 {
	h := uint32(hashSeed)
	if n >= 4 {
		h = mixWord(h, uint32(v))
		v >>= 32
	}
	return finish(h^scramble(uint32(v)), n)
}

// Murmur3Spark2 is what Spark before 3.0 computed: each byte behind the last
// whole word is sign-extended and mixed in as a word of its own.
func Murmur3Spark2(b []byte) uint32 {
	h := uint32(hashSeed)
	n := len(b)
	for len(b) >= 4 {
		h = mixWord(h, uint32(b[0])|uint32(b[1])<<8|uint32(b[2])<<16|uint32(b[3])<<24)
		b = b[4:]
	}
	for _, c := range b {
		h = mixWord(h, uint32(int32(int8(c))))
	}
	return finish(h, n)
}

func mixWord(h, k uint32) uint32 { return bits.RotateLeft32(h^scramble(k), 13)*5 + 0xe6546b64 }

func scramble(k uint32) uint32 { return bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593 }

func finish(h uint32, n int) uint32 {
	h ^= uint32(n)
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// Bucket maps a hash to one of n features as Spark does: the hash is a signed
// number, its remainder made non-negative.
func Bucket(h uint32, n int) int {
	r := int(int32(h)) % n
	if r < 0 {
		r += n
	}
	return r
}
