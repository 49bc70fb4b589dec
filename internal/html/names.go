package html

import "strings"

// String returns the name in lower case, "" for Other.
func (t Tag) String() string { return tagNames[t] }

// String returns the name in lower case, "" for an unknown one.
func (a AttrName) String() string { return attrNames[a] }

// The multipliers make a perfect hash of the packed names: no two names of a
// table meet in a slot. Found by trying random odd numbers; buildHash panics
// when an edit of the tables breaks them.
const (
	tagMul, tagBits   = 17091030677239832747, 11
	attrMul, attrBits = 1164115433906158533, 9
)

var (
	tagHash  = buildHash(tagNames[:], tagMul, tagBits)
	attrHash = buildHash(attrNames[:], attrMul, attrBits)
	tagKeys  = packNames(tagNames[:])
	attrKeys = packNames(attrNames[:])
)

// pack folds a lower-case name into a number: its last eight bytes, plus its
// length so that names with the same end differ.
func pack(name string) uint64 {
	var k uint64
	for i := range len(name) {
		k = k<<8 | uint64(name[i])
	}
	return k + uint64(len(name))
}

func packNames(names []string) (keys [256]uint64) {
	for i, n := range names {
		keys[i] = pack(n)
	}
	return keys
}

func buildHash(names []string, mul uint64, bits int) []uint8 {
	t := make([]uint8, 1<<bits)
	for i, n := range names[1:] {
		h := pack(n) * mul >> (64 - bits)
		if t[h] != 0 {
			panic("html: names " + n + " and " + names[t[h]] + " collide: search another multiplier")
		}
		t[h] = uint8(i + 1)
	}
	return t
}

// lookupTag returns the tag of a packed name; written is the name as it stands
// in the source, compared in full when packing dropped a part of it.
func lookupTag(key uint64, written []byte) Tag {
	t := tagHash[key*tagMul>>(64-tagBits)]
	if tagKeys[t] != key || len(written) > 8 && !equalFold(written, tagNames[t]) {
		return Other
	}
	return Tag(t)
}

func lookupAttr(key uint64, written []byte) AttrName {
	a := attrHash[key*attrMul>>(64-attrBits)]
	if attrKeys[a] != key || len(written) > 8 && !equalFold(written, attrNames[a]) {
		return attrOther
	}
	return AttrName(a)
}

// equalFold compares a name as written with a lower-case one.
func equalFold(written []byte, name string) bool {
	if len(written) != len(name) {
		return false
	}
	for i, c := range written {
		if c|0x20 != name[i] && c != name[i] {
			return false
		}
		if c != name[i] && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// nameByte maps a byte of a tag name to lower case; 0 ends the name. attrByte
// does the same for attribute names, which '=' ends too. A NUL byte belongs to
// the name; both tables give it a value that no known name holds.
var (
	nameByte = buildName("\t\n\f\r />")
	attrByte = buildName("\t\n\f\r />=")
)

func buildName(ends string) (t [256]byte) {
	for i := range t {
		c := byte(i)
		switch {
		case i == 0:
			c = 1
		case strings.IndexByte(ends, c) >= 0:
			c = 0
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		t[i] = c
	}
	return t
}

// space is white space as the standard defines it.
func space(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}
