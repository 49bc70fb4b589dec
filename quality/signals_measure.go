package quality

import (
	"math"
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/words"
)

// A signal is a cheap measurement of a document. Values are small integers, as
// trees want them: shares in thousandths, sizes as 64 times their binary
// logarithm. missing stands where the document does not say.
type signal int

const missing16 = -1

// The signals, in the order of columns.
const (
	sigChars signal = iota
	sigLines
	sigMeanLine
	sigLongestLine
	sigShortLines
	sigEndedLines
	sigRepeatedLines
	sigBulletLines
	sigLetters
	sigDigits
	sigPunctuation
	sigUpper
	sigSpaces
	sigHan
	sigCommas
	sigMeanWord
	sigAlphaWords
	sigDistinctWords
	sigTopWord
	sigRepeatedBigrams
	sigAddresses
	sigLinkDensity
	sigLinksPerBlock
	sigTextShare
	sigLanguage
	sigPathDepth
	sigPathDigits
	sigHost
	signalCount
)

// signalNames are the names of the columns, as the explanation prints them.
func signalNames() []string {
	return []string{"chars", "lines", "mean_line", "longest_line", "short_lines", "ended_lines", "repeated_lines", "bullet_lines",
		"letters", "digits", "punctuation", "upper", "spaces", "han", "commas", "mean_word", "alpha_words", "distinct_words", "top_word",
		"repeated_bigrams", "addresses", "link_density", "links_per_block", "text_share", "language_confidence", "path_depth",
		"path_digits", "host_reputation"}
}

// A measurer fills rows of signals. One goroutine at a time.
type measurer struct {
	lines map[uint64]bool
	count map[uint64]int
	pairs map[uint64]bool
}

func newMeasurer() *measurer {
	return &measurer{map[uint64]bool{}, map[uint64]int{}, map[uint64]bool{}}
}

// measure returns the signals of d; hosts gives reputations.
func (m *measurer) measure(row []int16, d *feilun.Doc, hosts map[string]float64) []int16 {
	row = append(row[:0], make([]int16, signalCount)...)
	chars := utf8.RuneCountInString(d.Text)
	row[sigChars] = size16(chars)
	m.lineSignals(row, d.Text)
	characterSignals(row, d.Text, chars)
	m.wordSignals(row, d)
	pageSignals(row, d, chars)
	addressSignals(row, d)
	row[sigHost] = missing16
	if r, ok := reputation(hosts, hostOf(d)); ok {
		row[sigHost] = int16(max(-30000, min(30000, r*1000)))
	}
	return row
}

func size16(n int) int16 { return int16(64 * math.Log2(float64(n+1))) }

func share16(a, b int) int16 { return int16(1000 * min(a, 30*b) / max(1, b)) }

func (m *measurer) lineSignals(row []int16, text string) {
	clear(m.lines)
	all, short, ended, bullets, longest, repeated, total := 0, 0, 0, 0, 0, 0, 0
	for len(text) > 0 {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line, text = text[:i], text[i+1:]
		} else {
			text = ""
		}
		if line = words.Trim(line); line == "" {
			continue
		}
		n := utf8.RuneCountInString(line)
		all++
		total += n
		longest = max(longest, n)
		if n <= 30 {
			short++
		}
		if words.IsTerminal(words.Last(line)) {
			ended++
		}
		if first, _ := utf8.DecodeRuneInString(line); strings.ContainsRune("•·-*●▪■", first) {
			bullets++
		}
		if h := words.Hash(line); m.lines[h] {
			repeated += n
		} else {
			m.lines[h] = true
		}
	}
	row[sigLines], row[sigMeanLine], row[sigLongestLine] = size16(all), size16(total/max(1, all)), size16(longest)
	row[sigShortLines], row[sigEndedLines], row[sigBulletLines] = share16(short, all), share16(ended, all), share16(bullets, all)
	row[sigRepeatedLines] = share16(repeated, total)
}

func characterSignals(row []int16, text string, chars int) {
	letters, digits, punctuation, upper, spaces, han, commas := 0, 0, 0, 0, 0, 0, 0
	for _, c := range text {
		switch {
		case c >= 0x4e00 && c <= 0x9fff:
			han++
			letters++
		case words.IsAlpha(c):
			letters++
			if c >= 'A' && c <= 'Z' {
				upper++
			}
		case words.IsDigit(c):
			digits++
		case words.IsSpace(c):
			spaces++
		case words.IsSymbol(c) || words.IsPunct(c):
			punctuation++
			if c == ',' || c == '，' || c == '、' || c == '。' || c == '.' {
				commas++
			}
		}
	}
	row[sigLetters], row[sigDigits], row[sigPunctuation] = share16(letters, chars), share16(digits, chars), share16(punctuation, chars)
	row[sigUpper], row[sigSpaces], row[sigHan] = share16(upper, letters), share16(spaces, chars), share16(han, chars)
	row[sigCommas] = share16(commas, max(1, punctuation))
}

// signalWords is how many words of a text are measured: shares of distinct
// words depend on length.
const signalWords = 400

func (m *measurer) wordSignals(row []int16, d *feilun.Doc) {
	all := words.Tokens(d, words.ByLanguage)
	all = all[:min(len(all), signalWords)]
	clear(m.count)
	clear(m.pairs)
	alpha, runes, top, repeated := 0, 0, 0, 0
	last := uint64(0)
	for _, w := range all {
		if w.Is&words.LetterIn != 0 {
			alpha++
			runes += int(w.Runes)
			m.count[w.Hash]++
			top = max(top, m.count[w.Hash])
		}
		pair := words.Mix(last, w.Hash)
		if m.pairs[pair] {
			repeated++
		}
		m.pairs[pair] = true
		last = w.Hash
	}
	row[sigMeanWord] = share16(runes, alpha)
	row[sigAlphaWords], row[sigDistinctWords] = share16(alpha, len(all)), share16(len(m.count), alpha)
	row[sigTopWord], row[sigRepeatedBigrams] = share16(top, alpha), share16(repeated, len(all))
}

func pageSignals(row []int16, d *feilun.Doc, chars int) {
	row[sigAddresses] = share16(strings.Count(d.Text, "http")+strings.Count(d.Text, "www."), max(1, chars/100))
	row[sigLinkDensity], row[sigLinksPerBlock], row[sigTextShare], row[sigLanguage] = missing16, missing16, missing16, missing16
	if l := d.Layout; l.Visible > 0 {
		row[sigLinkDensity], row[sigLinksPerBlock] = share16(l.Linked, l.Visible), share16(l.Links, max(1, l.Blocks))
		row[sigTextShare] = share16(min(chars, l.Visible), l.Visible)
	}
	if d.Confidence > 0 && d.Confidence < 1 { // 1 is what sources say that do not measure it
		row[sigLanguage] = int16(1000 * d.Confidence)
	}
}

func addressSignals(row []int16, d *feilun.Doc) {
	row[sigPathDepth], row[sigPathDigits] = missing16, missing16
	_, rest, ok := strings.Cut(d.URL, "://")
	if !ok {
		return
	}
	_, path, _ := strings.Cut(rest, "/")
	digits := 0
	for i := range len(path) {
		if path[i]-'0' < 10 {
			digits++
		}
	}
	row[sigPathDepth], row[sigPathDigits] = int16(min(100, strings.Count(path, "/"))), share16(digits, len(path))
}

// reputation looks a host up by its longest suffix that is listed.
func reputation(hosts map[string]float64, host string) (float64, bool) {
	if len(hosts) == 0 {
		return 0, false
	}
	for host != "" {
		if r, ok := hosts[host]; ok {
			return r, true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return 0, false
}
