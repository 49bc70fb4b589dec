package bpe

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

const story = `The mill stood still until March. Nobody in the village could remember such a winter, and the baker ran out of flour in 1947.
When the ice broke, it took the old bridge with it; they'd said it wouldn't. "We'll build another," the council's clerk wrote.
今天天气很好，我们去公园散步。磨坊到三月都没有动静，面包师傅说：“村里的面粉早就没有了！”他2024年12月31日才回来。
今天天氣很好，我們去公園散步。func main() { fmt.Println("héllo, wörld", 3.14159) } 🎉🎉👨‍👩‍👧 ＡＢＣ１２３
`

func trained(t testing.TB, p Pattern, size int) *Tokenizer {
	t.Helper()
	c := NewCounter(p, false)
	for i := range 50 {
		for range 1 + i%3 {
			c.Add([]byte(story))
		}
		c.Add([]byte(story[i*7:]))
	}
	tok, _, err := Train(t.Context(), c, size, []string{"<|end|>"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// randomText mixes letters, scripts, digits, spaces, marks, and bytes that are
// no text.
func randomText(rng *rand.Rand, n int) []byte {
	parts := []string{"a", "b", "e", "th", "The", "x", "Z", "é", "ß", "ǅ", "ʰ", "中", "文", "的", "。", "，", " ", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'S", "'ll", "'ſ", "'", "’s",
		"1", "23", "４", "½", "٣", "!", "?!", "/", "//", "-", "_", "🎉", "👨‍👩‍👧", "e\u0301", "\u0301", "한", "글", "カ", "ー", "д", "Д", "ა", "\xff", "\xe4\xb8", "\u200b", "\U00020000", "\U0001d54f", "\U000e0100", "<|end|>"}
	var b []byte
	for range n {
		b = append(b, parts[rng.IntN(len(parts))]...)
	}
	return b
}

// TestEncode compares with merging by the definition, and decodes.
func TestEncode(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range []Pattern{GPT2, CL100K, O200K, Qwen2, SmolLM} {
		tok := trained(t, p, 700)
		e := tok.Encoder()
		for range 3000 {
			text := randomText(rng, rng.IntN(30))
			if rng.IntN(2) == 0 {
				at := rng.IntN(len(story))
				text = append(text, story[at:at+rng.IntN(len(story)-at)]...)
			}
			got := e.Encode(nil, text)
			if want := plainly(tok, text); !slices.Equal(got, want) {
				t.Fatalf("%s: Encode(%q) = %v, want %v", p, text, got, want)
			}
			if back, err := tok.Decode(nil, got); err != nil || !bytes.Equal(back, text) {
				t.Fatalf("%s: %q came back as %q, %v", p, text, back, err)
			}
		}
	}
}

// plainly encodes by the definition.
func plainly(t *Tokenizer, text []byte) (ids []uint32) {
	s := scanner{text, classTable()}
	var p pieces
	for i := 0; i < len(text); {
		j := s.next(t.Pattern, i)
		p.load(t, text[i:j])
		p.merge(t)
		if id, ok := t.ids[string(text[i:j])]; ok && t.whole {
			ids = append(ids, id)
		} else {
			ids = p.appendTo(ids)
		}
		i = j
	}
	return ids
}

// TestEncodeOdd does the same for vocabularies whose merges are made up.
func TestEncodeOdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	for range 300 {
		tok := &Tokenizer{Pattern: CL100K, whole: rng.IntN(2) == 0, tokens: make([][]byte, 256)}
		for b, id := range byteNumbers() {
			tok.tokens[id] = []byte{byte(b)}
		}
		known := map[string]bool{}
		letters := byteNumbers()
		use := []uint32{letters['a'], letters['b'], letters['c']}
		for range 3 + rng.IntN(40) {
			l, r := use[rng.IntN(len(use))], use[rng.IntN(len(use))]
			b := slices.Concat(tok.tokens[l], tok.tokens[r])
			if known[string(b)] || len(b) > 12 {
				continue
			}
			known[string(b)] = true
			id := uint32(len(tok.tokens))
			tok.tokens, use = append(tok.tokens, b), append(use, id)
			tok.merges = append(tok.merges, merge{l, r, id, int32(len(tok.merges))})
		}
		if rng.IntN(3) == 0 { // merges in any order, some before those that make what they join
			rng.Shuffle(len(tok.merges), func(i, j int) { tok.merges[i], tok.merges[j] = tok.merges[j], tok.merges[i] })
			for i := range tok.merges {
				tok.merges[i].rank = int32(i)
			}
		}
		if rng.IntN(2) == 0 { // as tiktoken: every way to make a token
			tok.merges = nil
			if err := tok.split(); err != nil {
				t.Fatal(err)
			}
		} else if err := tok.finish(); err != nil {
			t.Fatal(err)
		}
		e := tok.Encoder()
		for range 100 {
			text := make([]byte, 1+rng.IntN(60))
			for i := range text {
				text[i] = "aaabbc"[rng.IntN(6)]
			}
			if got, want := e.Encode(nil, text), plainly(tok, text); !slices.Equal(got, want) {
				t.Fatalf("Encode(%q) = %v, want %v; merges %v", text, got, want, tok.merges)
			}
		}
	}
}

func TestSpecial(t *testing.T) {
	tok := trained(t, CL100K, 400)
	tok.Special = append(tok.Special, Special{"<|end|>more", 999})
	e := tok.Encoder()
	end, _ := tok.ID("<|end|>")
	for text, want := range map[string]int{"": 0, "<|end|>": 1, "a<|end|>b<|end|>": 2, "<|end|>more<|end": 0, "<|end|><|end|>mo": 2} {
		got := e.EncodeSpecial(nil, []byte(text))
		n := 0
		for _, id := range got {
			if id == end {
				n++
			}
		}
		if n != want {
			t.Errorf("EncodeSpecial(%q) = %v with %d special tokens, want %d", text, got, n, want)
		}
		if back, err := tok.Decode(nil, got); err != nil || string(back) != text {
			t.Errorf("%q came back as %q, %v", text, back, err)
		}
		if slices.Contains(e.Encode(nil, []byte(text)), end) {
			t.Errorf("Encode(%q) made a special token of text", text)
		}
	}
}

// TestFiles writes and reads both forms.
func TestFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, p := range []Pattern{GPT2, CL100K, O200K, Qwen2, SmolLM} {
		tok := trained(t, p, 600)
		tok.NFC = p == Qwen2
		var file, ranks bytes.Buffer
		if err := tok.WriteJSON(&file); err != nil {
			t.Fatal(err)
		}
		if err := tok.WriteTiktoken(&ranks); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for name, b := range map[string][]byte{"tokenizer.json": file.Bytes(), "ranks.tiktoken": ranks.Bytes()} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
			again, err := Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if name == "tokenizer.json" && (again.Pattern != p || !slices.Equal(again.Special, tok.Special) || again.NFC != tok.NFC) {
				t.Errorf("%s: pattern %s, special %v", p, again.Pattern, again.Special)
			}
			again.Pattern, again.NFC = p, tok.NFC
			e, f := tok.Encoder(), again.Encoder()
			for range 300 {
				text := randomText(rng, 20)
				if got, want := f.Encode(nil, text), e.Encode(nil, text); !again.whole && !slices.Equal(got, want) {
					t.Fatalf("%s %s: Encode(%q) = %v, want %v", p, name, text, got, want)
				}
			}
		}
	}
}

// TestTrainSmall follows the definition step by step on a small text.
func TestTrainSmall(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		c := NewCounter(CL100K, false)
		counts := map[string]int{}
		for range 1 + rng.IntN(30) {
			w := make([]byte, 2+rng.IntN(9))
			for i := range w {
				w[i] = "aabbcd"[rng.IntN(6)]
			}
			n := 1 + rng.IntN(4)
			counts[string(w)] += n
			for range n {
				c.Add(w)
			}
		}
		tok, _, err := Train(t.Context(), c, 256+rng.IntN(60), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := trainPlainly(counts, len(tok.merges)); !slices.Equal(tok.merges, want) {
			t.Fatalf("Train(%v): merges %v, want %v", counts, tok.merges, want)
		}
	}
}

// trainPlainly counts all pairs anew for every merge.
func trainPlainly(counts map[string]int, merges int) (all []merge) {
	numbers := byteNumbers()
	words := map[string][]uint32{}
	for w := range counts {
		for i := range len(w) {
			words[w] = append(words[w], numbers[w[i]])
		}
	}
	tokens := map[uint32]string{}
	for b, id := range numbers {
		tokens[id] = string([]byte{byte(b)})
	}
	ids := map[string]uint32{}
	for range merges {
		pairs := map[[2]uint32]int{}
		for w, row := range words {
			for i := 1; i < len(row); i++ {
				pairs[[2]uint32{row[i-1], row[i]}] += counts[w]
			}
		}
		var best [2]uint32
		most := 0
		for p, n := range pairs {
			if n > most || n == most && slices.Compare(p[:], best[:]) < 0 {
				best, most = p, n
			}
		}
		joined := tokens[best[0]] + tokens[best[1]]
		id, ok := ids[joined]
		if !ok {
			id = uint32(len(tokens))
			tokens[id], ids[joined] = joined, id
		}
		all = append(all, merge{best[0], best[1], id, int32(len(all))})
		for w, row := range words {
			var out []uint32
			for i := 0; i < len(row); i++ {
				if i+1 < len(row) && row[i] == best[0] && row[i+1] == best[1] {
					out = append(out, id)
					i++
				} else {
					out = append(out, row[i])
				}
			}
			words[w] = out
		}
	}
	return all
}

// TestBadSteps refuses what tokenizer.json may say and we do not do.
func TestBadSteps(t *testing.T) {
	split := `{"type":"Split","pattern":{"Regex":"` + `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+` + `"},"behavior":"Isolated"}`
	level := `{"type":"ByteLevel","use_regex":false}`
	sequence := func(steps ...string) string {
		return `"pre_tokenizer":{"type":"Sequence","pretokenizers":[` + strings.Join(steps, ",") + `]}`
	}
	for _, tt := range []struct{ steps, want string }{
		{sequence(split, `{"type":"ByteLevel"}`), "several split patterns"},
		{sequence(split, split, level), "several split patterns"},
		{sequence(level, split), "behind ByteLevel"},
		{sequence(`{"type":"Digits"}`, split, level), "individual_digits"},
		{sequence(split, `{"type":"Digits","individual_digits":true}`, level), "individual_digits"},
		{sequence(split, level) + `,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"}]}`, "no token for byte"},
		{sequence(split, level) + `,"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}`, "normalizer Lowercase"},
		{sequence(split, level), "no token for byte"}, // the steps are right, the vocabulary is empty
	} {
		_, err := ReadJSON(strings.NewReader(`{"model":{"type":"BPE"},` + tt.steps + `}`))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.steps, err, tt.want)
		}
	}
	_, err := ReadJSON(strings.NewReader(`{"model":{"type":"BPE","end_of_word_suffix":"</w>"},` + sequence(split, level) + `}`))
	if err == nil || !strings.Contains(err.Error(), "end_of_word_suffix") {
		t.Errorf("a suffix gives %v", err)
	}
	tok := trained(t, CL100K, 300)
	tok.Special = []Special{{"<|end|>", 5}}
	var b bytes.Buffer
	if err := tok.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadJSON(&b); err == nil || !strings.Contains(err.Error(), "has number 5") {
		t.Errorf("a special token with the number of a byte gives %v", err)
	}
}

// TestPublished tells vocabularies of published sizes in tiktoken's form.
func TestPublished(t *testing.T) {
	for _, tt := range []struct {
		ranks   int
		pattern Pattern
		special string
		id      uint32
	}{
		{50256, GPT2, "<|endoftext|>", 50256}, {50280, GPT2, "<|endoftext|>", 50256}, {100256, CL100K, "<|endoftext|>", 100257},
		{128000, CL100K, "<|end_of_text|>", 128001}, {151643, Qwen2, "<|im_end|>", 151645}, {199998, O200K, "<|endoftext|>", 199999},
		{1000, CL100K, "", 0},
	} {
		var file bytes.Buffer
		for n := range tt.ranks {
			b := []byte{byte(n)}
			if n >= 256 {
				b = []byte{byte(n), byte(n >> 8), byte(n >> 16), 0}
			}
			id := n
			if tt.ranks == 50280 && n >= 50256 { // that vocabulary leaves a number free
				id++
			}
			fmt.Fprintf(&file, "%s %d\n", base64.StdEncoding.EncodeToString(b), id)
		}
		tok, err := ReadTiktoken(&file)
		if err != nil {
			t.Fatal(err)
		}
		if id, ok := tok.ID(tt.special); tok.Pattern != tt.pattern || ok != (tt.special != "") || id != tt.id {
			t.Errorf("%d ranks: pattern %s, %q has number %d", tt.ranks, tok.Pattern, tt.special, id)
		}
	}
}

// TestTrainSpecial refuses special tokens that mean something else already.
func TestTrainSpecial(t *testing.T) {
	for _, special := range [][]string{{"a"}, {"<x>", "<x>"}, {" mill"}} {
		c := NewCounter(GPT2, false)
		c.Add([]byte("the mill the mill the mill"))
		if _, _, err := Train(t.Context(), c, 300, special); !errors.Is(err, ErrTrain) {
			t.Errorf("Train with special tokens %q = %v", special, err)
		}
	}
}

func TestBadFiles(t *testing.T) {
	for text, want := range map[string]string{
		"":               "no token for byte",
		"GGUF\x03\x00":   "it is a GGUF file",
		"YQ== 0":         "no token for byte 0x00 (255 bytes have none)",
		"YQ== x":         "want a number",
		"YQ==":           "want base64",
		"YQ== 2097152":   "want a number below 2097152",
		"YQ== 1\nYg== 1": "twice",
		"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n": "Git LFS",
		`{"model":{"type":"WordPiece"}}`:                                     "WordPiece",
		`{"model":{"type":"BPE"}}`:                                           "no pre-tokenizer",
		`{"model":{"type":"BPE","byte_fallback":true}}`:                      "writes spaces",
		`{"model":{"type":"BPE"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"x"},"behavior":"Isolated"},{"type":"ByteLevel","use_regex":false}]}}`: "not known",
		`{"model":{"type":"BPE","vocab":{"a":99999999}},"pre_tokenizer":{"type":"ByteLevel"}}`:                                                                                                 "at most",
	} {
		name := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	tok := trained(f, CL100K, 300)
	var file, ranks bytes.Buffer
	if err := tok.WriteJSON(&file); err != nil {
		f.Fatal(err)
	}
	if err := tok.WriteTiktoken(&ranks); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes(), []byte(story))
	f.Add(ranks.Bytes(), []byte("\xff'ſ"))
	for name, b := range smallSentencePieces(f) {
		f.Add(b, []byte("the ▁\xff<s> 老 "+name))
	}
	f.Fuzz(func(t *testing.T, b, text []byte) {
		read := ReadTiktoken
		if len(b) > 0 && b[0] == '{' {
			read = ReadJSON
		}
		tok, err := read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if tok.sp != nil {
			fuzzSentencePiece(t, tok, text)
			return
		}
		ids := tok.Encoder().Encode(nil, text)
		if want := plainly(tok, text); !tok.NFC && !slices.Equal(ids, want) {
			t.Fatalf("Encode(%q) = %v, want %v", text, ids, want)
		}
		if back, err := tok.Decode(nil, ids); err != nil || !tok.NFC && !bytes.Equal(back, text) {
			t.Fatalf("%q came back as %q, %v", text, back, err)
		}
	})
}

func benchText(b *testing.B, lang string) []byte {
	var out []byte
	files := map[string][]string{"en": {"text/books-en/pg-sherlock_holmes.txt.zst", "text/books-en/pg-tom_sawyer.txt.zst", "text/books-en/pg-frankenstein.txt.zst", "text/wiki-en/wiki_demo.txt.zst"},
		"zh": {"text/books-zh/红楼梦.txt.zst", "text/books-zh/三国演义.txt.zst"}}[lang]
	for _, f := range files {
		out = append(out, testkit.ReadZstd(b, testkit.Data(b, strings.Split(f, "/")...))...)
	}
	return out
}

// BenchmarkEncode encodes each text once with a fresh encoder: FEILUN_RANKS
// names a published vocabulary, without it one is trained on the other texts.
func BenchmarkEncode(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		text := benchText(b, lang)
		tok := benchTokenizer(b)
		b.Run(lang, func(b *testing.B) {
			var ids []uint32
			defer testkit.CPU(b, len(text))()
			for b.Loop() {
				e := tok.Encoder()
				ids = ids[:0]
				for line := range bytes.Lines(text) {
					ids = e.Encode(ids, line)
				}
			}
			b.ReportMetric(float64(len(text))/float64(len(ids)), "bytes/token")
		})
	}
}

func benchTokenizer(b *testing.B) *Tokenizer {
	if name := os.Getenv("FEILUN_RANKS"); name != "" {
		tok, err := Open(name)
		if err != nil {
			b.Fatal(err)
		}
		return tok
	}
	c := NewCounter(CL100K, false)
	c.Add(benchText(b, "en"))
	c.Add(benchText(b, "zh"))
	tok, r, err := Train(b.Context(), c, 32768, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%+v", r)
	return tok
}

func BenchmarkSplit(b *testing.B) {
	for _, lang := range []string{"en", "zh"} {
		text := benchText(b, lang)
		for _, p := range []Pattern{GPT2, CL100K, O200K} {
			b.Run(lang+"/"+p.String(), func(b *testing.B) {
				defer testkit.CPU(b, len(text))()
				for b.Loop() {
					s := scanner{text, classTable()}
					for i := 0; i < len(text); {
						i = s.next(p, i)
					}
				}
			})
		}
	}
}

// Added tokens that are not special are written out when tokens become text, and stay so.
func TestShown(t *testing.T) {
	c := NewCounter(GPT2, false)
	c.Add([]byte("ab"))
	tok, _, err := Train(t.Context(), c, 259, []string{"<end>", "<think>"})
	if err != nil {
		t.Fatal(err)
	}
	id, _ := tok.ID("<think>")
	end, _ := tok.ID("<end>")
	tok.Shown = map[uint32]bool{id: true}
	var b bytes.Buffer
	if err := tok.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	read, err := ReadJSON(&b)
	if err != nil || !read.Shown[id] || read.Shown[end] {
		t.Errorf("read again: shown %v, %v; want %d alone", read.Shown, err, id)
	}
	listed, err := FromLists(tok.Lists())
	if err != nil || !listed.Shown[id] || listed.Shown[end] {
		t.Errorf("from lists: shown %v, %v; want %d alone", listed.Shown, err, id)
	}
}

// TestLongRanks refuses ranks whose tokens are so long that splitting them takes for ever.
func TestLongRanks(t *testing.T) {
	var b strings.Builder
	for i := range 256 {
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString([]byte{byte(i)}), i)
	}
	for i := range 1000 {
		word := append(bytes.Repeat([]byte("a"), 4000), byte(i), byte(i>>8))
		fmt.Fprintf(&b, "%s %d\n", base64.StdEncoding.EncodeToString(word), 256+i)
	}
	if _, err := ReadTiktoken(strings.NewReader(b.String())); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Error(err)
	}
}
