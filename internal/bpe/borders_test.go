package bpe

import (
	"bytes"
	"testing"
	"time"
)

// TestBlankBorders: white space that is special tokens, each of which takes the white space beside it
// along, is gone through once, not once for each.
func TestBlankBorders(t *testing.T) {
	text := bytes.Repeat([]byte("\n "), 1<<17)
	special := []Special{{"\n", 256}, {" ", 257}}
	none := func(dst []uint32, text []byte, _ bool) []uint32 { return append(dst, make([]uint32, len(text))...) }
	for _, b := range []Border{{Left: true}, {Right: true}, {Left: true, Right: true}} {
		e := &Encoder{t: &Tokenizer{Borders: map[uint32]Border{256: b}}}
		begun := time.Now()
		ids := e.around(nil, text, true, special, none)
		if took := time.Since(begun); len(ids) != len(text) || took > 10*time.Second {
			t.Errorf("%+v: %d tokens of %d after %v", b, len(ids), len(text), took)
		}
	}
}
