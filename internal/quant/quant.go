// Package quant holds the ways in which weights are stored in fewer bits: single
// numbers (F32, F16, BF16) and ggml's blocks (Q8_0, Q4_0, Q4_K, Q6_K and others), byte
// for byte as ggml defines them. Start with [Encode] and [Decode]. Files are the affair of
// internal/gguf, products with such weights that of internal/tensor.
package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// A Type is a way of storing numbers; its number is ggml's (enum ggml_type).
type Type uint32

// The types that are read and written.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2  // 32 numbers of 4 bits with a scale
	Q8_0 Type = 8  // 32 numbers of 8 bits with a scale
	Q4_K Type = 12 // 256 numbers of 4 bits, 8 scales and minima of 6 bits
	Q6_K Type = 14 // 256 numbers of 6 bits, 16 scales of 8 bits
	BF16 Type = 30
)

// The types that are only read: files of llama.cpp hold them.
const (
	Q4_1   Type = 3  // 32 numbers of 4 bits with a scale and a minimum
	Q5_0   Type = 6  // 32 numbers of 5 bits with a scale
	Q5_1   Type = 7  // 32 numbers of 5 bits with a scale and a minimum
	Q2_K   Type = 10 // 256 numbers of 2 bits, 16 scales and minima of 4 bits
	Q3_K   Type = 11 // 256 numbers of 3 bits, 16 scales of 6 bits
	Q5_K   Type = 13 // 256 numbers of 5 bits, 8 scales and minima of 6 bits
	IQ4_NL Type = 20 // 32 places of 4 bits in a table of unequal steps, with a scale
	IQ4_XS Type = 23 // 256 such places, 8 scales of 6 bits
)

// unread are ggml's names of other types in use, which are not read.
var unread = map[Type]string{9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"}

// Types are those that are written, the widest first.
func Types() []Type { return []Type{F32, F16, BF16, Q8_0, Q6_K, Q4_K, Q4_0} }

// ReadTypes are those that are only read, the widest first.
func ReadTypes() []Type { return []Type{Q5_1, Q5_0, Q5_K, Q4_1, IQ4_NL, IQ4_XS, Q3_K, Q2_K} }

// Names lists types for a message: A, B and C.
func Names(types []Type) string {
	var names []string
	for _, t := range types[:len(types)-1] {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ") + " and " + types[len(types)-1].String()
}

// A form describes a type: how many numbers are in a block of how many bytes, and how one
// is turned into the other. Single numbers are turned by [Decode] and [Encode] themselves.
type form struct {
	name          string
	values, bytes int
	decode        func(x []float32, b []byte)
	encode        func(b []byte, x []float32) // nil where a type is only read
}

var forms = map[Type]form{
	F32:    {"F32", 1, 4, nil, nil},
	F16:    {"F16", 1, 2, nil, nil},
	BF16:   {"BF16", 1, 2, nil, nil},
	Q8_0:   {"Q8_0", 32, 34, decodeQ80, encodeQ80},
	Q4_0:   {"Q4_0", 32, 18, decodeQ40, encodeQ40},
	Q4_K:   {"Q4_K", super, 144, decodeQ4K, encodeQ4K},
	Q6_K:   {"Q6_K", super, 210, decodeQ6K, encodeQ6K},
	Q4_1:   {"Q4_1", 32, 20, decodeQ41, nil},
	Q5_0:   {"Q5_0", 32, 22, decodeQ50, nil},
	Q5_1:   {"Q5_1", 32, 24, decodeQ51, nil},
	Q2_K:   {"Q2_K", super, 84, decodeQ2K, nil},
	Q3_K:   {"Q3_K", super, 110, decodeQ3K, nil},
	Q5_K:   {"Q5_K", super, 176, decodeQ5K, nil},
	IQ4_NL: {"IQ4_NL", 32, 18, decodeIQ4NL, nil},
	IQ4_XS: {"IQ4_XS", super, 136, decodeIQ4XS, nil},
}

// String returns ggml's name of the type.
func (t Type) String() string {
	if f, ok := forms[t]; ok {
		return f.name
	}
	if name, ok := unread[t]; ok {
		return name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// Parse returns the type of a name, in capitals or not, one that is written.
func Parse(name string) (Type, error) {
	for _, t := range Types() {
		if strings.EqualFold(t.String(), name) {
			return t, nil
		}
	}
	return 0, fmt.Errorf("no type %q of numbers to write; there are %s", name, Names(Types()))
}

// Known reports whether numbers of the type are read.
func (t Type) Known() bool { return forms[t].values > 0 }

// Written reports whether the type is one of [Types].
func (t Type) Written() bool { return t.Known() && (forms[t].values == 1 || forms[t].encode != nil) }

// Block returns how many numbers make a block, 0 for types that are not known.
func (t Type) Block() int { return forms[t].values }

// Bytes returns the size of n numbers; n is a multiple of [Type.Block].
func (t Type) Bytes(n int) int {
	f := forms[t]
	return n / f.values * f.bytes
}

// Decode turns src, blocks of type t, into numbers, exactly as ggml does. len(dst)
// is a multiple of the block, src has at least that many bytes.
func Decode(dst []float32, t Type, src []byte) {
	src = src[:t.Bytes(len(dst))]
	f := forms[t]
	switch t {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i : 4*i+4]))
		}
	case F16:
		for i := range dst {
			dst[i] = FromHalf(binary.LittleEndian.Uint16(src[2*i : 2*i+2]))
		}
	case BF16:
		for i := range dst {
			dst[i] = FromBF16(binary.LittleEndian.Uint16(src[2*i : 2*i+2]))
		}
	default:
		for i := 0; i < len(dst); i += f.values {
			f.decode(dst[i:i+f.values], src[i/f.values*f.bytes:][:f.bytes])
		}
	}
}

// Encode turns numbers into blocks of type t, one of [Types]. Q8_0 and Q4_0 are ggml's reference,
// Q4_K and Q6_K have a search for scales of our own. A number in a block that is not
// finite, or too large for its half-precision scale, is an error.
func Encode(dst []byte, t Type, src []float32) error {
	dst = dst[:t.Bytes(len(src))]
	f := forms[t]
	switch t {
	case F32:
		for i, v := range src {
			binary.LittleEndian.PutUint32(dst[4*i:], math.Float32bits(v))
		}
	case F16:
		for i, v := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToHalf(v))
		}
	case BF16:
		for i, v := range src {
			binary.LittleEndian.PutUint16(dst[2*i:], ToBF16(v))
		}
	default:
		for i := 0; i < len(src); i += f.values {
			block := src[i : i+f.values]
			for j, v := range block {
				if !(v <= maxBlock && v >= -maxBlock) {
					return fmt.Errorf("number %d is %v: %s holds numbers up to %d", i+j, v, t, maxBlock)
				}
			}
			f.encode(dst[i/f.values*f.bytes:][:f.bytes], block)
		}
	}
	return nil
}

// maxBlock is the largest number whose scale fits into half precision in every type.
const maxBlock = 65504 * 4

// round is C's roundf: halves go away from zero.
func round(v float32) float32 {
	return float32(math.Round(float64(v)))
}
