package bpe

import (
	"bytes"
	"slices"
	"testing"
)

// TestNormalized has what tokenizers 0.23 makes of added tokens that overlap: those that are not
// normalized are found first, the others in what is left, in the composed form.
func TestNormalized(t *testing.T) {
	for _, tt := range []struct {
		first, later string // 256 and 257; 257 is normalized
		nfc          bool
		text         string
		want         []uint32
	}{
		{"ab>c", "<ab>", false, "x<ab>c", []uint32{'x', '<', 256}},
		{"ab>c", "<ab>", false, "<ab>d<ab>c", []uint32{257, 'd', '<', 256}},
		{"ab", "abc", false, "abc", []uint32{256, 'c'}},
		{"--", "d\u0323", true, "ad\u0323b--\u1e0d", []uint32{'a', 257, 'b', 256, 257}},
		{"--", "\u1e0d", false, "d\u0323", []uint32{'d', 0xcc, 0xa3}},
		{"d\u0323", "--", true, "ad\u0323--\u1e0d", []uint32{'a', 256, 257, 0xe1, 0xb8, 0x8d}},
	} {
		tok := &Tokenizer{Pattern: GPT2, NFC: tt.nfc, Special: []Special{{tt.first, 256}, {tt.later, 257}}, Normalized: map[uint32]bool{257: true}}
		for c := range 256 {
			tok.tokens = append(tok.tokens, []byte{byte(c)})
		}
		if err := tok.finish(); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := tok.WriteJSON(&b); err != nil {
			t.Fatal(err)
		}
		read, err := ReadJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		for _, tok := range []*Tokenizer{tok, read} {
			if got := tok.Encoder().EncodeSpecial(nil, []byte(tt.text)); !slices.Equal(got, tt.want) {
				t.Errorf("%q with %q, then %q: %v, want %v", tt.text, tt.first, tt.later, got, tt.want)
			}
		}
	}
}
