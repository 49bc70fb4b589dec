package bpe

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A published vocabulary in tiktoken's form: what its file does not say.
type published struct {
	ranks   int
	pattern Pattern
	special []Special
}

// publishedRanks tells vocabularies by their number of ranks.
var publishedRanks = []published{
	{50256, GPT2, []Special{{"<|endoftext|>", 50256}}},
	{50280, GPT2, []Special{{"<|endoftext|>", 50256}}},
	{100256, CL100K, []Special{{"<|endoftext|>", 100257}, {"<|fim_prefix|>", 100258}, {"<|fim_middle|>", 100259}, {"<|fim_suffix|>", 100260}, {"<|endofprompt|>", 100276}}},
	{128000, CL100K, []Special{{"<|begin_of_text|>", 128000}, {"<|end_of_text|>", 128001}, {"<|start_header_id|>", 128006}, {"<|end_header_id|>", 128007}, {"<|eot_id|>", 128009}}},
	{151643, Qwen2, []Special{{"<|endoftext|>", 151643}, {"<|im_start|>", 151644}, {"<|im_end|>", 151645}}},
	{199998, O200K, []Special{{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}},
}

// ReadTiktoken reads ranks in tiktoken's form: a line a token, its bytes in
// base64 and its rank. The file says nothing of how text is split and of special
// tokens: they are those of the published vocabulary with as many ranks, or
// CL100K and none.
func ReadTiktoken(r io.Reader) (*Tokenizer, error) {
	t := &Tokenizer{Pattern: CL100K, Guessed: true, whole: true}
	in := bufio.NewScanner(r)
	n := 0
	for line := 1; in.Scan(); line++ {
		b := bytes.TrimSpace(in.Bytes())
		if len(b) == 0 {
			continue
		}
		if err := t.rank(b); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, line, err)
		}
		n++
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for _, p := range publishedRanks {
		if p.ranks == n {
			t.Pattern, t.Guessed = p.pattern, false
			t.Special = append(t.Special, p.special...)
		}
	}
	if err := t.split(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return t, nil
}

// rank takes a line of a file of ranks.
func (t *Tokenizer) rank(line []byte) error {
	word, number, ok := bytes.Cut(line, []byte{' '})
	if !ok {
		return fmt.Errorf("%.40q: want base64 and a rank", line)
	}
	token := make([]byte, base64.StdEncoding.DecodedLen(len(word)))
	n, err := base64.StdEncoding.Decode(token, word)
	if err != nil {
		return err
	}
	id, err := strconv.Atoi(string(number))
	if err != nil || id < 0 || id >= maxTokens {
		return fmt.Errorf("rank %.40q: want a number below %d", number, maxTokens)
	}
	for len(t.tokens) <= id {
		t.tokens = append(t.tokens, nil)
	}
	if t.tokens[id] != nil {
		return fmt.Errorf("rank %d stands there twice", id)
	}
	t.tokens[id] = token[:n]
	return nil
}

// maxSplits bounds the bytes that are looked at to split tokens in two: 70 times what o200k needs.
const maxSplits = 1 << 30

// split enters every way to make a token of two, with the token's number as rank.
func (t *Tokenizer) split() error {
	ids, work := make(map[string]uint32, len(t.tokens)), 0
	for id, b := range t.tokens {
		if len(b) > maxToken {
			return fmt.Errorf("token %d has %d bytes, at most %d can be read", id, len(b), maxToken)
		}
		if work += len(b) * len(b); work > maxSplits {
			return errors.New("its tokens are too long, all together")
		}
		if b != nil {
			ids[string(b)] = uint32(id)
		}
	}
	for id, b := range t.tokens {
		for k := 1; k < len(b); k++ {
			left, ok := ids[string(b[:k])]
			if !ok {
				continue
			}
			if right, ok := ids[string(b[k:])]; ok {
				t.merges = append(t.merges, merge{left, right, uint32(id), int32(id)})
			}
		}
	}
	return t.finish()
}

// WriteTiktoken writes the ranks in tiktoken's form. That form has no room for
// special tokens and the split pattern, and its ranks are the numbers of the
// tokens, so that a vocabulary whose merges do not come in the order of numbers
// cannot be written.
func (t *Tokenizer) WriteTiktoken(w io.Writer) error {
	if t.sp != nil {
		return errors.New("the vocabulary is of SentencePiece's form: tiktoken's cannot hold it")
	}
	last := int32(-1)
	for id := range t.parts {
		if r := t.parts[id].rank; t.tokens[id] != nil && r > -1 {
			if r < last {
				return errors.New("the vocabulary's merges do not come in the order of its numbers: tiktoken's form cannot hold it")
			}
			last = r
		}
	}
	out := bufio.NewWriter(w)
	for id, b := range t.tokens {
		if b != nil {
			fmt.Fprintf(out, "%s %d\n", base64.StdEncoding.EncodeToString(b), id)
		}
	}
	return out.Flush()
}
