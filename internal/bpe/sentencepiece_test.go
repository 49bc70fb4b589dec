package bpe

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// A peerFile is a vocabulary with what tokenizers makes of texts: see testdata/sentencepiece.py.
type peerFile struct {
	Tokenizer map[string]json.RawMessage
	Forms     map[string]map[string]json.RawMessage
	Cases     []struct {
		Form, Text, Decoded string
		IDs, Special        []uint32
	}
}

// peerFiles reads testdata/sentencepiece.jsonl, or what FEILUN_SENTENCEPIECE_CASES names.
func peerFiles(t testing.TB) (all []peerFile) {
	name := "testdata/sentencepiece.jsonl"
	if more := os.Getenv("FEILUN_SENTENCEPIECE_CASES"); more != "" {
		name = more
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := json.NewDecoder(bufio.NewReader(f))
	for in.More() {
		var p peerFile
		if err := in.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// form returns the tokenizer.json with the steps of a form.
func (p *peerFile) form(t testing.TB, name string, more map[string]string) []byte {
	file := maps.Clone(p.Tokenizer)
	maps.Copy(file, p.Forms[name])
	for k, v := range more {
		file[k] = json.RawMessage(v)
	}
	b, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func read(t testing.TB, b []byte) *Tokenizer {
	tok, err := ReadJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// written returns the tokenizer as it is when it was written and read again.
func written(t testing.TB, tok *Tokenizer) *Tokenizer {
	var b bytes.Buffer
	if err := tok.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return read(t, b.Bytes())
}

// TestSentencePiece encodes and decodes as tokenizers does, and does so when the vocabulary was written.
func TestSentencePiece(t *testing.T) {
	texts := 0
	for n, p := range peerFiles(t) {
		for name := range p.Forms {
			tok := read(t, p.form(t, name, nil))
			for k, tok := range []*Tokenizer{tok, written(t, tok)} {
				e := tok.Encoder()
				for _, c := range p.Cases {
					if c.Form != name {
						continue
					}
					texts++
					at := fmt.Sprintf("vocabulary %d, %s, written %d, %q", n, name, k, c.Text)
					if ids := e.Encode(nil, []byte(c.Text)); !slices.Equal(ids, c.IDs) {
						t.Errorf("%s: %v, want %v", at, ids, c.IDs)
					}
					if ids := e.EncodeSpecial(nil, []byte(c.Text)); !slices.Equal(ids, c.Special) {
						t.Errorf("%s: with special tokens %v, want %v", at, ids, c.Special)
					}
					if text, err := tok.Decode(nil, c.Special); err != nil || string(text) != c.Decoded {
						t.Errorf("%s: comes back as %q, %v, want %q", at, text, err, c.Decoded)
					}
				}
			}
		}
	}
	t.Logf("%d texts", texts)
}

// joined merges the characters of a text by the definition, all at once.
func joined(t *Tokenizer, text []byte, begins bool) []uint32 {
	ids := t.sp.symbols(nil, t.sp.normal(nil, text, begins))
	for {
		at, best := -1, merge{}
		for i := 1; i < len(ids); i++ {
			if rank, id := t.pairs.get(ids[i-1], ids[i]); rank >= 0 && (at < 0 || rank < best.rank) {
				at, best = i, merge{id: id, rank: rank}
			}
		}
		if at < 0 {
			return ids
		}
		ids = slices.Replace(ids, at-1, at+1, best.id)
	}
}

// smallSentencePieces are files of all forms with few tokens beside the bytes.
func smallSentencePieces(t testing.TB) map[string][]byte {
	vocab := map[string]int{}
	for i, word := range []string{"▁", "t", "h", "e", "老", "th", "he", "the", "▁the", "▁▁", "e▁", "<unk>", "<s>"} {
		vocab[word] = 256 + i
	}
	for c := range 256 {
		vocab[fmt.Sprintf("<0x%02X>", c)] = c
	}
	b, err := json.Marshal(map[string]any{"type": "BPE", "byte_fallback": true, "fuse_unk": true, "unk_token": "<unk>", "vocab": vocab,
		"merges": []any{"t h", [2]string{"h", "e"}, "th e", "▁ the", "▁ ▁", [2]string{"e", "▁"}}})
	if err != nil {
		t.Fatal(err)
	}
	all, p := map[string][]byte{}, peerFiles(t)[0]
	for name := range p.Forms {
		all[name] = p.form(t, name, map[string]string{"model": string(b), "added_tokens": `[{"id":268,"content":"<s>","special":true},{"id":300,"content":"<think>","special":false}]`})
	}
	return all
}

// fuzzSentencePiece checks a tokenizer of a file that a fuzzer made.
func fuzzSentencePiece(t *testing.T, tok *Tokenizer, text []byte) {
	ids := tok.Encoder().Encode(nil, text)
	if want := joined(tok, text, true); !tok.sp.cut && !slices.Equal(ids, want) {
		t.Fatalf("Encode(%q) = %v, want %v", text, ids, want)
	}
	back, err := tok.Decode(nil, ids)
	want := tok.sp.normal(nil, text, true)
	if tok.sp.strip {
		want = bytes.TrimPrefix(want, []byte(" "))
	}
	special := slices.ContainsFunc(ids, func(id uint32) bool { return int(id) >= len(tok.tokens) || tok.tokens[id] == nil })
	if err != nil || !special && !bytes.Equal(back, want) {
		t.Fatalf("%q came back as %q, %v", text, back, err)
	}
	again := written(t, tok)
	if same := again.Encoder().Encode(nil, text); !slices.Equal(ids, same) {
		t.Fatalf("Encode(%q) = %v, %v when the vocabulary was written", text, ids, same)
	}
	tok.Encoder().EncodeSpecial(nil, text)
}

// TestSentencePieceBytes gives back bytes that are no text, in the bytes' tokens.
func TestSentencePieceBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, p := range peerFiles(t) {
		tok := read(t, p.form(t, "prepend", nil))
		e := tok.Encoder()
		for range 200 {
			text := randomText(rng, 40)
			ids := e.Encode(nil, text)
			if want := joined(tok, text, true); !slices.Equal(ids, want) {
				t.Fatalf("%q: %v, want %v", text, ids, want)
			}
			if back, err := tok.Decode(nil, ids); err != nil || !bytes.Equal(back, bytes.ReplaceAll(text, []byte(space), []byte(" "))) {
				t.Fatalf("%q came back as %q, %v", text, back, err)
			}
		}
	}
}

// TestSentencePiecePart puts no space before what stands behind a special token, where the form
// has it at the beginning alone.
func TestSentencePiecePart(t *testing.T) {
	p := peerFiles(t)[0]
	for name, same := range map[string]bool{"first": false, "always": true, "prepend": true, "never": true} {
		e := read(t, p.form(t, name, nil)).Encoder()
		begins, behind := e.EncodePart(nil, []byte("the"), false, true), e.EncodePart(nil, []byte("the"), false, false)
		if slices.Equal(begins, behind) != same {
			t.Errorf("%s: %v at the beginning, %v behind a special token", name, begins, behind)
		}
		if ids := e.EncodePart([]uint32{1}, []byte("the"), true, false); !slices.Equal(ids[1:], behind) {
			t.Errorf("%s: %v with special tokens, %v without", name, ids, behind)
		}
	}
}

// TestSentencePieceLong encodes a long text without spaces in time.
func TestSentencePieceLong(t *testing.T) {
	tok := read(t, peerFiles(t)[1].form(t, "prepend", nil))
	text := bytes.Repeat([]byte("他說the了甄士隱夢幻識通靈"), 20000)
	start := time.Now()
	ids := tok.Encoder().Encode(nil, text)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%d bytes took %v", len(text), took)
	}
	if back, _ := tok.Decode(nil, ids); !bytes.Equal(back, text) {
		t.Error("the text came back as another")
	}
}

// TestSentencePieceSpare tells bytes that are characters of the vocabulary too.
func TestSentencePieceSpare(t *testing.T) {
	tok := read(t, peerFiles(t)[0].form(t, "prepend", nil))
	for word, spare := range map[string]bool{"<0x61>": true, "<0x0A>": false, "<0xE4>": false, "<0x20>": true, "a": false, "<s>": false} {
		id, ok := tok.ID(word)
		if got := tok.Spare(id); !ok || got != spare {
			t.Errorf("%s: %v, %v, want %v", word, got, ok, spare)
		}
	}
	if !tok.LeadingSpace() || trained(t, GPT2, 300).LeadingSpace() {
		t.Error("who strips the first space is not told")
	}
}

// TestSentencePieceRefused names what is not known.
func TestSentencePieceRefused(t *testing.T) {
	p := peerFiles(t)[0]
	model := func(old, new string) map[string]string {
		return map[string]string{"model": strings.Replace(string(p.Tokenizer["model"]), old, new, 1)}
	}
	for _, tt := range []struct {
		form string
		more map[string]string
		want string
	}{
		{"prepend", map[string]string{"normalizer": `{"type":"NFKC"}`}, "NFKC"},
		{"prepend", map[string]string{"normalizer": `{"type":"Prepend","prepend":"▁"}`}, "writes spaces as ▁"},
		{"prepend", map[string]string{"normalizer": `{"type":"Prepend","prepend":"x"}`}, "Prepend"},
		{"prepend", map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"▁"}`}, "together with Metaspace"},
		{"first", map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"_"}`}, "with ▁"},
		{"first", map[string]string{"pre_tokenizer": `{"type":"Metaspace","replacement":"▁","prepend_scheme":"last"}`}, "with ▁"},
		{"first", map[string]string{"pre_tokenizer": `{"type":"ByteLevel"}`}, "ByteLevel"},
		{"first", map[string]string{"decoder": `null`}, "leaves ▁"},
		{"first", map[string]string{"decoder": `{"type":"WordPiece"}`}, "WordPiece"},
		{"first", map[string]string{"decoder": `{"type":"Strip","content":" ","start":1,"stop":0}`}, "Strip"},
		{"first", map[string]string{"decoder": `[]`}, "decoder"},
		{"first", model(`"byte_fallback":true`, `"byte_fallback":true,"ignore_merges":true,"x":{"ignore_merges":0}`), "ignore_merges"},
		{"first", model(`"<0x41>"`, `"<0x4G>"`), "no token for byte 0x41"},
		{"first", model(`"▁"`, `"▂"`), "not of tokens"},
		{"first", model(`"merges":[`, `"merges":[["<0x41>","<0x42>"],`), "not of tokens"},
		{"first", map[string]string{"added_tokens": `[{"id":7,"content":"<s>"}]`}, "has number 7, and 1"},
		{"first", map[string]string{"added_tokens": `[{"id":7,"content":"<x>"}]`}, "has number 7"},
	} {
		b := p.form(t, tt.form, tt.more)
		if strings.Contains(tt.want, "ignore_merges") {
			b = bytes.Replace(b, []byte(`"ignore_merges":false`), []byte(`"ignore_merges":true`), 1)
		}
		if _, err := ReadJSON(bytes.NewReader(b)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s with %.80v: %v, want an error with %q", tt.form, tt.more, err, tt.want)
		}
	}
	tok := read(t, p.form(t, "first", map[string]string{"decoder": `{"type":"Metaspace","replacement":"▁"}`}))
	if text, err := tok.Decode(nil, tok.Encoder().Encode(nil, []byte("the 老"))); err != nil || string(text) != "the 老" || !utf8.Valid(text) {
		t.Errorf("the decoder Metaspace gives %q, %v", text, err)
	}
	if err := tok.WriteTiktoken(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "SentencePiece") {
		t.Errorf("as ranks: %v", err)
	}
}
