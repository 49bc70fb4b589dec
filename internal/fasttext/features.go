package fasttext

// separators are the bytes that end a token.
func separator(b byte) bool {
	return b == ' ' || b >= '\t' && b <= '\r' || b == 0
}

// read fills p.features with the rows of text, in fastText's order. Line feeds
// are spaces like any other; the line ends where the text ends, or behind a
// literal "</s>".
func (p *Predictor) read(text string) {
	p.features, p.hashes = p.features[:0], p.hashes[:0]
	for i := 0; i < len(text); {
		if separator(text[i]) {
			i++
			continue
		}
		start, h := i, uint32(fnvStart)
		for i < len(text) && !separator(text[i]) {
			h = hashByte(h, text[i])
			i++
		}
		p.token = append(append(p.token[:0], '<'), text[start:i]...)
		p.add(h)
		if text[start:i] == eos {
			p.wordNgrams()
			return
		}
	}
	p.token = append(append(p.token[:0], '<'), eos...)
	p.add(hashBytes([]byte(eos)))
	p.wordNgrams()
}

// add appends the features of the token that p.token holds behind a "<".
func (p *Predictor) add(hash uint32) {
	d := &p.m.dict
	word := p.token[1:]
	_, entry := d.find(word, hash)
	switch {
	case entry >= d.words: // a known label
		return
	case entry < 0 && len(word) >= len(labelMark) && string(word[:len(labelMark)]) == labelMark:
		return
	}
	p.hashes = append(p.hashes, int32(hash))
	if entry >= 0 {
		p.features = append(p.features, entry)
	}
	if p.m.MaxN > 0 && string(word) != eos {
		p.token = append(p.token, '>')
		p.subwords(p.token)
	}
}

// subwords appends the n-grams of MinN to MaxN characters of "<word>".
func (p *Predictor) subwords(word []byte) {
	bucket, minN, maxN := uint32(p.m.Bucket), int(p.m.MinN), int(p.m.MaxN)
	for i := range word {
		if word[i]&0xC0 == 0x80 {
			continue
		}
		h := uint32(fnvStart)
		for j, n := i, 1; j < len(word) && n <= maxN; n++ {
			h = hashByte(h, word[j])
			j++
			for j < len(word) && word[j]&0xC0 == 0x80 {
				h = hashByte(h, word[j])
				j++
			}
			if n >= minN && !(n == 1 && (i == 0 || j == len(word))) {
				p.push(int32(h % bucket))
			}
		}
	}
}

// wordNgrams appends the n-grams of words, hashed from the signed hashes of the tokens.
func (p *Predictor) wordNgrams() {
	const factor = 116049371
	n := int(p.m.WordNgrams)
	if n <= 1 {
		return
	}
	bucket := uint64(p.m.Bucket)
	for i, first := range p.hashes {
		h := uint64(int64(first))
		for _, next := range p.hashes[i+1 : min(len(p.hashes), i+n)] {
			h = h*factor + uint64(int64(next))
			p.push(int32(h % bucket))
		}
	}
}

func (p *Predictor) push(bucket int32) {
	if row := p.m.dict.ngramRow(bucket); row >= 0 {
		p.features = append(p.features, row)
	}
}
