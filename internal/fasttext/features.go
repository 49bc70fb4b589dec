package fasttext

import "math/bits"

// blank holds the bytes that end a token.
var blank = [256]bool{' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true, 0: true}

// A featurizer turns lines into rows of the input matrix, in fastText's order,
// and into labels. One goroutine at a time.
type featurizer struct {
	d          *dictionary
	minN, maxN int
	wordNgrams int
	bucket     divisor
	rows       []int32
	more       int     // rows that are part of others
	labels     []int32 // numbered from 0; a label may stand twice
	hashes     []int32
	token      []byte
	tokens     [64]token
	touched    byte // keeps reads for their own sake
}

func (m *Model) featurizer() featurizer {
	return featurizer{d: &m.dict, minN: int(m.MinN), maxN: int(m.MaxN), wordNgrams: int(m.WordNgrams), bucket: divideBy(uint64(m.Bucket))}
}

// A token is a piece of a line, and where a search for it starts.
type token struct {
	start, end int
	hash       uint32
	slot       hashSlot // at the place of the hash
}

// line reads text from at to its end, or behind a literal "</s>"; at the end
// of the text "</s>" is added when ended. It returns where the next line of
// text starts, len(text)+1 when there is none, and the number of tokens read.
func (f *featurizer) line(text []byte, at int, ended bool) (next, tokens int) {
	f.rows, f.more, f.labels, f.hashes = f.rows[:0], 0, f.labels[:0], f.hashes[:0]
	for at < len(text) {
		n := 0
		n, at = f.split(text, at)
		f.meet(n)
		for i := range f.tokens[:n] {
			t := &f.tokens[i]
			f.add(text[t.start:t.end], t.hash, f.d.entry(text[t.start:t.end], t))
		}
		tokens += n
		if n > 0 && f.endsLine(text, n-1) {
			f.ngrams()
			return at, tokens
		}
	}
	if ended {
		f.add([]byte(eos), eosHash, f.d.lookup([]byte(eos), eosHash))
		tokens++
	}
	f.ngrams()
	return len(text) + 1, tokens
}

func (f *featurizer) endsLine(text []byte, i int) bool {
	t := &f.tokens[i]
	return t.hash == eosHash && string(text[t.start:t.end]) == eos
}

// split fills f.tokens from text and returns how many there are, and where
// they end. It stops behind a "</s>".
func (f *featurizer) split(text []byte, at int) (n, end int) {
	for at < len(text) && n < len(f.tokens) {
		c := text[at]
		if blank[c] {
			at++
			continue
		}
		start, h := at, uint32(fnvStart)
		for !blank[c] {
			h = hashByte(h, c)
			if at++; at == len(text) {
				break
			}
			c = text[at]
		}
		t := &f.tokens[n]
		t.start, t.end, t.hash = start, at, h
		if f.endsLine(text, n) {
			return n + 1, at
		}
		n++
	}
	return n, at
}

// meet looks into the table for n tokens at once: memory answers many such
// questions in the time of one.
func (f *featurizer) meet(n int) {
	table := &f.d.table
	mask := uint32(len(table.slots) - 1)
	for i := range f.tokens[:n] {
		t := &f.tokens[i]
		t.slot = table.slots[table.place(t.hash)&mask]
	}
	for i := range f.tokens[:n] {
		if s := &f.tokens[i].slot; s.start < uint32(len(f.d.arena)) {
			f.touched += f.d.arena[s.start]
		}
	}
}

// add appends the features of a token, or its label.
func (f *featurizer) add(word []byte, hash uint32, entry int32) {
	switch {
	case entry >= f.d.words:
		f.labels = append(f.labels, entry-f.d.words)
		return
	case entry < 0 && isLabel(word):
		return
	}
	f.hashes = append(f.hashes, int32(hash))
	if entry >= 0 {
		f.rows = append(f.rows, entry)
		if int(entry) < len(f.d.folded) && f.d.folded[entry] >= 0 {
			f.more += int(f.d.folded[entry])
			return
		}
		if rows, ok := f.d.subwords.of(entry); ok {
			f.rows = append(f.rows, rows...)
			return
		}
	}
	if f.maxN > 0 && (hash != eosHash || string(word) != eos) {
		f.characters(word)
	}
}

func isLabel(word []byte) bool {
	return len(word) >= len(labelMark) && string(word[:len(labelMark)]) == labelMark
}

// characters appends the n-grams of minN to maxN characters of "<word>".
func (f *featurizer) characters(word []byte) {
	f.token = append(append(append(f.token[:0], '<'), word...), '>')
	t := f.token
	for i := range t {
		if t[i]&0xC0 == 0x80 {
			continue
		}
		h := uint32(fnvStart)
		for j, n := i, 1; j < len(t) && n <= f.maxN; n++ {
			h = hashByte(h, t[j])
			j++
			for j < len(t) && t[j]&0xC0 == 0x80 {
				h = hashByte(h, t[j])
				j++
			}
			if n >= f.minN && !(n == 1 && (i == 0 || j == len(t))) {
				f.push(int32(f.bucket.mod(uint64(h))))
			}
		}
	}
}

// ngramFactor mixes the signed hashes of the tokens of an n-gram.
const ngramFactor = 116049371

// ngrams appends the n-grams of words.
func (f *featurizer) ngrams() {
	if f.wordNgrams <= 1 {
		return
	}
	for i, first := range f.hashes {
		h := uint64(int64(first))
		for _, next := range f.hashes[i+1 : min(len(f.hashes), i+f.wordNgrams)] {
			h = h*ngramFactor + uint64(int64(next))
			f.push(int32(f.bucket.mod(h)))
		}
	}
}

// pushNgram appends the n-gram of tokens with these hashes.
func (f *featurizer) pushNgram(hashes []int32) {
	var h uint64
	for _, next := range hashes {
		h = h*ngramFactor + uint64(int64(next))
	}
	f.push(int32(f.bucket.mod(h)))
}

func (f *featurizer) push(bucket int32) {
	if f.d.pruned < 0 {
		f.rows = append(f.rows, f.d.words+bucket)
	} else if row := f.d.ngramRow(bucket); row >= 0 {
		f.rows = append(f.rows, row)
	}
}

// A divisor computes remainders without dividing (Barrett's method).
type divisor struct{ n, inverse uint64 }

func divideBy(n uint64) divisor {
	if n == 0 { // no hashed features: nobody asks
		return divisor{}
	}
	return divisor{n, ^uint64(0) / n}
}

func (d divisor) mod(x uint64) uint64 {
	q, _ := bits.Mul64(x, d.inverse)
	r := x - q*d.n
	for r >= d.n {
		r -= d.n
	}
	return r
}
