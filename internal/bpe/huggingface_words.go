package bpe

import (
	"encoding/json"
	"fmt"
	"strings"
)

// vocabulary takes the tokens; those that are added are special and no bytes, but where they are
// words like others too.
func (t *Tokenizer) vocabulary(f *tokenizerFile) error {
	added, err := t.added(f)
	if err != nil {
		return err
	}
	both := map[string]uint32{}
	for word, id := range added {
		if same, ok := f.Model.Vocab[word]; ok && same == id {
			both[word] = id
		}
	}
	both = joining(both, f.Model.Merges)
	_, back := byteRunes()
	for word, id := range f.Model.Vocab {
		_, special := added[word]
		if _, ok := both[word]; special && !ok {
			continue
		}
		var b []byte
		for _, r := range word {
			c, ok := back[r]
			if !ok {
				return fmt.Errorf("token %q is not in the characters that stand for bytes", word)
			}
			b = append(b, c)
		}
		if err := t.put(word, id, b); err != nil {
			return err
		}
	}
	return nil
}

// joining returns the words that merges make or take, and single bytes, of those whose characters
// stand for themselves.
func joining(all map[string]uint32, merges []json.RawMessage) map[string]uint32 {
	own, found := map[string]uint32{}, map[string]uint32{}
	for word, id := range all {
		if !strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' }) {
			own[word] = id
			if len(word) == 1 {
				found[word] = id
			}
		}
	}
	if len(own) == 0 {
		return nil
	}
	for _, raw := range merges {
		if pair, err := pairOf(raw); err == nil {
			for _, word := range [3]string{pair[0], pair[1], pair[0] + pair[1]} {
				if id, ok := own[word]; ok {
					found[word] = id
				}
			}
		}
	}
	return found
}

// put enters the bytes of a token.
func (t *Tokenizer) put(word string, id uint32, b []byte) error {
	if id >= maxTokens {
		return fmt.Errorf("token %q has number %d, at most %d can be read", word, id, maxTokens)
	}
	for len(t.tokens) <= int(id) {
		t.tokens = append(t.tokens, nil)
	}
	if t.tokens[id] != nil {
		return fmt.Errorf("two tokens have number %d", id)
	}
	t.tokens[id] = b
	return nil
}

// lettersIDs returns the numbers of tokens by their bytes as tokenizer.json writes them.
func (t *Tokenizer) lettersIDs() map[string]uint32 {
	ids := map[string]uint32{}
	of, _ := byteRunes()
	for id, b := range t.tokens {
		if b != nil {
			ids[letters(b, &of)] = uint32(id)
		}
	}
	return ids
}

// pairOf reads a merge, a string with a space or a list of two.
func pairOf(raw json.RawMessage) (pair [2]string, err error) {
	var joined string
	if json.Unmarshal(raw, &joined) == nil {
		pair[0], pair[1], _ = strings.Cut(joined, " ")
		return pair, nil
	}
	err = json.Unmarshal(raw, &pair)
	return pair, err
}

// mergeList takes the merges; ids are the numbers of tokens.
func (t *Tokenizer) mergeList(list []json.RawMessage, ids map[string]uint32) error {
	for rank, raw := range list {
		pair, err := pairOf(raw)
		if err != nil {
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
