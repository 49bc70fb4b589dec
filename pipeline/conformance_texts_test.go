package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"feilun"
)

// uniq returns n different words of six letters from number from on.
func uniq(from, n int) []string {
	all := make([]string, n)
	for i := range all {
		k := from + i
		all[i] = string([]byte{'q', byte('a' + k/17576%26), byte('a' + k/676%26), byte('a' + k/26%26), byte('a' + k%26), 'o'})
	}
	return all
}

func join(words ...[]string) string {
	var all []string
	for _, w := range words {
		all = append(all, w...)
	}
	return strings.Join(all, " ")
}

func times(n int, word string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = word
	}
	return all
}

// sentences returns n different lines of 8 words; those before stopped end with stop.
func sentences(n, stopped int, stop string) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = join(uniq(8*i, 8))
		if i < stopped {
			lines[i] += stop
		}
	}
	return strings.Join(lines, "\n")
}

func en(text string) feilun.Doc { return feilun.Doc{Text: text, Language: "en"} }
func zh(text string) feilun.Doc { return feilun.Doc{Text: text, Language: "zh"} }

// conformLists writes lists for the recipes that have a step with some, and
// returns what to set, by recipe.
func conformLists(t *testing.T) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lists/adult.domains.txt": "blocked.example\nblocked.com\nwww2.host.example\n", "lists/adult.urls.txt": "site.example/bad\n",
		"hard.txt": "casino\n", "soft.txt": "poker\nbet\n", "sub.txt": "free-sex.now\nxxxvideo\n", "bad/en.txt": "naughty\n", "bad/zh.txt": "坏词\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	url := []string{
		"filter.url.lists=" + filepath.Join(dir, "lists"), "filter.url.words=" + filepath.Join(dir, "hard.txt"),
		"filter.url.soft_words=" + filepath.Join(dir, "soft.txt"), "filter.url.subwords=" + filepath.Join(dir, "sub.txt"),
	}
	return map[string][]string{
		"c4": {"filter.c4_bad_words.lists=" + filepath.Join(dir, "bad")}, "zh-web": url,
		"fineweb-2024-04": url, "fineweb-2025": url, "refinedweb": url, "dclm": url,
	}
}

// filterCases are those of a recipe's filters and edits.
func filterCases(recipe string) []conformCase {
	switch recipe {
	case "c4":
		return append(c4Cases(true), badWordCases()...)
	case "gopher":
		return append(gopherQuality("filter.gopher_quality"), gopherRepetition("filter.gopher_repetition")...)
	case "fineweb-2024-04":
		all := append(urlCases(), c4Cases(false)...)
		all = append(append(all, gopherQuality("filter.gopher_quality")[2:]...), occurrences()...)
		return append(append(append(all, gopherRepetition("filter.gopher_repetition")...), fineweb2024()...), maskCases()...)
	case "fineweb-2025":
		all := append(urlCases(), c4Cases(false)...)
		all = append(all, gopherQuality("filter.gopher_quality")...)
		return append(append(append(all, gopherRepetition("filter.gopher_repetition")...), fineweb2025()...), maskCases()...)
	case "fineweb2-zh":
		return append(fineweb2zh(), maskCases()...)
	case "refinedweb":
		all := append(urlCases(), gopherQuality("filter.gopher_quality")...)
		return append(append(all, gopherRepetition("filter.gopher_repetition")...), correctionCases()...)
	case "dclm":
		return append(dclmCases(), correctionCases()...)
	case "ccnet":
		return []conformCase{
			{step: "filter.length", name: "299 characters", doc: zh(strings.Repeat("水", 299)), rule: "min_chars", value: 299, limit: 300},
			{step: "filter.length", name: "300 characters", doc: zh(strings.Repeat("水", 300))},
		}
	case "zh-web":
		return append(append(zhWeb(), urlCases()...), zhWebEnglish()...)
	}
	return nil
}

// gopherQuality has words that every rule for words cuts alike. The first two
// need stop words to be told apart, as datatrove does since January 2025.
func gopherQuality(step string) []conformCase {
	base := func(n int) []string { return strings.Fields(strings.Repeat("the river and mills ", n))[:n] }
	lines := func(bullets int) string {
		var all []string
		for i := range 10 {
			l := "the river and mills of old towns"
			if i < bullets {
				l = "- " + l
			}
			all = append(all, l)
		}
		return strings.Join(all, "\n")
	}
	dots := func(n int) string {
		return strings.Repeat("the river and mills of old towns …\n", n) + strings.Repeat("the river and mills of old towns\n", 10-n)
	}
	return []conformCase{
		{step: step, name: "one stop word twice", doc: en(join(base(48)[:1], times(1, "the"), times(48, "river"))), rule: "min_stop_words", value: 1, limit: 2},
		{step: step, name: "two stop words", doc: en(join([]string{"the", "and"}, times(48, "river")))},
		{step: step, name: "49 words", doc: en(join(base(49))), rule: "min_words", value: 49, limit: 50},
		{step: step, name: "50 words", doc: en(join(base(50)))},
		{step: step, name: "100001 words", doc: en(join(base(100001))), rule: "max_words", value: 100001, limit: 100000},
		{step: step, name: "mean word 3", doc: en(join([]string{"the", "and"}, times(48, "mew")))},
		{step: step, name: "mean word 2.98", doc: en(join([]string{"the", "and", "ox"}, times(47, "mew"))), rule: "min_mean_word", value: 149. / 50, limit: 3},
		{step: step, name: "mean word 10", doc: en(join([]string{"the", "and"}, times(46, "waterfalls"), times(2, "abcdefghijklmnopq")))},
		{step: step, name: "mean word 10.02", doc: en(join([]string{"the", "and"}, times(46, "waterfalls"), []string{"abcdefghijklmnopq", "abcdefghijklmnopqr"})), rule: "max_mean_word", value: 501. / 50, limit: 10},
		{step: step, name: "a tenth hashes", doc: en(join(base(90), times(10, "#")))},
		{step: step, name: "11 of 100 hashes", doc: en(join(base(89), times(11, "#"))), rule: "max_hashes", value: 0.11, limit: 0.1},
		{step: step, name: "9 of 10 bullets", doc: en(lines(9))},
		{step: step, name: "all bullets", doc: en(lines(10)), rule: "max_bullet_lines", value: 1, limit: 0.9},
		{step: step, name: "3 of 10 ellipses", doc: en(dots(3))},
		{step: step, name: "4 of 10 ellipses", doc: en(dots(4)), rule: "max_ellipsis_lines", value: 0.4, limit: 0.3},
		{step: step, name: "80 of 100 with letters", doc: en(join(base(80), times(20, "1234")))},
		{step: step, name: "79 of 100 with letters", doc: en(join(base(79), times(21, "1234"))), rule: "min_alpha_words", value: 0.79, limit: 0.8},
	}
}

// occurrences count as datatrove counted until January 2025.
func occurrences() []conformCase {
	step := "filter.gopher_quality"
	return []conformCase{
		{step: step, name: "one stop word twice", doc: en(join(times(2, "the"), times(48, "river")))},
		{step: step, name: "one stop word once", doc: en(join(times(1, "the"), times(49, "river"))), rule: "min_stop_words", value: 1, limit: 2},
	}
}

// repeatedLines has 10 lines, of which n repeat the first.
func repeatedLines(n int, between string) string {
	all := times(n+1, "quiet.")
	for i := range 9 - n {
		all = append(all, join(uniq(12*i, 12)))
	}
	return strings.Join(all, between)
}

// block has n words of six letters, the first k of them again at the end: of
// 7n-1 characters, 6k are repeated.
func block(n, k int) string { return join(uniq(0, n-k), uniq(0, k)) }

func gopherRepetition(step string) []conformCase {
	return []conformCase{
		{step: step, name: "3 of 10 lines", doc: en(repeatedLines(3, "\n"))},
		{step: step, name: "4 of 10 lines", doc: en(repeatedLines(4, "\n")), rule: "dup_line_frac", value: 0.4, limit: 0.3},
		{step: step, name: "3 of 10 paragraphs", doc: en(repeatedLines(3, "\n\n"))},
		{step: step, name: "4 of 10 paragraphs", doc: en(repeatedLines(4, "\n\n")), rule: "dup_para_frac", value: 0.4, limit: 0.3},
		{step: step, name: "15 of 100 words again", doc: en(block(100, 15))},
		{step: step, name: "20 of 100 words again", doc: en(block(100, 20)), rule: "dup_5_gram", value: 120. / 699, limit: 0.15},
		{step: step, name: "a pair five times", doc: en(pairOften(5, 7)), rule: "top_2_gram", value: 65. / 314, limit: 0.2},
		{step: step, name: "a pair less often", doc: en(pairOften(5, 8))},
	}
}

// pairOften has one pair of words of 13 characters n times, each followed by k
// other words: 7n(k+2)-1 characters.
func pairOften(n, k int) string {
	var all []string
	for i := range n {
		all = append(all, "qqqqqo", "qqqqqa")
		all = append(all, uniq(k*i, k)...)
	}
	return join(all)
}

func urlCases() []conformCase {
	step := "filter.url"
	page := func(url string) feilun.Doc { return feilun.Doc{URL: url, Text: "x", Language: "en"} }
	return []conformCase{
		{step: step, name: "registered domain", doc: page("https://a.b.blocked.com/x"), rule: "domain", value: 1},
		{step: step, name: "host", doc: page("http://www2.host.example/"), rule: "subdomain", value: 1},
		{step: step, name: "deeper host", doc: page("http://a.www2.host.example/")},
		{step: step, name: "hard word", doc: page("http://ok.example/casino-tips"), rule: "max_words", value: 1},
		{step: step, name: "part of a word", doc: page("http://ok.example/casinos")},
		{step: step, name: "one soft word", doc: page("http://ok.example/poker")},
		{step: step, name: "two soft words", doc: page("http://ok.example/poker/bet"), rule: "max_soft_words", value: 2, limit: 1},
		{step: step, name: "sequence", doc: page("http://ok.example/my-xxx-video"), rule: "max_subwords", value: 1},
	}
}

func maskCases() []conformCase {
	return []conformCase{
		{step: "filter.mask", name: "e-mail", doc: en("Write to ann@mail.example.org now."), want: "Write to email@example.com now."},
		{step: "filter.mask", name: "public address", doc: en("From 8.8.8.8 it came."), want: "From 22.214.171.124 it came."},
		{step: "filter.mask", name: "private address", doc: en("From 192.168.0.1 it came.")},
		{step: "filter.mask", name: "telephone numbers stay", doc: en("Call 13912345678.")},
	}
}

// correctionCases are RefinedWeb's line corrections with the tests of DCLM.
func correctionCases() []conformCase {
	page, lines := "filter.refined_web_page", "filter.refined_web_lines"
	text := func(n int) string { return join(uniq(0, n)) + "\n" + "3 likes\n" }
	return []conformCase{
		{step: page, name: "2 of 40 words go", doc: en(text(38))},
		{step: page, name: "2 of 39 words go", doc: en(text(37)), rule: "max_removed", value: 2. / 39, limit: 0.05},
		{step: lines, name: "half capitals", doc: en("ABC de\nABab go")},
		{step: lines, name: "more capitals", doc: en("ABCD ef\nan open door"), want: "an open door"},
		{step: lines, name: "digits alone", doc: en("20240101\nan open door"), want: "an open door"},
		{step: lines, name: "digits and a space", doc: en("2024 0101\nan open door")},
		{step: lines, name: "counter", doc: en("3 likes\nan open door"), want: "an open door"},
		{step: lines, name: "counter in a sentence", doc: en("3 likes came\nan open door")},
		{step: lines, name: "one word", doc: en("Home\nan open door"), want: "an open door"},
		{step: lines, name: "phrase in 10 words", doc: en("sign-in one two three four five six seven eight nine"), want: " one two three four five six seven eight nine"},
		{step: lines, name: "phrase in 11 words", doc: en("sign-in one two three four five six seven eight nine ten")},
		{step: lines, name: "read more", doc: en("The old mill Read more..."), want: "The old mill "},
	}
}

func badWordCases() []conformCase {
	step := "filter.c4_bad_words"
	return []conformCase{
		{step: step, name: "a word of the list", doc: en("That was Naughty."), rule: "found", value: 1},
		{step: step, name: "part of a word", doc: en("That was naughtyish.")},
		{step: step, name: "anywhere in Chinese", doc: zh("这是坏词吗"), rule: "found", value: 1},
	}
}

// c4Cases end their lines with a stop; punct says whether they must.
func c4Cases(punct bool) []conformCase {
	page, lines := "filter.c4_page", "filter.c4_lines"
	text := func(n int) string {
		return strings.TrimSuffix(strings.Repeat("The river is wide here.\n", n), "\n")
	}
	all := []conformCase{
		{step: page, name: "4 sentences", doc: en(text(4)), rule: "min_sentences", value: 4, limit: 5},
		{step: page, name: "5 sentences", doc: en(text(5))},
		{step: page, name: "filler", doc: en(text(5) + "\nHere is Lorem Ipsum again."), rule: "lorem_ipsum", value: 1},
		{step: page, name: "code", doc: en(text(5) + "\nHere { is code."), rule: "curly_bracket", value: 1},
		{step: page, name: "a line that goes is no reason", doc: en(text(5) + "\nThe javascript { is gone.")},
		{step: lines, name: "nothing to do", doc: en(text(5))},
		{step: lines, name: "2 words", doc: en("Two words.\nThree words here."), want: "Three words here."},
		{step: lines, name: "policy", doc: en("See our privacy policy here.\nThree words here."), want: "Three words here."},
		{step: lines, name: "citations", doc: en("It rained here [12] again [edit]."), want: "It rained here  again ."},
		{step: lines, name: "blank lines", doc: en("  Three words here. \n\nFour words are here."), want: "Three words here.\nFour words are here."},
	}
	open := conformCase{step: lines, name: "no stop", doc: en("There is no stop\nThree words here.")}
	if punct {
		open.want = "Three words here."
		all = append(all, conformCase{step: lines, name: "three dots are no stop", doc: en("One two three...\nThree words here."), want: "Three words here."})
	}
	return append(all, open)
}

// newLines has n lines of 8 words and k line feeds more between the first two.
func newLines(n, k int) string {
	return strings.Replace(sentences(n, n, "."), "\n", strings.Repeat("\n", k+1), 1)
}

func fineweb2025() []conformCase {
	step := "filter.fineweb"
	return []conformCase{
		{step: step, name: "12 of 100 lines stop", doc: en(sentences(100, 12, "."))},
		{step: step, name: "11 of 100 lines stop", doc: en(sentences(100, 11, ".")), rule: "min_line_punct", value: 0.11, limit: 0.12},
		{step: step, name: "stops of other scripts", doc: en(sentences(100, 12, "。"))},
		{step: step, name: "67 of 100 short", doc: en(short(67))},
		{step: step, name: "68 of 100 short", doc: en(short(68)), rule: "max_short_lines", value: 0.68, limit: 0.67},
		{step: step, name: "a line twice", doc: en(sentences(10, 10, ".") + "\n" + join(uniq(0, 8)) + "."), rule: "max_dup_chars", value: 1. / 11, limit: 0.01},
		{step: step, name: "27 line feeds to 90 words", doc: en(newLines(10, 18))},
		{step: step, name: "28 line feeds to 90 words", doc: en(newLines(10, 19)), rule: "max_new_lines", value: 28. / 90, limit: 0.3},
	}
}

// short has 100 lines, n of 30 characters, the others of 31.
func short(n int) string {
	var all []string
	for i := range 100 {
		l := fmt.Sprintf("%s %s a b c d e f ghi", uniq(2*i, 1)[0], uniq(2*i+1, 1)[0])
		if i >= n {
			l += "j"
		}
		all = append(all, l+".")
	}
	return strings.Join(all, "\n")
}

// fineweb2024 drops on the limit, counts blank lines, and knows fewer stops.
func fineweb2024() []conformCase {
	step := "filter.fineweb"
	return []conformCase{
		{step: step, name: "13 of 100 lines stop", doc: en(sentences(100, 13, "!"))},
		{step: step, name: "12 of 100 lines stop", doc: en(sentences(100, 12, ".")), rule: "min_line_punct", value: 0.12, limit: 0.12},
		{step: step, name: "stops of other scripts", doc: en(sentences(100, 100, "。")), rule: "min_line_punct", value: 0, limit: 0.12},
		{step: step, name: "66 of 100 short", doc: en(short(66))},
		{step: step, name: "67 of 100 short", doc: en(short(67)), rule: "max_short_lines", value: 0.67, limit: 0.67},
	}
}
