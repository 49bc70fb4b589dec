package words

import "strings"

// treebank cuts text as NLTK's word_tokenize does: sentences first, because only
// the full stop that ends a sentence is a token of its own, then the Penn
// Treebank's conventions. Sentences are found by rules where NLTK uses the
// trained Punkt model, which is not free to ship; tokens are what stands in the
// text, so that a straight quotation mark stays one character.
func (c *cutter) treebank(text string) {
	c.sentences = c.sentences[:0]
	for start := 0; start < len(text); {
		end := sentenceEnd(text, start)
		if strings.TrimSpace(text[start:end]) != "" {
			c.sentences = append(c.sentences, Span{uint32(start), uint32(end)})
			c.treebankSentence(text, start, end)
		}
		start = end
	}
}

// sentenceEnd returns where the sentence that starts at start ends: behind the
// first . ? or ! with its closing marks that white space follows, unless the
// full stop belongs to an abbreviation or an initial, or a small letter follows.
func sentenceEnd(text string, start int) int {
	for i := start; i < len(text); i++ {
		c := text[i]
		if c != '.' && c != '?' && c != '!' {
			continue
		}
		end := i + 1
		for end < len(text) && strings.IndexByte(`.?!"')]}`, text[end]) >= 0 {
			end++
		}
		next := TrimLeft(text[end:])
		if end == len(text) || next == "" {
			return len(text)
		}
		if len(next) == len(text)-end {
			i = end - 1
			continue // no white space follows
		}
		if c == '.' && (isAbbreviation(text[start:i+1]) || class(first(next))&isLower != 0 && first(next) < 0x250) {
			continue
		}
		return end
	}
	return len(text)
}

func first(s string) rune {
	r, _ := decode(s)
	return r
}

// isAbbreviation reports whether s, which ends in a full stop, ends in a known
// abbreviation or in an initial.
func isAbbreviation(s string) bool {
	w := s[strings.LastIndexAny(s, " \t\n\r(\"'[")+1:]
	if len(w) == 2 && class(rune(w[0]))&isUpper != 0 {
		return true
	}
	rs := englishRules()
	k := -1
	if w != "" {
		k = rs.specials.find(w)
	}
	return k >= 0 && rs.specials.list[k].lengths[1] == 0 && class(rune(w[0]))&isLetter != 0
}

// treebankSentence cuts one sentence.
func (c *cutter) treebankSentence(text string, start, end int) {
	stop := finalStop(text[start:end]) + start
	for i := start; i < end; {
		if IsSpace(first(text[i:])) {
			_, _, i = run(text[:end], i)
			continue
		}
		_, _, to := run(text[:end], i)
		c.treebankRun(text, i, to, stop)
		i = to
	}
}

// finalStop returns the byte of the full stop that ends a sentence, closing
// marks behind it left out, or -1.
func finalStop(s string) int {
	t := strings.TrimRight(TrimRight(s), "])}>\"'»”’ ")
	if !strings.HasSuffix(t, ".") || strings.HasSuffix(t, "..") {
		return -1 << 31
	}
	return len(t) - 1
}

// treebankRun cuts a run of characters other than white space.
func (c *cutter) treebankRun(text string, from, to, stop int) {
	start := from
	for i := from; i < to; {
		n := alone(text, from, i, to, stop)
		if n == 0 {
			_, w := decode(text[i:to])
			i += w
			continue
		}
		c.contraction(text, start, i)
		c.tokens = append(c.tokens, token{uint32(i), uint32(i + n), false})
		i += n
		start = i
	}
	c.contraction(text, start, to)
}

// alone returns how many bytes at i are a token of their own, or 0.
func alone(text string, from, i, to, stop int) int {
	r, n := decode(text[i:to])
	rest := text[i+n : to]
	switch r {
	case '«', '“', '‘', '„', '»', '”', '’', '"', ';', '@', '#', '$', '%', '&', '?', '!', '*', '[', ']', '(', ')', '{', '}', '<', '>':
		return n
	case '`':
		return len(text[i:to]) - len(strings.TrimLeft(text[i:to], "`"))
	case ':', ',':
		if rest == "" || !IsDigit(first(rest)) {
			return n
		}
	case '.':
		if k := dots(text[i:to]); k > 0 {
			return k
		}
		if i == stop {
			return n
		}
	case '-':
		if strings.HasPrefix(rest, "-") {
			return 2
		}
	case '\'':
		return apostrophe(text, from, i, to, stop)
	}
	if r >= 0x2012 && r <= 0x2015 {
		return n
	}
	return 0
}

// apostrophe returns how many bytes at an apostrophe stand alone: two of them, one
// in front of a word, or one behind it.
func apostrophe(text string, from, i, to, stop int) int {
	rest := text[i+1 : to]
	switch {
	case strings.HasPrefix(rest, "'"):
		return 2
	case rest == "" || !IsWord(first(rest)) && alone(text, from, i+1, to, stop) > 0:
		if i > from {
			return 1
		}
		return 0
	case i > from && IsWord(Last(text[from:i])) || !IsWord(first(rest)):
		return 0
	}
	word := rest
	for k, r := range rest {
		if !IsWord(r) {
			word = rest[:k]
			break
		}
	}
	switch strings.ToLower(word) {
	case "re", "ve", "ll", "m", "t", "s", "d", "n":
		return 0
	}
	return 1
}

// contraction emits text[from:to], cut before 's, 'll, n't and the like, and in
// two for cannot, gonna and their kin.
func (c *cutter) contraction(text string, from, to int) {
	if from >= to {
		return
	}
	w := text[from:to]
	at := 0
	for _, s := range [...]string{"'s", "'S", "'m", "'M", "'d", "'D", "'ll", "'LL", "'re", "'RE", "'ve", "'VE", "n't", "N'T"} {
		if len(w) > len(s) && strings.HasSuffix(w, s) {
			at = len(w) - len(s)
			break
		}
	}
	if at == 0 {
		switch strings.ToLower(w) {
		case "cannot", "gimme", "gonna", "gotta", "lemme", "wanna":
			at = 3
		case "d'ye":
			at = 1
		case "more'n":
			at = 4
		case "'tis", "'twas":
			at = 2
		}
	}
	if at > 0 {
		c.tokens = append(c.tokens, token{uint32(from), uint32(from + at), false})
	}
	c.tokens = append(c.tokens, token{uint32(from + at), uint32(to), false})
}
