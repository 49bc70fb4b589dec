package cite

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"feilun/internal/terms"
)

// A number is a quantity of a text, whatever way it is written.
type number struct {
	value float64
	at    Span
}

const (
	digitsOne  = "〇零一二两三四五六七八九"
	digitsMany = "十百千万萬亿億兩"
	// units are what stands behind a single Chinese digit that counts; without one it may be part of a word.
	units = "年月日号號个個人次分名位种種岁歲世所座家只隻条條届屆枚倍天周週秒点點度公米克吨噸元块塊本部场場章期层層代胎子女兄款艘架辆輛支队隊成折等级級"
)

// numbers finds the numbers of a text: 1,000 and １０００, 1.5 million, 三千, 3万, three, 第二, 1990s.
func numbers(text string) []number {
	var out []number
	folds := terms.Folds()
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if e := folds.Of(r); e>>24 == terms.ClassDigit {
			num := arabic(text, i, folds)
			out, i = append(out, num), num.at.End
			continue
		}
		if strings.ContainsRune(digitsOne+digitsMany, r) {
			num, counts := chinese(text, i)
			if i = num.at.End; counts {
				out = append(out, num)
			}
			continue
		}
		if c := r | 0x20; c >= 'a' && c <= 'z' {
			end := i
			for end < len(text) && text[end]|0x20 >= 'a' && text[end]|0x20 <= 'z' {
				end++
			}
			if v := numberWord(strings.ToLower(text[i:end])); v > 0 {
				out = append(out, number{v, Span{i, end}})
			}
			i = end
			continue
		}
		i += n
	}
	return out
}

// arabic reads a number in digits with its scale.
func arabic(text string, at int, folds *terms.FoldTable) number {
	var b strings.Builder
	i := at
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if e := folds.Of(r); e>>24 == terms.ClassDigit {
			b.WriteByte(byte(e))
		} else if r != ',' && r != '，' && r != '.' || !digitBehind(text[i+n:], folds, r != '.') {
			break
		} else if r == '.' {
			b.WriteByte('.')
		}
		i += n
	}
	v, err := strconv.ParseFloat(b.String(), 64)
	if err != nil { // 3.1.4 and the like are names: any value that equals itself
		v = float64(hash(b.String()) % 1e9)
	}
	rest := strings.TrimLeft(text[i:], " ")
	for _, s := range scales {
		if strings.HasPrefix(rest, s.word) {
			v *= s.by
			i = len(text) - len(rest) + len(s.word)
			break
		}
	}
	return number{v, Span{at, i}}
}

// scales multiply the number before them.
var scales = [...]struct {
	word string
	by   float64
}{
	{"万亿", 1e12}, {"萬億", 1e12}, {"亿", 1e8}, {"億", 1e8}, {"万", 1e4}, {"萬", 1e4}, {"千", 1e3}, {"百", 1e2},
	{"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12},
}

func digitBehind(s string, folds *terms.FoldTable, three bool) bool {
	n := 0
	for _, r := range s {
		if folds.Of(r)>>24 != terms.ClassDigit {
			break
		}
		n++
	}
	return n == 3 || n > 0 && !three
}

// chinese reads a number in Chinese characters. counts is false for a single
// digit that may be part of a word (一般, 三明治).
func chinese(text string, at int) (num number, counts bool) {
	total, section, digit, runes := 0.0, 0.0, -1.0, 0
	row := 0.0 // read digit by digit: 一九九〇
	i := at
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == '兩' {
			r = '两'
		}
		if k := strings.IndexRune(digitsOne, r); k >= 0 {
			digit = []float64{0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9}[utf8.RuneCountInString(digitsOne[:k])]
			row = row*10 + digit
		} else if by := scaleOf(r); by >= 1e4 {
			total, section, digit, row = (total+section+max(digit, 0))*by, 0, -1, 0
		} else if by > 0 {
			section, digit, row = section+math.Abs(digit)*by, -1, 0
		} else {
			break
		}
		i += n
		runes++
	}
	v := total + section + max(digit, 0)
	if total+section == 0 && runes > 1 {
		v = row
	}
	next, _ := utf8.DecodeRuneInString(text[i:])
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return number{v, Span{at, i}}, runes > 1 && v > 0 || before == '第' || v > 1 && strings.ContainsRune(units, next)
}

func scaleOf(r rune) float64 {
	switch r {
	case '十':
		return 10
	case '百':
		return 100
	case '千':
		return 1000
	case '万', '萬':
		return 1e4
	case '亿', '億':
		return 1e8
	}
	return 0
}

// numberWord is the value of an English number, 0 for other words and for one.
func numberWord(w string) float64 {
	for i, s := range [...]string{"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
		"fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"} {
		if w == s {
			return float64(i + 2)
		}
	}
	for i, s := range [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"} {
		if w == s {
			return float64(i + 1)
		}
	}
	for i, s := range [...]string{"thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred"} {
		if w == s {
			return float64(10*i + 30)
		}
	}
	return 0
}
