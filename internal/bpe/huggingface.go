package bpe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile is the largest vocabulary file that is read.
const maxFile = 256 << 20

// Open reads a vocabulary: tokenizer.json of Hugging Face or ranks of tiktoken,
// told by the first byte; or tokenizer.json in the folder of that name.
func Open(name string) (*Tokenizer, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, "tokenizer.json")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: %w: more than %d MB", name, ErrFormat, maxFile>>20)
	}
	read := ReadTiktoken
	if b := bytes.TrimSpace(b); len(b) > 0 && b[0] == '{' {
		read = ReadJSON
	}
	t, err := read(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// byteRunes are the characters that stand for bytes in tokenizer.json: printable
// ones for themselves, the others, in order, from U+0100 on (GPT-2's table).
func byteRunes() (of [256]rune, back map[rune]byte) {
	back = map[rune]byte{}
	next := rune(256)
	for c := range 256 {
		r := rune(c)
		if !(c >= '!' && c <= '~' || c >= 0xa1 && c <= 0xac || c >= 0xae) {
			r = next
			next++
		}
		of[c], back[r] = r, byte(c)
	}
	return of, back
}

// tokenizerFile is what is read of tokenizer.json.
type tokenizerFile struct {
	AddedTokens []struct {
		ID         uint32 `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LeftStrip  bool   `json:"lstrip"`
		RightStrip bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    *bool  `json:"special"`
	} `json:"added_tokens"`
	Normalizer   *step `json:"normalizer"`
	PreTokenizer *step `json:"pre_tokenizer"`
	Model        struct {
		Type         string            `json:"type"`
		IgnoreMerges bool              `json:"ignore_merges"`
		ByteFallback bool              `json:"byte_fallback"`
		Prefix       string            `json:"continuing_subword_prefix"`
		Suffix       string            `json:"end_of_word_suffix"`
		Vocab        map[string]uint32 `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
	} `json:"model"`
}

// A step is a normalizer or pre-tokenizer.
type step struct {
	Type          string `json:"type"`
	Normalizers   []step `json:"normalizers"`
	Pretokenizers []step `json:"pretokenizers"`
	Pattern       struct {
		Regex string `json:"Regex"`
	} `json:"pattern"`
	Behavior         string `json:"behavior"`
	Invert           bool   `json:"invert"`
	AddPrefixSpace   bool   `json:"add_prefix_space"`
	UseRegex         *bool  `json:"use_regex"`
	IndividualDigits bool   `json:"individual_digits"`
}

// ReadJSON reads a tokenizer.json of Hugging Face whose model is byte-level BPE.
// What it does not know, such as another split pattern, is an error. Tokens that
// a template puts around texts are the caller's affair.
func ReadJSON(r io.Reader) (*Tokenizer, error) {
	var f tokenizerFile
	if err := json.NewDecoder(r).Decode(&f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	t := &Tokenizer{whole: f.Model.IgnoreMerges}
	err := t.steps(&f)
	if err == nil {
		err = t.vocabulary(&f)
	}
	if err == nil {
		err = t.mergeList(f.Model.Merges)
	}
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

// steps finds the split pattern.
func (t *Tokenizer) steps(f *tokenizerFile) error {
	if f.Model.Type != "BPE" {
		return fmt.Errorf("a model of type %q; byte-level BPE is read", cmp.Or(f.Model.Type, "none"))
	}
	if f.Model.ByteFallback {
		return errors.New("a vocabulary of pieces of characters (byte_fallback); byte-level BPE is read")
	}
	if f.Model.Prefix != "" || f.Model.Suffix != "" {
		return errors.New("continuing_subword_prefix and end_of_word_suffix are not known")
	}
	if n := f.Normalizer; n != nil {
		list := []step{*n}
		if n.Type == "Sequence" {
			list = n.Normalizers
		}
		for _, n := range list {
			if n.Type != "NFC" {
				return fmt.Errorf("normalizer %s is not known", n.Type)
			}
			t.NFC = true
		}
	}
	if f.PreTokenizer == nil {
		return errors.New("no pre-tokenizer: not byte-level")
	}
	all := []step{*f.PreTokenizer}
	if f.PreTokenizer.Type == "Sequence" {
		all = f.PreTokenizer.Pretokenizers
	}
	return t.splits(all)
}

// splits takes the steps of a pre-tokenizer: at most one that cuts digits, then
// one that cuts the rest, then the one that writes bytes as characters.
func (t *Tokenizer) splits(all []step) error {
	split, digits, level := "", false, false
	for _, s := range all {
		if level {
			return fmt.Errorf("pre-tokenizer %s behind ByteLevel is not known", s.Type)
		}
		expr := ""
		switch s.Type {
		case "ByteLevel":
			level = true
			if s.AddPrefixSpace {
				return errors.New("add_prefix_space is not known")
			}
			if s.UseRegex == nil || *s.UseRegex {
				expr = patternTexts[GPT2].expr
			}
		case "Split":
			if expr = s.Pattern.Regex; s.Behavior != "Isolated" && !(s.Behavior == "Removed" && s.Invert) {
				return fmt.Errorf("split behavior %q is not known", s.Behavior)
			}
		case "Digits":
			if digits || split != "" || !s.IndividualDigits {
				return errors.New("pre-tokenizer Digits is known before the others alone, with individual_digits")
			}
			digits = true
			continue
		default:
			return fmt.Errorf("pre-tokenizer %s is not known", s.Type)
		}
		if split != "" && expr != "" {
			return errors.New("several split patterns one after another are not known")
		}
		split = cmp.Or(split, expr)
	}
	if !level {
		return errors.New("no ByteLevel pre-tokenizer")
	}
	return t.pattern(split, digits)
}

func (t *Tokenizer) pattern(split string, digits bool) error {
	if digits {
		if split != patternTexts[GPT2].expr {
			return fmt.Errorf("digits cut off before the split pattern %q", split)
		}
		t.Pattern = SmolLM
		return nil
	}
	for p, text := range patternTexts {
		if text.expr == split && split != "" {
			t.Pattern = Pattern(p)
			return nil
		}
	}
	return fmt.Errorf("the split pattern %q is not known", split)
}

// mark puts a special token among those of a kind if it is of it.
func mark(kind *map[uint32]bool, id uint32, is bool) {
	if is && *kind == nil {
		*kind = map[uint32]bool{}
	}
	if is {
		(*kind)[id] = true
	}
}

// vocabulary takes the tokens; those that are added are special and no bytes.
func (t *Tokenizer) vocabulary(f *tokenizerFile) error {
	added := map[string]bool{}
	for _, a := range f.AddedTokens {
		if a.ID >= maxTokens || a.Content == "" {
			return fmt.Errorf("added token %q has number %d", a.Content, a.ID)
		}
		if a.SingleWord || a.LeftStrip || a.RightStrip {
			return fmt.Errorf("added token %q takes white space or word borders along, which is not known", a.Content)
		}
		if !added[a.Content] {
			t.Special = append(t.Special, Special{a.Content, a.ID})
		}
		mark(&t.Shown, a.ID, a.Special != nil && !*a.Special)
		mark(&t.Normalized, a.ID, a.Normalized)
		added[a.Content] = true
	}
	_, back := byteRunes()
	for word, id := range f.Model.Vocab {
		if added[word] {
			continue
		}
		if id >= maxTokens {
			return fmt.Errorf("token %q has number %d, at most %d can be read", word, id, maxTokens)
		}
		var b []byte
		for _, r := range word {
			c, ok := back[r]
			if !ok {
				return fmt.Errorf("token %q is not in the characters that stand for bytes", word)
			}
			b = append(b, c)
		}
		for len(t.tokens) <= int(id) {
			t.tokens = append(t.tokens, nil)
		}
		if t.tokens[id] != nil {
			return fmt.Errorf("two tokens have number %d", id)
		}
		t.tokens[id] = b
	}
	return nil
}

// mergeList takes the merges, each a string with a space or a list of two.
func (t *Tokenizer) mergeList(list []json.RawMessage) error {
	ids := map[string]uint32{}
	of, _ := byteRunes()
	for id, b := range t.tokens {
		if b != nil {
			ids[letters(b, &of)] = uint32(id)
		}
	}
	for rank, raw := range list {
		var pair [2]string
		var joined string
		if json.Unmarshal(raw, &joined) == nil {
			pair[0], pair[1], _ = strings.Cut(joined, " ")
		} else if err := json.Unmarshal(raw, &pair); err != nil {
			return fmt.Errorf("merge %d: %w", rank, err)
		}
		left, ok1 := ids[pair[0]]
		right, ok2 := ids[pair[1]]
		id, ok3 := ids[pair[0]+pair[1]]
		if !ok1 || !ok2 || !ok3 {
			return fmt.Errorf("merge %d of %q and %q is not of tokens", rank, pair[0], pair[1])
		}
		t.merges = append(t.merges, merge{left, right, id, int32(rank)})
	}
	return nil
}

// letters writes bytes in the characters that stand for them.
func letters(b []byte, of *[256]rune) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(of[c])
	}
	return s.String()
}

// WriteJSON writes a tokenizer.json that transformers and tokenizers load.
// Tokens that merging cannot reach are written with the flag that lets whole
// pieces through.
func (t *Tokenizer) WriteJSON(w io.Writer) error {
	of, _ := byteRunes()
	vocab := make([]string, 0, len(t.tokens))
	numbers := map[string]int{}
	for id, b := range t.tokens {
		if b != nil {
			word := letters(b, &of)
			vocab, numbers[word] = append(vocab, word), id
		}
	}
	merges := [][2]string{}
	for _, m := range t.ordered() {
		merges = append(merges, [2]string{letters(t.tokens[m.left], &of), letters(t.tokens[m.right], &of)})
	}
	added := []map[string]any{}
	for _, s := range t.Special {
		added = append(added, map[string]any{"id": s.ID, "content": s.Text, "single_word": false, "lstrip": false, "rstrip": false, "normalized": t.Normalized[s.ID], "special": !t.Shown[s.ID]})
	}
	level := map[string]any{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}
	var normalizer any
	if t.NFC {
		normalizer = map[string]any{"type": "NFC"}
	}
	file := map[string]any{
		"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": added, "normalizer": normalizer,
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": append(t.splitters(), level)}, "post_processor": level, "decoder": level,
		"model": map[string]any{"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil, "fuse_unk": false, "byte_fallback": false,
			"ignore_merges": t.whole, "vocab": ordered{vocab, numbers}, "merges": merges},
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(file)
}

// splitters are the steps before ByteLevel.
func (t *Tokenizer) splitters() []map[string]any {
	split := func(p Pattern) map[string]any {
		return map[string]any{"type": "Split", "pattern": map[string]any{"Regex": patternTexts[p].expr}, "behavior": "Isolated", "invert": false}
	}
	if t.Pattern == SmolLM {
		return []map[string]any{{"type": "Digits", "individual_digits": true}, split(GPT2)}
	}
	return []map[string]any{split(t.Pattern)}
}

// ordered returns one merge for each token that merging reaches, by rank.
func (t *Tokenizer) ordered() []merge {
	var all []merge
	for id, p := range t.parts {
		if p.rank >= 0 {
			all = append(all, merge{p.left, p.right, uint32(id), p.rank})
		}
	}
	slices.SortFunc(all, func(a, b merge) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.id, b.id)) })
	return all
}

// ordered is an object whose keys stand in the order of their numbers.
type ordered struct {
	keys    []string
	numbers map[string]int
}

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(k); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
		fmt.Fprintf(&b, ":%d", o.numbers[k])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
