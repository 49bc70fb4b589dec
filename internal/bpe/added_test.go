package bpe

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
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

// edited writes a vocabulary of abc and reads it again with other added tokens and fields of
// its model.
func edited(t *testing.T, edit func(file, model map[string]any, id func(string) int)) (*Tokenizer, error) {
	t.Helper()
	c := NewCounter(GPT2, false)
	c.Add([]byte("abc\nabc\nabd"))
	tok, _, err := Train(t.Context(), c, 258, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tok.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(b.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	model := file["model"].(map[string]any)
	edit(file, model, func(word string) int { return int(model["vocab"].(map[string]any)[word].(float64)) })
	out, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return ReadJSON(bytes.NewReader(out))
}

// TestAddedWord: an added token may be a word that merges make and take, or a byte, as tokenizers has it.
func TestAddedWord(t *testing.T) {
	tok, err := edited(t, func(file, _ map[string]any, id func(string) int) {
		file["added_tokens"] = []any{map[string]any{"id": id("ab"), "content": "ab", "special": false}, map[string]any{"id": id("d"), "content": "d", "special": true}}
	})
	if err != nil {
		t.Fatal(err)
	}
	lists, err := FromLists(tok.Lists())
	if err != nil {
		t.Fatal(err)
	}
	for _, tok := range []*Tokenizer{tok, written(t, tok), lists} {
		id := func(word string) uint32 { n, _ := tok.ID(word); return n }
		if got, want := tok.Encoder().EncodeSpecial(nil, []byte("abcd")), []uint32{id("ab"), id("c"), id("d")}; !slices.Equal(got, want) {
			t.Errorf("with added tokens: %v, want %v", got, want)
		}
		if got, want := tok.Encoder().Encode(nil, []byte("abcd")), []uint32{id("abc"), id("d")}; !slices.Equal(got, want) {
			t.Errorf("text alone: %v, want %v", got, want)
		}
	}
}

// TestOldModel: files that do not say what their model is are BPE where they have merges; lists of
// words are another model's.
func TestOldModel(t *testing.T) {
	if _, err := edited(t, func(_, model map[string]any, _ func(string) int) { delete(model, "type") }); err != nil {
		t.Error(err)
	}
	for _, text := range []string{`{"model":{"vocab":{"a":1}}}`, `{"model":{"type":"Unigram","vocab":[["a",-1.5]]}}`, `{"model":{"vocab":[["a",-1.5]]}}`} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "BPE is read") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestBorders has what tokenizers 0.23 makes of an added token <w>, here *, that takes white space
// along or wants to be a word.
func TestBorders(t *testing.T) {
	for _, tt := range []struct {
		border     Border
		normalized bool
		text, want string
	}{
		{Border{true, false, false}, false, "a <w>\n\u3000b", "a*\n\u3000b"},
		{Border{true, false, false}, false, "  <w> <w>  ", "**  "},
		{Border{true, false, false}, false, "a<w>_<w> <w>é <w>-", "a*_**é*-"},
		{Border{false, true, false}, false, "a <w>\n\u3000b", "a *b"},
		{Border{false, true, false}, false, "  <w> <w>  ", "  **"},
		{Border{true, true, false}, true, "  <w> <w>  ", "**"},
		{Border{true, true, false}, true, "a<w>_<w> <w>é <w>-", "a*_**é*-"},
		{Border{false, false, true}, false, "  <w> <w>  ", "  * *  "},
		{Border{false, false, true}, false, "a<w>_<w> <w>é <w>-", "a<w>_<w> <w>é *-"},
		{Border{true, true, true}, true, "a <w>\n\u3000b", "a*b"},
		{Border{true, true, true}, true, "a<w>_<w> <w>é <w>-", "a<w>_<w> <w>é*-"},
	} {
		tok := &Tokenizer{Special: []Special{{"<w>", 256}}, Normalized: map[uint32]bool{256: tt.normalized}, Borders: map[uint32]Border{256: tt.border}}
		for c := range 256 {
			tok.tokens = append(tok.tokens, []byte{byte(c)})
		}
		if err := tok.finish(); err != nil {
			t.Fatal(err)
		}
		for _, tok := range []*Tokenizer{tok, written(t, tok)} {
			var got []byte
			for _, id := range tok.Encoder().EncodeSpecial(nil, []byte(tt.text)) {
				if id == 256 {
					id = '*'
				}
				got = append(got, byte(id))
			}
			if string(got) != tt.want {
				t.Errorf("%+v: %q gives %q, want %q", tt.border, tt.text, got, tt.want)
			}
		}
	}
}
