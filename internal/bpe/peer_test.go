package bpe

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestAsPeer compares with what another program made of the same texts:
// FEILUN_RANKS names the vocabulary, FEILUN_IDS lines of JSON with text and ids.
func TestAsPeer(t *testing.T) {
	ranks, file := os.Getenv("FEILUN_RANKS"), os.Getenv("FEILUN_IDS")
	if ranks == "" || file == "" {
		t.Skip("FEILUN_RANKS and FEILUN_IDS do not name a vocabulary and a peer's tokens")
	}
	tok, err := Open(ranks)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := tok.Encoder()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<26)
	docs, tokens, differ := 0, 0, 0
	for in.Scan() {
		var row struct {
			Text string
			IDs  []uint32
		}
		if err := json.Unmarshal(in.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		got := e.Encode(nil, []byte(row.Text))
		docs, tokens = docs+1, tokens+len(got)
		if !slices.Equal(got, row.IDs) {
			if differ++; differ <= 10 {
				i := 0
				for i < min(len(got), len(row.IDs)) && got[i] == row.IDs[i] {
					i++
				}
				before, _ := tok.Decode(nil, got[max(0, i-3):i])
				ours, _ := tok.Decode(nil, got[i:min(i+3, len(got))])
				theirs, _ := tok.Decode(nil, row.IDs[i:min(i+3, len(row.IDs))])
				t.Errorf("document %d, token %d, behind %q: ours %q, theirs %q", docs, i, before, ours, theirs)
			}
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d documents, %d tokens, %d documents differ", docs, tokens, differ)
}
