package cite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"feilun/internal/testkit"
)

// A question of the test data with the page that answers it.
type question struct {
	id, text string
	answers  []string
	doc      *page
}

type page struct {
	id, title, text string
	questions       []*question
}

var questionSets = []string{"cmrc2018-zh", "drcd-zh-hant", "xquad-zh", "xquad-en"}

// readQuestions reads a folder of data/search.
func readQuestions(tb testing.TB, set string) (pages []*page, all []*question) {
	dir := testkit.Data(tb, "search", set)
	docs := map[string]*page{}
	eachLine(tb, filepath.Join(dir, "corpus.jsonl.zst"), func(b []byte) {
		var d struct {
			ID          string `json:"_id"`
			Title, Text string
		}
		if err := json.Unmarshal(b, &d); err != nil {
			tb.Fatal(err)
		}
		docs[d.ID] = &page{id: d.ID, title: d.Title, text: d.Text}
		pages = append(pages, docs[d.ID])
	})
	relevant := map[string]string{}
	eachLine(tb, filepath.Join(dir, "qrels.tsv.zst"), func(b []byte) {
		if f := strings.Split(string(b), "\t"); len(f) == 3 && docs[f[1]] != nil {
			relevant[f[0]] = f[1]
		}
	})
	eachLine(tb, filepath.Join(dir, "queries.jsonl.zst"), func(b []byte) {
		var d struct {
			ID      string `json:"_id"`
			Text    string
			Answers []string
		}
		if err := json.Unmarshal(b, &d); err != nil {
			tb.Fatal(err)
		}
		if p := docs[relevant[d.ID]]; p != nil {
			q := &question{d.ID, d.Text, d.Answers, p}
			all, p.questions = append(all, q), append(p.questions, q)
		}
	})
	return pages, all
}

func eachLine(tb testing.TB, name string, each func([]byte)) {
	for line := range bytes.Lines(testkit.ReadZstd(tb, name)) {
		each(bytes.TrimSpace(line))
	}
}

// half puts all pages of a title into one half: 0 is tuned on, 1 is reported.
func half(title string) int {
	h := fnv.New32a()
	h.Write([]byte(title))
	return int(h.Sum32()>>7) & 1
}

var (
	askHan = regexp.MustCompile(`(什么|什麼|甚么|甚麼)(时候|時候|地方|年份)?|哪(一|几|幾)?(个|個|位|年|些|里|裡|裏|兒|儿|国|國|种|種|项|項|座|条|條|场|場|类|類|部|家)?|谁|誰|多少|几|幾|何(时|時|处|處|地|人|种|種|年)|为何|為何|如何|怎么样?|怎麼樣?`)
	askEn  = regexp.MustCompile(`(?i)\b(what|which|who|whom|whose|when|where|why|how( many| much| long| old| far)?)\b( (was|were|is|are|did|do|does|has|have|had|can|could|will|would)\b)?`)
	verbs  = regexp.MustCompile(`是|有|在|被|由|为|於|于|能|會|会`)
	auxEn  = regexp.MustCompile(`(?i)\b(was|were|is|are|did|do|does|has|have|had|can|could|will|would)\b`)
)

// statement turns a question and an answer into a sentence that claims it; "" where the rule does not fit.
func statement(q, answer string) string {
	q = strings.TrimRight(strings.TrimSpace(q), "？?。 ")
	if Language(q) != "en" {
		at := askHan.FindStringIndex(q)
		if at == nil {
			return ""
		}
		return q[:at[0]] + answer + q[at[1]:] + "。"
	}
	at := askEn.FindStringIndex(q)
	if at == nil {
		return ""
	}
	return strings.TrimSpace(q[:at[0]]) + " " + strings.TrimSpace(q[at[1]:]) + " " + answer + "."
}

func negate(q, answer string) string {
	s := statement(q, answer)
	if s == "" {
		return ""
	}
	if Language(q) != "en" {
		at := verbs.FindStringIndex(s)
		if at == nil {
			return ""
		}
		if strings.HasPrefix(s[at[0]:], "有") {
			return s[:at[0]] + "没" + s[at[0]:]
		}
		return s[:at[0]] + "不" + s[at[0]:]
	}
	m := auxEn.FindString(q)
	if m == "" {
		return ""
	}
	return strings.TrimSuffix(s, answer+".") + m + " not " + answer + "."
}

// renumber changes the first number of a text.
func renumber(answer string) string {
	for _, n := range numbers(answer) {
		if s := n.at.Of(answer); s[0] >= '0' && s[0] <= '9' {
			i := 0
			for i < len(s) && s[i] >= '0' && s[i] <= '9' {
				i++
			}
			v, err := strconv.Atoi(s[:i])
			if err != nil {
				return ""
			}
			return answer[:n.at.Start] + strconv.Itoa(v+7) + answer[n.at.Start+i:]
		}
	}
	return ""
}

// A pair is a claim with what it is held to.
type pair struct {
	kind, question, claim string
	pages                 []*page
	true                  bool
}

// pairs makes claims of the questions of a half, true and false ones.
func pairs(all []*question, want int) (out []pair) {
	for i, q := range all {
		if half(q.doc.title) != want || !strings.Contains(q.doc.text, q.answers[0]) {
			continue
		}
		answer := q.answers[0]
		s := statement(q.text, answer)
		if s == "" {
			continue
		}
		own := []*page{q.doc}
		out = append(out, pair{"true", q.text, s, own, true})
		for _, o := range q.doc.questions {
			if a := o.answers[0]; !related(a, q.answers) && strings.Contains(q.doc.text, a) {
				out = append(out, pair{"other answer of the page", q.text, statement(q.text, a), own, false})
				break
			}
		}
		other := all[(i+len(all)/2)%len(all)]
		if a := other.answers[0]; !strings.Contains(q.doc.text, a) {
			out = append(out, pair{"answer of another page", q.text, statement(q.text, a), own, false})
		}
		if a := renumber(answer); a != "" && !strings.Contains(q.doc.text, a) {
			out = append(out, pair{"number changed", q.text, statement(q.text, a), own, false})
		}
		if n := negate(q.text, answer); n != "" {
			out = append(out, pair{"negated", q.text, n, own, false})
		}
		if other.doc.title != q.doc.title {
			out = append(out, pair{"another page", q.text, s, []*page{other.doc}, false})
		}
	}
	return out
}

func related(a string, answers []string) bool {
	return slices.ContainsFunc(answers, func(b string) bool { return strings.Contains(a, b) || strings.Contains(b, a) })
}

func setOf(pages []*page, question string) *Set {
	var sources []Source
	for _, p := range pages {
		sources = append(sources, Source{Title: p.title, Text: p.text})
	}
	return NewSet(sources, question)
}

// TestPairs tells how well support tells true claims from false ones, on the half
// that nothing was tuned on.
func TestPairs(t *testing.T) {
	type tally struct{ n, accepted int }
	for want := range 2 {
		total := map[string]*tally{}
		for _, set := range questionSets {
			_, all := readQuestions(t, set)
			if testing.Short() {
				all = all[:min(len(all), 100)]
			}
			counts := map[string]*tally{}
			for _, p := range pairs(all, want) {
				m, _ := setOf(p.pages, p.question).Best(p.claim, -1)
				for _, c := range []map[string]*tally{counts, total} {
					if c[p.kind] == nil {
						c[p.kind] = &tally{}
					}
					c[p.kind].n++
					if m.Support >= Supported {
						c[p.kind].accepted++
					}
				}
			}
			t.Logf("half %d %s: %s", want, set, line(counts, func(c *tally) string { return fmt.Sprintf("%d/%d", c.accepted, c.n) }))
		}
		tp, fp, all := total["true"].accepted, 0, total["true"].n
		for k, c := range total {
			if k != "true" {
				fp += c.accepted
			}
		}
		t.Logf("half %d all: %s; recall %.3f, precision %.3f", want, line(total, func(c *tally) string { return fmt.Sprintf("%.3f", float64(c.accepted)/float64(c.n)) }),
			float64(tp)/float64(all), float64(tp)/float64(tp+fp))
	}
}

func line[T any](m map[string]T, show func(T) string) string {
	var out []string
	for k, v := range m {
		out = append(out, k+" "+show(v))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
