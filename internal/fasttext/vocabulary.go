package fasttext

import (
	"errors"
	"math"
)

// maxVocabulary is where fastText begins to drop rare words while it counts.
const maxVocabulary = 30000000 * 3 / 4

// A vocabulary counts tokens.
type vocabulary struct {
	dictionary
	hashes []uint32
	limit  int // entries above which rare ones are dropped
	least  int64
}

func newVocabulary() *vocabulary {
	v := &vocabulary{limit: maxVocabulary, least: 1}
	v.pruned = -1
	v.table = newHashTable(1 << 12)
	return v
}

// count adds the tokens of a line, and "</s>" when the line is ended.
func (v *vocabulary) count(text []byte, ended bool) error {
	for at := 0; at < len(text); {
		if blank[text[at]] {
			at++
			continue
		}
		start, h := at, uint32(fnvStart)
		for at < len(text) && !blank[text[at]] {
			h = hashByte(h, text[at])
			at++
		}
		if err := v.addToken(text[start:at], h); err != nil {
			return err
		}
	}
	if ended {
		return v.addToken([]byte(eos), eosHash)
	}
	return nil
}

func (v *vocabulary) addToken(word []byte, hash uint32) error {
	v.tokens++
	slot, entry := v.find(word, hash)
	if entry >= 0 {
		v.counts[entry]++
		return nil
	}
	if len(v.arena)+len(word) > math.MaxUint32 {
		return errors.New("more than 4 GiB of different words")
	}
	v.arena = append(v.arena, word...)
	v.ends, v.counts, v.hashes = append(v.ends, uint32(len(v.arena))), append(v.counts, 1), append(v.hashes, hash)
	n := len(v.counts)
	v.table.slots[slot] = hashSlot{hash, int32(n), uint32(len(v.arena) - len(word)), uint32(len(v.arena))}
	if n+n/2 > len(v.table.slots) {
		v.index()
	}
	if n > v.limit {
		v.least++
		v.threshold(v.least, v.least)
	}
	return nil
}

// index rebuilds the hash table with room for twice the entries.
func (v *vocabulary) index() {
	v.table = newHashTable(2 * len(v.counts))
	mask, start := uint32(len(v.table.slots)-1), uint32(0)
	for i, h := range v.hashes {
		at := v.table.place(h)
		for v.table.slots[at].entry != 0 {
			at = (at + 1) & mask
		}
		v.table.slots[at] = hashSlot{h, int32(i + 1), start, v.ends[i]}
		start = v.ends[i]
	}
}

// threshold orders words before labels, each by descending count, and drops
// those less frequent than asked for.
func (v *vocabulary) threshold(words, labels int64) {
	order, label := make([]int32, len(v.counts)), make([]bool, len(v.counts))
	for i := range order {
		order[i], label[i] = int32(i), isLabel(v.text(int32(i)))
	}
	stdSort(order, func(a, b int32) bool {
		if label[a] != label[b] {
			return label[b]
		}
		return v.counts[a] > v.counts[b]
	})
	old := *v
	v.words, v.labels = 0, 0
	v.arena, v.ends, v.counts, v.hashes = nil, nil, nil, nil
	for _, i := range order {
		least := words
		if label[i] {
			least = labels
		}
		if old.counts[i] < least {
			continue
		}
		if label[i] {
			v.labels++
		} else {
			v.words++
		}
		v.arena = append(v.arena, old.text(i)...)
		v.ends, v.counts, v.hashes = append(v.ends, uint32(len(v.arena))), append(v.counts, old.counts[i]), append(v.hashes, old.hashes[i])
	}
	v.index()
}
