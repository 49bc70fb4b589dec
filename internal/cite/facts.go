package cite

import (
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"

	"feilun/internal/terms"
)

// A term is a stem or a pair of characters where it stands.
type term struct {
	key    string
	weight float64 // 1, less for words that only hold a sentence together
	at     Span
	name   bool // a word with a capital that does not begin the sentence
}

// facts are what can be compared of a sentence.
type facts struct {
	text    string
	terms   []term
	keys    map[string]bool
	numbers []number
	not     []int // where negations stand
}

const (
	functionWeight = 0.1
	crossWeight    = 0.6 // as in search's ranking
)

// read cuts a sentence into what can be compared.
func read(text string) *facts {
	f := &facts{text: text, keys: map[string]bool{}, numbers: numbers(text)}
	w := terms.Weigh(text, functionWeight, crossWeight)
	s := terms.NewScanner()
	for s.Reset(text); s.Next(); {
		t := term{key: string(s.Term(nil)), weight: w.Of(s), at: Span{s.Tok.Start, s.Tok.End}}
		if s.Tok.Word {
			r, _ := utf8.DecodeRuneInString(text[t.at.Start:])
			t.name = unicode.IsUpper(r) && t.weight == 1 && !begins(text[:t.at.Start])
		}
		f.terms = append(f.terms, t)
		f.keys[t.key] = true
	}
	f.not = negations(text)
	return f
}

// begins reports whether what stands before a word leaves it the first of its sentence.
func begins(before string) bool {
	before = strings.TrimRight(before, " \t\n\"'“‘(*_#-")
	if before == "" {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(before)
	return strings.ContainsRune(".!?。！？:：", r)
}

// weightOf is what a term counts in a set of sentences.
func (t *term) weightOf(idf func(string) float64) float64 { return t.weight * idf(t.key) }

// nots deny what they stand beside. Words such as 不同 and notable have them inside and deny nothing.
var (
	notHan     = [...]string{"不", "没", "沒", "未", "非", "无", "無", "勿", "别", "別"}
	notInside  = [...]string{"不同", "不仅", "不僅", "不只", "不但", "不少", "不断", "不斷", "不过", "不過", "未来", "未來", "非常", "非洲", "无线", "無線", "无论", "無論", "不论", "不論", "不管", "别墅", "別墅", "特别", "特別", "分别", "分別", "区别", "區別", "个别", "個別", "类别", "類別", "性别", "性別", "级别", "級別", "差别", "差別", "告别", "告別", "无锡", "無錫", "越南", "并非常"}
	notEnglish = [...]string{"not", "never", "no", "without", "cannot", "neither", "nor", "none", "nobody", "nothing", "hardly"}
)

// negations finds where a text denies.
func negations(text string) []int {
	var out []int
	for i, r := range text {
		switch {
		case isCJK(r):
			if deniesHan(text, i) {
				out = append(out, i)
			}
		case r == 'n' || r == 'c' || r == 'w' || r == 'h' || r == 'N' || r == 'C' || r == 'W' || r == 'H' || r == '\'' || r == '’':
			if deniesEnglish(text, i) {
				out = append(out, i)
			}
		}
	}
	return out
}

func deniesHan(text string, at int) bool {
	hit := false
	for _, n := range notHan {
		hit = hit || strings.HasPrefix(text[at:], n)
	}
	if !hit {
		return false
	}
	for _, w := range notInside {
		for off := at - 3; off <= at; off += 3 {
			if off >= 0 && strings.HasPrefix(text[off:], w) {
				return false
			}
		}
	}
	return true
}

func deniesEnglish(text string, at int) bool {
	if strings.HasPrefix(text[at:], "'t ") || strings.HasPrefix(text[at:], "’t ") {
		return at > 0 && text[at-1] == 'n'
	}
	if at > 0 && (unicode.IsLetter(rune(text[at-1])) || text[at-1] == '-') {
		return false
	}
	end := at
	for end < len(text) && (text[end]|0x20) >= 'a' && (text[end]|0x20) <= 'z' {
		end++
	}
	w := strings.ToLower(text[at:end])
	for _, n := range notEnglish {
		if w == n {
			return w != "no" || end >= len(text) || text[end] != '.' // "no. 5"
		}
	}
	return false
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// plain is a text as exact quotes are compared: folded, without spaces and marks.
func plain(text string) string {
	var b strings.Builder
	folds := terms.Folds()
	for _, r := range text {
		switch e := folds.Of(r); e >> 24 {
		case terms.ClassWord, terms.ClassDigit, terms.ClassPair:
			b.WriteRune(rune(e & 0xffffff))
		case terms.ClassMany:
			b.WriteRune(r)
		}
	}
	return b.String()
}
