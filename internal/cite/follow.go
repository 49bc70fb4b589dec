package cite

import (
	"strings"
	"unicode/utf8"
)

// leaning are words by which a question points to what was said before.
var leaning = [...]string{"他", "她", "它", "牠", "这", "這", "那", "该", "該", "其", "此", "上述", "前者", "后者", "後者", "呢"}

var leaningWords = map[string]bool{"he": true, "she": true, "it": true, "they": true, "him": true, "her": true, "them": true, "his": true, "its": true, "their": true,
	"this": true, "that": true, "these": true, "those": true, "there": true, "then": true, "one": true, "ones": true, "former": true, "latter": true}

// maxBack is how many questions before may be taken along.
const maxBack = 3

// Context is what the last of a user's questions takes along from those before: their content words, where it leans
// on them by a pronoun or because it says too little, without those it has itself. The rule is fixed; no page has a part in it.
func Context(questions []string) string {
	last := len(questions) - 1
	context := ""
	for i := last - 1; i >= 0 && last-i <= maxBack && needsMore(questions[i+1]); i-- {
		if words := contentOf(questions[i], context+" "+questions[last]); words != "" {
			context = strings.TrimSpace(words + " " + context)
		}
	}
	return context
}

// needsMore reports whether a question leans on what was said before it.
func needsMore(question string) bool {
	f := read(question)
	weight := 0.0
	for i := range f.terms {
		if leaningWords[strings.ToLower(f.terms[i].at.Of(question))] {
			return true
		}
		weight += f.terms[i].weight
	}
	for _, w := range leaning {
		if strings.Contains(question, w) {
			return true
		}
	}
	return weight < 2
}

// contentOf returns the parts of a question that say what it is about and are not in query yet.
func contentOf(question, query string) string {
	const most = 80 // characters
	for _, f := range focuses {
		question = f.ask.ReplaceAllString(question, " ")
	}
	f, have := read(question), read(query).keys
	var b strings.Builder
	end := 0
	for i := range f.terms {
		t := &f.terms[i]
		if t.weight < crossWeight || have[t.key] || leaningWords[strings.ToLower(t.at.Of(question))] {
			continue
		}
		from := max(t.at.Start, end)
		if from >= t.at.End {
			continue
		}
		if b.Len() > 0 && t.at.Start > end {
			b.WriteByte(' ')
		}
		b.WriteString(question[from:t.at.End])
		if end = t.at.End; utf8.RuneCountInString(b.String()) > most {
			break
		}
	}
	return b.String()
}
