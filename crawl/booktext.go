package crawl

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// englishDate reads "June 17, 2008 [EBook #84]" as 2008-06-17.
func englishDate(s string) string {
	s, _, _ = strings.Cut(s, "[")
	t, err := time.Parse("January 2, 2006", strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// skipCredits passes over the lines on who prepared the file.
func skipCredits(lines []string, from, to int) int {
	i := from
	for {
		for i < to && blankLine(lines[i]) {
			i++
		}
		if i == to || i > from+80 || !credit(strings.TrimSpace(lines[i])) {
			return i
		}
		for i < to && !blankLine(lines[i]) {
			i++
		}
	}
}

func credit(line string) bool {
	for _, s := range []string{"Produced by", "Transcribed", "E-text prepared", "Etext prepared", "This etext was", "This eBook was",
		"This e-book was", "This Etext", "Prepared by", "Scanned", "HTML version", "Proofread", "Updated editions", "Digitized by", "[Transcriber"} {
		if len(line) >= len(s) && strings.EqualFold(line[:len(s)], s) {
			return true
		}
	}
	return false
}

// columns is how wide a line is shown: two for a wide character.
func columnsOf(s string) int {
	n := 0
	for _, r := range s {
		if n++; wideRune(r) {
			n++
		}
	}
	return n
}

func wideRune(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff ||
		r >= 0xfe30 && r <= 0xfe4f || r >= 0xff00 && r <= 0xff60 || r >= 0x20000 && r <= 0x3fffd)
}

// A wrapping says how a file's lines are broken: at most at this many columns;
// 0 means that each line is a paragraph.
type wrapping int

// hardWrapped measures lines that others of their block follow: in files
// broken at a fixed width, most of them are nearly as wide as the widest.
func hardWrapped(lines []string) wrapping {
	var widths []int
	for i := 0; i+1 < len(lines); i++ {
		if !blankLine(lines[i]) && !blankLine(lines[i+1]) && !indented(lines[i+1]) {
			widths = append(widths, columnsOf(strings.TrimRight(lines[i], " \t")))
		}
	}
	if len(widths) < 4 {
		return 0
	}
	slices.Sort(widths)
	widest := widths[len(widths)*19/20]
	near, _ := slices.BinarySearch(widths, widest*3/4)
	if widest > 120 || 2*(len(widths)-near) < len(widths) {
		return 0
	}
	return wrapping(widest)
}

// indented reports a line that starts with two blanks or a wide one.
func indented(s string) bool {
	return strings.HasPrefix(s, "  ") || strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\u3000")
}

// block takes a run of lines without an empty one: a heading, a paragraph,
// several, or verse.
func (b *textBook) block(lines []string, width wrapping) {
	if len(lines) <= 2 && chapterHeading(lines[0]) {
		text := strings.TrimSpace(lines[0])
		if len(lines) == 2 {
			text += " " + strings.TrimSpace(lines[1])
		}
		b.add(text, true, false)
		return
	}
	if illustration(lines) {
		return
	}
	switch {
	case width == 0:
		for _, l := range lines {
			b.add(strings.TrimSpace(l), chapterHeading(l), false)
		}
	case verse(lines, width):
		for i, l := range lines {
			b.add(strings.TrimRight(l, " \t"), false, i > 0)
		}
	default:
		b.paragraphs(lines)
	}
}

func (b *textBook) add(text string, chapter, tight bool) {
	b.parts = append(b.parts, bookPart{text, chapter, tight})
}

func illustration(lines []string) bool {
	first, last := strings.TrimSpace(lines[0]), strings.TrimSpace(lines[len(lines)-1])
	return strings.HasPrefix(first, "[Illustration") && strings.HasSuffix(last, "]")
}

// verse reports lines whose ends are meant: none but the last, or nearly none,
// is as wide as the page, or all are indented alike.
func verse(lines []string, width wrapping) bool {
	if len(lines) == 1 {
		return false
	}
	short, deep := 0, 0
	for i, l := range lines {
		if i < len(lines)-1 && columnsOf(strings.TrimRight(l, " \t")) < int(width)*3/5 {
			short++
		}
		if strings.HasPrefix(l, "  ") || strings.HasPrefix(l, "\t") {
			deep++
		}
	}
	return 2*short > len(lines)-1 || deep > 1 && 3*deep >= 2*len(lines)
}

// paragraphs joins wrapped lines. An indented line starts a new one.
func (b *textBook) paragraphs(lines []string) {
	var s []byte
	end := func() {
		if len(s) > 0 {
			text := string(s)
			b.add(text, chapterHeading(text), false)
		}
		s = s[:0]
	}
	for _, l := range lines {
		if indented(l) || chapterHeading(l) && strings.HasPrefix(strings.TrimSpace(l), "第") {
			end()
		}
		t := singleSpaces(strings.TrimSpace(l))
		if n := len(s); n > 0 {
			last, _ := utf8.DecodeLastRune(s)
			first, _ := utf8.DecodeRuneInString(t)
			hyphen := last == '-' && n > 1 && (s[n-2] == '-' || unicode.IsLetter(rune(s[n-2])) && s[n-2] < 0x80)
			if !hyphen && !(wideRune(last) && wideRune(first)) {
				s = append(s, ' ')
			}
		}
		s = append(s, t...)
		if chapterHeading(l) && strings.HasPrefix(t, "第") {
			end()
		}
	}
	end()
}

// singleSpaces makes one space of several, as typists put behind full stops.
func singleSpaces(s string) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// chapterHeading reports a line that begins a chapter, in English or Chinese.
func chapterHeading(line string) bool {
	line = strings.TrimSpace(line)
	if len(line) == 0 || len(line) > 200 || columnsOf(line) > 76 {
		return false
	}
	if chineseHeading(line) {
		return true
	}
	word, rest, _ := strings.Cut(line, " ")
	if strings.HasSuffix(word, ".") && rest == strings.ToUpper(rest) && strings.ContainsFunc(rest, unicode.IsLetter) &&
		strings.Trim(word[:len(word)-1], "IVXLC") == "" {
		return true // II. THE RED-HEADED LEAGUE
	}
	word = strings.TrimRight(word, ".:")
	switch strings.ToUpper(word) {
	case "CHAPTER", "BOOK", "PART", "VOLUME", "ACT", "SCENE", "LETTER", "CANTO", "STAVE", "ADVENTURE", "SECTION":
		return (word == strings.ToUpper(word) || unicode.IsUpper(rune(word[0]))) && numeral(rest)
	case "FIRST", "SECOND", "THIRD", "FOURTH", "FIFTH", "SIXTH", "LAST":
		return line == strings.ToUpper(line) && slices.Contains([]string{"ACT", "SCENE", "PART", "BOOK", "CHAPTER", "VOLUME"}, strings.Trim(rest, "."))
	case "PROLOGUE", "EPILOGUE", "PREFACE", "INTRODUCTION", "FOREWORD", "AFTERWORD", "CONCLUSION", "APPENDIX", "DEDICATION":
		return word == strings.ToUpper(word) && len(rest) < 40 || rest == "" && unicode.IsUpper(rune(word[0]))
	}
	return false
}

// numeral reports whether what follows CHAPTER starts with a number.
func numeral(s string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	word = strings.Trim(word, ".:,;—-–[]()")
	if word == "" {
		return false
	}
	if strings.Trim(word, "0123456789") == "" || strings.Trim(strings.ToUpper(word), "IVXLCDM") == "" && word == strings.ToUpper(word) {
		return true
	}
	switch w, _, _ := strings.Cut(strings.ToLower(word), "-"); w {
	case "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
		"fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "first", "second", "third",
		"fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "last", "the":
		return true
	}
	return false
}

// chineseHeading reports 第…章 and its like, or a word such as 楔子 alone.
func chineseHeading(line string) bool {
	switch strings.TrimSpace(line) {
	case "楔子", "序", "序章", "序言", "自序", "前言", "引子", "引言", "尾声", "尾聲", "后记", "後記", "跋", "终章", "終章", "番外", "附录", "附錄":
		return true
	}
	rest, ok := strings.CutPrefix(line, "第")
	if !ok {
		return false
	}
	n := 0
	for i, r := range rest {
		switch {
		case strings.ContainsRune("0123456789０１２３４５６７８９一二三四五六七八九十百千零〇两兩廿卅 ", r):
			n++
		case n > 0 && n < 10 && strings.ContainsRune("章回节節卷部篇集折幕", r):
			tail := rest[i+utf8.RuneLen(r):]
			return tail == "" || len([]rune(tail)) <= 30 && !strings.ContainsAny(tail, "。！？") &&
				(strings.ContainsRune(" \t\u3000：:·、，,（(", firstRune(tail)) || !strings.ContainsRune("的是里中有我他她你", firstRune(tail)))
		default:
			return false
		}
	}
	return false
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
