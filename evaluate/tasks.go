package evaluate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// lines reads lines of JSON.
func lines[T any](r io.Reader, item func(T) (Item, error)) ([]Item, error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<20)
	var all []Item
	for n := 1; s.Scan(); n++ {
		if strings.TrimSpace(s.Text()) == "" {
			continue
		}
		var row T
		err := json.Unmarshal(s.Bytes(), &row)
		if err == nil {
			var i Item
			if i, err = item(row); err == nil {
				err = i.check()
			}
			all = append(all, i)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return all, s.Err()
}

// check refuses items that ask nothing.
func (i *Item) check() error {
	if len(i.Options) == 0 || i.Answer < 0 || i.Answer >= len(i.Options) {
		return fmt.Errorf("answer %d of %d options", i.Answer, len(i.Options))
	}
	for _, o := range i.Options {
		if strings.TrimSpace(o) == "" {
			return fmt.Errorf("an empty option")
		}
	}
	return nil
}

// letters name options.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// ask puts a question in the field's usual words: the question, its options by
// letter or not, then "答案：" or "Answer:", behind which the answer follows, after a
// space in English.
func ask(i *Item, form string) (before string, options []string) {
	zh := chinese(i.Question + i.Options[0])
	var b strings.Builder
	if i.Passage != "" {
		b.WriteString(strings.TrimSpace(i.Passage) + "\n")
	}
	q, a, space := "Question: ", "Answer:", " "
	if zh {
		q, a, space = "问题：", "答案：", ""
	}
	b.WriteString(q + strings.TrimSpace(i.Question) + "\n")
	for k, o := range i.Options {
		if form == Letter {
			fmt.Fprintf(&b, "%c. %s\n", letters[k%len(letters)], strings.TrimSpace(o))
			o = letters[k%len(letters) : k%len(letters)+1]
		}
		options = append(options, space+strings.TrimSpace(o))
	}
	b.WriteString(a)
	return b.String(), options
}

// chinese reports whether a text has Han characters.
func chinese(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// blank is what stands before an option that is scored without its question.
func blank(option string, kind Kind) string {
	switch {
	case kind != Choice:
		return ""
	case chinese(option):
		return "答案："
	}
	return "Answer:"
}

type cmmlu struct{}

func (*cmmlu) Name() string { return "cmmlu" }
func (*cmmlu) About() string {
	return "CMMLU (Li and others, 2023): Chinese exam questions of 67 subjects, four options; its dev part is for shots"
}
func (*cmmlu) Kind() Kind      { return Choice }
func (*cmmlu) Files() []string { return []string{"cmmlu.jsonl"} }
func (*cmmlu) Ask(i *Item, form string) (string, []string) {
	return ask(i, form)
}

func (*cmmlu) Items(r io.Reader) ([]Item, error) {
	return lines(r, func(x struct {
		Subject, Split, Question, A, B, C, D, Answer string
	}) (Item, error) {
		return Item{Group: x.Subject, Dev: x.Split == "dev", Question: x.Question, Options: []string{x.A, x.B, x.C, x.D}, Answer: letterIndex(x.Answer)}, nil
	})
}

// letterIndex returns the number of a letter, or -1.
func letterIndex(s string) int {
	if len(s) != 1 {
		return -1
	}
	return strings.Index(letters, s)
}

type c3 struct{}

func (*c3) Name() string { return "c3" }
func (*c3) About() string {
	return "C3 (Sun and others, 2020): questions on Chinese dialogues and texts, two to four options"
}
func (*c3) Kind() Kind                                  { return Choice }
func (*c3) Files() []string                             { return []string{"c3-d-dev.json", "c3-m-dev.json"} }
func (*c3) Ask(i *Item, form string) (string, []string) { return ask(i, form) }

func (*c3) Items(r io.Reader) ([]Item, error) {
	var rows [][]json.RawMessage
	if err := json.NewDecoder(r).Decode(&rows); err != nil {
		return nil, err
	}
	var all []Item
	for n, row := range rows {
		var text []string
		var questions []struct {
			Question string
			Choice   []string
			Answer   string
		}
		if len(row) < 2 {
			return nil, fmt.Errorf("text %d: %d parts, want 3", n, len(row))
		}
		if err := json.Unmarshal(row[0], &text); err != nil {
			return nil, fmt.Errorf("text %d: %w", n, err)
		}
		if err := json.Unmarshal(row[1], &questions); err != nil {
			return nil, fmt.Errorf("text %d: %w", n, err)
		}
		for _, q := range questions {
			i := Item{Passage: strings.Join(text, "\n"), Question: q.Question, Options: q.Choice, Answer: -1}
			for k, o := range q.Choice {
				if o == q.Answer {
					i.Answer = k
				}
			}
			if err := i.check(); err != nil {
				return nil, fmt.Errorf("text %d: %w", n, err)
			}
			all = append(all, i)
		}
	}
	return all, nil
}

type agieval struct{}

func (*agieval) Name() string { return "agieval" }
func (*agieval) About() string {
	return "AGIEval (Zhong and others, 2023): questions of official exams, Chinese and English, by file"
}
func (*agieval) Kind() Kind { return Choice }
func (*agieval) Files() []string {
	return []string{"agieval_gaokao-history.jsonl", "agieval_logiqa-zh.jsonl", "agieval_sat-en-without-passage.jsonl"}
}
func (*agieval) Ask(i *Item, form string) (string, []string) { return ask(i, form) }

func (*agieval) Items(r io.Reader) ([]Item, error) {
	return lines(r, func(x struct {
		Passage, Question, Label string
		Options                  []string
	}) (Item, error) {
		i := Item{Passage: x.Passage, Question: x.Question, Answer: letterIndex(x.Label)}
		for k, o := range x.Options {
			i.Options = append(i.Options, strings.TrimPrefix(o, fmt.Sprintf("(%c)", letters[k%len(letters)])))
		}
		return i, nil
	})
}

type hellaSwag struct{}

func (*hellaSwag) Name() string { return "hellaswag" }
func (*hellaSwag) About() string {
	return "HellaSwag (Zellers and others, 2019): how a description goes on, four endings"
}
func (*hellaSwag) Kind() Kind      { return Choice }
func (*hellaSwag) Files() []string { return []string{"hellaswag_val.jsonl"} }

func (*hellaSwag) Items(r io.Reader) ([]Item, error) {
	return lines(r, func(x struct {
		Ctx     string
		Label   int
		Endings []string
	}) (Item, error) {
		return Item{Question: x.Ctx, Options: x.Endings, Answer: x.Label}, nil
	})
}

// Ask has one form: endings follow the description.
func (*hellaSwag) Ask(i *Item, _ string) (string, []string) {
	var options []string
	for _, o := range i.Options {
		options = append(options, " "+strings.TrimSpace(o))
	}
	return strings.TrimSpace(i.Question), options
}

type lambada struct{}

func (*lambada) Name() string { return "lambada" }
func (*lambada) About() string {
	return "LAMBADA (Paperno and others, 2016): the last word of a passage, exactly, as OpenAI's version of the text has it"
}
func (*lambada) Kind() Kind      { return Word }
func (*lambada) Files() []string { return []string{"lambada_test.jsonl"} }

func (*lambada) Items(r io.Reader) ([]Item, error) {
	return lines(r, func(x struct{ Text string }) (Item, error) {
		text := strings.TrimSpace(x.Text)
		at := strings.LastIndexByte(text, ' ')
		if at < 0 {
			return Item{}, fmt.Errorf("a text of one word")
		}
		return Item{Question: text[:at], Options: []string{text[at+1:]}}, nil
	})
}

// Ask has one form: the word follows, after a space.
func (*lambada) Ask(i *Item, _ string) (string, []string) {
	return i.Question, []string{" " + i.Options[0]}
}

// minimalPairs are sentences of which one is acceptable.
type minimalPairs struct{ name string }

func (m *minimalPairs) Name() string { return m.name }
func (m *minimalPairs) About() string {
	if m.name == "blimp" {
		return "BLiMP (Warstadt and others, 2020): English minimal pairs; the acceptable sentence has to be likelier as a whole"
	}
	return "ZhoBLiMP (Liu and others, 2024): Chinese minimal pairs; the acceptable sentence has to be likelier as a whole"
}
func (m *minimalPairs) Kind() Kind      { return Pair }
func (m *minimalPairs) Files() []string { return []string{m.name + ".jsonl"} }

func (m *minimalPairs) Items(r io.Reader) ([]Item, error) {
	return lines(r, func(x struct {
		Good string `json:"sentence_good"`
		Bad  string `json:"sentence_bad"`
		UID  string
	}) (Item, error) {
		return Item{Group: x.UID, Options: []string{x.Good, x.Bad}}, nil
	})
}

// Ask has one form: nothing stands before a sentence.
func (m *minimalPairs) Ask(i *Item, _ string) (string, []string) { return "", i.Options }
