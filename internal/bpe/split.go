package bpe

import "fmt"

// A Pattern is a way to cut text into the pieces that tokens may not cross.
type Pattern uint8

// The patterns of the models that are in use.
const (
	GPT2   Pattern = iota // GPT-2, GPT-3
	CL100K                // GPT-3.5 and 4, Llama 3
	O200K                 // GPT-4o
	Qwen2                 // Qwen 2 and later: CL100K with single digits
	SmolLM                // GPT2 with single digits
)

// A patternText is a pattern as regular expression, with its name. The
// expressions are those their authors published; the scanners here are checked
// against a regular expression engine.
type patternText struct {
	name, expr string
}

const contractions = `(?i:'s|'t|'re|'ve|'m|'ll|'d)`

var patternTexts = [...]patternText{
	GPT2:   {"gpt2", `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`},
	CL100K: {"cl100k", contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`},
	O200K: {"o200k", `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` + contractions + `?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` +
		contractions + `?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`},
	Qwen2:  {"qwen2", contractions + `|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`},
	SmolLM: {"smollm", ""},
}

// String returns the pattern's name.
func (p Pattern) String() string { return patternTexts[p].name }

// ParsePattern returns the pattern of that name.
func ParsePattern(name string) (Pattern, error) {
	for p, t := range patternTexts {
		if t.name == name {
			return Pattern(p), nil
		}
	}
	return 0, fmt.Errorf("no split pattern %q; known are gpt2, cl100k, o200k, qwen2, smollm", name)
}

// next returns the end of the piece that starts at byte i.
func (s *scanner) next(p Pattern, i int) int {
	switch p {
	case GPT2:
		return s.gpt2(i, false)
	case SmolLM:
		return s.gpt2(i, true)
	case CL100K:
		return s.cl100k(i, 3)
	case Qwen2:
		return s.cl100k(i, 1)
	}
	return s.o200k(i)
}

// contraction returns the end of an English contraction at i, or i.
func (s *scanner) contraction(i int, fold bool) int {
	if i+1 >= len(s.s) || s.s[i] != '\'' {
		return i
	}
	lower := func(j int) byte {
		if j >= len(s.s) {
			return 0
		}
		if c := s.s[j]; !fold || c < 'A' || c > 'Z' {
			return c
		}
		return s.s[j] | 0x20
	}
	switch a, b := lower(i+1), lower(i+2); {
	case a == 's' || a == 't' || a == 'm' || a == 'd':
		return i + 2
	case (a == 'r' || a == 'v') && b == 'e', a == 'l' && b == 'l':
		return i + 3
	case fold && a == 0xc5 && b == 0xbf: // ſ is a lower-case s
		return i + 3
	}
	return i
}

// gpt2 cuts as GPT-2 does, with numbers digit by digit if single is set.
func (s *scanner) gpt2(i int, single bool) int {
	if e := s.contraction(i, false); e > i {
		return e
	}
	j := i
	c, n := s.at(i)
	if s.s[i] == ' ' {
		if c2, n2 := s.at(i + 1); n2 > 0 && c2&isSpace == 0 {
			j, c, n = i+1, c2, n2
		}
	}
	switch {
	case c&isLetter != 0:
		return s.run(j+n, isLetter)
	case c&isNumber != 0 && single:
		if j > i {
			return j // the space stands alone: digits are cut off first
		}
		return i + n
	case c&isNumber != 0:
		return s.run(j+n, isNumber)
	case c&isSpace == 0:
		return s.others(j + n)
	}
	return s.blank(i, i, single)
}

// others returns the end of the run of what is no letter, number or space.
func (s *scanner) others(i int) int {
	for {
		c, n := s.at(i)
		if n == 0 || c&(isLetter|isNumber|isSpace) != 0 {
			return i
		}
		i += n
	}
}

// blank returns the end of a piece of white space that starts at i, at whose
// byte j the search begins: all of the run but its last character, which goes
// with what follows; all of it at the end of the text, or when it is one
// character long. With whole, what follows a run and is a number does not want it.
func (s *scanner) blank(i, j int, whole bool) int {
	last := j
	for {
		c, n := s.at(j)
		if n == 0 {
			return j
		}
		if c&isSpace == 0 {
			if whole && c&isNumber != 0 || last == i {
				return j
			}
			return last
		}
		last = j
		j += n
	}
}

// lines returns the end of the white space at i up to its last line break, or
// what [scanner.blank] says when there is none.
func (s *scanner) lines(i int) int {
	end := 0
	for j := i; ; {
		c, n := s.at(j)
		if c&isSpace == 0 || n == 0 {
			break
		}
		j += n
		if c&isNewline != 0 {
			end = j
		}
	}
	if end > 0 {
		return end
	}
	return s.blank(i, i, false)
}

// cl100k cuts as GPT-4 does, with so many digits a number.
func (s *scanner) cl100k(i, digits int) int {
	c, n := s.at(i)
	if c&isLetter != 0 {
		return s.run(i+n, isLetter)
	}
	if e := s.contraction(i, true); e > i {
		return e
	}
	if c&isNumber != 0 {
		return s.digits(i, digits)
	}
	if c&isNewline == 0 {
		if c2, n2 := s.at(i + n); c2&isLetter != 0 {
			return s.run(i+n+n2, isLetter)
		}
	}
	return s.marks(i, c, n, false)
}

// digits returns the end of up to so many digits.
func (s *scanner) digits(i, most int) int {
	for ; most > 0; most-- {
		c, n := s.at(i)
		if n == 0 || c&isNumber == 0 {
			break
		}
		i += n
	}
	return i
}

// marks returns the end of a piece of marks, with a space before them and line
// breaks (and slashes) behind, or of white space.
func (s *scanner) marks(i int, c uint8, n int, slash bool) int {
	j := i
	if s.s[i] == ' ' {
		j = i + 1
		c, n = s.at(j)
	}
	if n == 0 || c&(isLetter|isNumber|isSpace) != 0 {
		return s.lines(i)
	}
	j = s.others(j + n)
	for j < len(s.s) && (s.s[j] == '\r' || s.s[j] == '\n' || slash && s.s[j] == '/') {
		j++
	}
	return j
}

// o200k cuts as GPT-4o does.
func (s *scanner) o200k(i int) int {
	c, n := s.at(i)
	if c&isNumber != 0 {
		return s.digits(i, 3)
	}
	with, small := 0, false // a word behind one mark or space
	if c&(isNewline|isLetter) == 0 {
		if with, small = s.cased(i + n); small {
			return with
		}
	}
	without, small := s.cased(i)
	switch {
	case small || with == 0 && without > 0:
		return without
	case with > 0:
		return with
	}
	return s.marks(i, c, n, true)
}

// cased returns the end of a word of o200k: capitals, then small letters, with
// letters without case and marks among either; at least one letter or mark;
// and a contraction. It returns 0 if there is no word at i, and tells whether
// the word has more than capitals.
func (s *scanner) cased(i int) (end int, small bool) {
	j := i
	for {
		c, n := s.at(j)
		if n == 0 || c&(isUpper|isOther|isMark) == 0 {
			break
		}
		j += n
		if c&(isOther|isMark) != 0 {
			end = j // it can be the word's small part
		}
	}
	if k := s.run(j, isLower|isOther|isMark); k > j {
		end = k
	}
	if end > 0 {
		return s.contraction(end, true), true
	}
	if j > i {
		return s.contraction(j, true), false
	}
	return 0, false
}
