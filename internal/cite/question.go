package cite

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A focus is what a question asks for.
type focus int

const (
	anything focus = iota
	person
	date
	count
	place
	reason
	manner
	meaning
)

// focuses tells by which words a question is known; the first that fits counts.
var focuses = [...]struct {
	of  focus
	ask *regexp.Regexp
}{
	{date, regexp.MustCompile(`什[么麼](时候|時候|年份|時間|时间)|何[时時年]|哪[一个個些]*(年|天|日|月|时|時|年代|世纪|世紀)|几[年月号]|幾[年月號]|(?i)\bwhen\b|\b(what|which) (year|date|month|day|century|decade|time)\b`)},
	{count, regexp.MustCompile(`多少|几[^乎]|幾[^乎]|多[长長高大重远遠快久宽寬深]|(?i)\bhow (many|much|long|old|far|high|tall|large|big|often|fast|deep)\b|\bwhat (percent|percentage|number|age|size)\b`)},
	{person, regexp.MustCompile(`谁|誰|哪[一个個]*[位人]|何人|什[么麼]人|(?i)\b(who|whom|whose)\b|\b(which|what) (person|man|woman|king|president|player|author|scientist)\b`)},
	{place, regexp.MustCompile(`哪[里裡裏兒儿]|何[处處地]|什[么麼](地方|地区|地區|地点|地點|国家|國家|城市)|哪[一个個]*(国|國|省|市|州|县|縣|城市|地区|地區|国家|國家|洲|座)|(?i)\bwhere\b|\b(which|what) (country|city|state|town|place|region|continent|county|river|island)\b`)},
	{reason, regexp.MustCompile(`[为為]([什甚][么麼]|何)|原因|理由|何故|(?i)\bwhy\b|\bwhat (caused|is the reason|was the reason)\b`)},
	{manner, regexp.MustCompile(`如何|怎[么麼样樣]|(?i)\bhow\b`)},
	{meaning, regexp.MustCompile(`^什[么麼]是|^何[谓謂]|^[^的]{1,12}(是|指)(的是)?什[么麼](意思)?[？?]?$|(?i)^what (is|are|was|were) (a |an |the )?[\w-]+( [\w-]+)?\?*$|\bdefin`)},
}

func focusOf(question string) focus {
	question = strings.TrimSpace(question)
	for _, f := range focuses {
		if f.ask.MatchString(question) {
			return f.of
		}
	}
	return anything
}

var (
	placeWords  = regexp.MustCompile(`位[于於]|[在于於].{1,12}[国國省市县縣区區州镇鎮村岛島山河湖城]|境内|境內|(?:in|at|near|from|of) (?:the )?[A-Z]`)
	reasonWords = regexp.MustCompile(`因|由[于於]|[为為]了|以[便免]|所以|[导導]致|使得|故|目的|(?i)because|due to|\bsince\b|in order to|so that|therefore|caused|as a result|thus|to avoid`)
	mannerWords = regexp.MustCompile(`通[过過]|借由|藉由|[采採]用|利用|使用|[经經]由|方式|方法|以.{1,10}[来來]|(?i)\bby\b|through|using|\bvia\b|with`)
	isWords     = regexp.MustCompile(`是|指|即|[称稱][为為]|意[为為思]|(?i)\b(is|are|was|were|means|refers to|called|known as)\b`)
	dateWords   = regexp.MustCompile(`[年月日号號]|世[纪紀]|年代|(?i)january|february|march|april|may|june|july|august|september|october|november|december|century|\b1\d{3}\b|\b20\d\d\b`)
)

// fits reports whether a sentence has what the question asks for, and not from the question itself.
// known is false where words alone cannot tell.
func (u *unit) fits(f focus, q *facts) (fits, known bool) {
	switch f {
	case date:
		return dateWords.MatchString(u.text) && u.newNumber(q), true
	case count:
		return u.newNumber(q), true
	case person:
		return u.newName(q), !strings.ContainsFunc(u.text, isCJK)
	case place:
		return placeWords.MatchString(u.text), true
	case reason:
		return reasonWords.MatchString(u.text), true
	case manner:
		return mannerWords.MatchString(u.text), true
	case meaning:
		return isWords.MatchString(u.text), true
	}
	return false, false
}

func (u *unit) newNumber(q *facts) bool {
	return slices.ContainsFunc(u.numbers, func(n number) bool { return !q.has(n.value) }) || strings.ContainsAny(u.text, "一")
}

func (u *unit) newName(q *facts) bool {
	return slices.ContainsFunc(u.terms, func(t term) bool { return !q.keys[t.key] && t.weight == 1 && unicode.IsUpper(rune(u.text[t.at.Start])) })
}
