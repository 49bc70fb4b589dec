package inspect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"feilun/internal/ledger"
	"feilun/internal/words"
)

// Kinds of marks, and answers to where a rule looked.
const (
	markNote   = "note"   // what the rule's note names
	markRepeat = "repeat" // stands in the text before
	markLine   = "line"   // a line the rule counts
	markGood   = "good"   // a feature that raises the score
	markBad    = "bad"    // one that lowers it
	markOther  = "other"  // differs from the near-duplicate

	whereURL   = "url"   // the note is in the address
	whereWhole = "whole" // the rule measures the text as a whole
	wherePage  = "page"  // the rule looks at the page or its headers
)

const (
	marksMost = 2000
	noteMost  = 300 // occurrences of a note
)

var gram = regexp.MustCompile(`^(top|dup)_(\d+)_gram$`)

// marksOf finds the passages that a verdict is about, and says where they are:
// a kind of mark, or where else the rule looked.
func marksOf(text, language string, r *ledger.Row) ([]mark, string) {
	name := RuleName(r.Filter, r.Rule)
	step, _, _ := strings.Cut(r.Filter, "@")
	switch {
	case r.Stage == "crawl" || r.Stage == "extract" && r.Rule != "min_chars" || step == "status" || step == "robots":
		return nil, wherePage
	case step == "url":
		return nil, whereURL
	}
	if m := gram.FindStringSubmatch(r.Rule); m != nil {
		n, err := strconv.Atoi(m[2])
		if err == nil && n > 0 && n < 100 {
			return gramMarks(text, language, n, m[1] == "top", name), markRepeat
		}
	}
	if f := lineRule(r.Rule); f != nil {
		return lineMarks(text, name, f)
	}
	if r.Note != "" && r.Stage == "filter" {
		if marks := noteMarks(text, r.Note, name); len(marks) > 0 {
			return marks, markNote
		}
	}
	return nil, whereWhole
}

// noteMarks finds what a note names; its parts are joined by " … ".
func noteMarks(text, note, rule string) []mark {
	var marks []mark
	for _, part := range strings.Split(note, "…") {
		if part = strings.TrimSpace(part); part != "" {
			marks = append(marks, occurrences(text, part, markNote, rule, noteMost)...)
		}
	}
	return inOrder(marks)
}

// occurrences finds a phrase without regard to case; white space in it stands
// for any.
func occurrences(text, phrase, kind, rule string, most int) []mark {
	fields := strings.Fields(phrase)
	for i, f := range fields {
		fields[i] = regexp.QuoteMeta(strings.ToValidUTF8(f, ""))
	}
	pattern := strings.Join(fields, `\s+`)
	if pattern == "" {
		return nil
	}
	if first, _ := utf8.DecodeRuneInString(fields[0]); first < utf8.RuneSelf && (unicode.IsLetter(first) || unicode.IsDigit(first)) {
		pattern = `\b` + pattern
	}
	re, err := regexp.Compile(`(?i)` + pattern)
	if err != nil {
		return nil
	}
	var marks []mark
	for _, at := range re.FindAllStringIndex(text, most) {
		marks = append(marks, mark{at[0], at[1], kind, rule})
	}
	return marks
}

// inOrder sorts marks and drops those that overlap an earlier one.
func inOrder(marks []mark) []mark {
	slices.SortStableFunc(marks, func(a, b mark) int { return a.start - b.start })
	out, end := marks[:0], 0
	for _, m := range marks {
		if m.start >= end && len(out) < marksMost {
			out, end = append(out, m), m.end
		}
	}
	return out
}

// gramMarks marks the most frequent n-gram of words, or every n-gram that
// stands in the text before.
func gramMarks(text, language string, n int, top bool, rule string) []mark {
	spans := words.Tokenize(nil, text, language)
	if len(spans) < n {
		return nil
	}
	key := func(i int) string {
		var b strings.Builder
		for _, s := range spans[i : i+n] {
			b.WriteString(strings.ToLower(s.Of(text)))
			b.WriteByte(0)
		}
		return b.String()
	}
	count := map[string]int{}
	var best string
	for i := range len(spans) - n + 1 {
		k := key(i)
		if count[k]++; count[k] > count[best] {
			best = k
		}
	}
	seen := map[string]bool{}
	var marks []mark
	for i, end := 0, 0; i+n <= len(spans); i++ {
		k := key(i)
		hit := seen[k]
		if top {
			hit = k == best && count[k] > 1
		}
		seen[k] = true
		if !hit {
			continue
		}
		start := int(spans[i].Start)
		if last := len(marks) - 1; last >= 0 && start <= end { // joined to the one before
			marks[last].end = int(spans[i+n-1].End)
		} else {
			marks = append(marks, mark{start, int(spans[i+n-1].End), markRepeat, rule})
		}
		end = marks[len(marks)-1].end
	}
	return inOrder(marks)
}

// A lineTest says whether a rule counts a line; seen is how often it stood before.
type lineTest func(line string, seen int) bool

// lineRule returns which lines a rule counts, nil for rules that do not look at lines.
func lineRule(rule string) lineTest {
	trimmed := func(f func(string) bool) lineTest {
		return func(line string, _ int) bool { line = strings.TrimSpace(line); return line != "" && f(line) }
	}
	switch rule {
	case "dup_line_frac", "dup_line_char_frac", "dup_para_frac", "dup_para_char_frac", "max_dup_chars":
		return func(line string, seen int) bool { return seen > 0 && strings.TrimSpace(line) != "" }
	case "max_bullet_lines":
		return trimmed(func(line string) bool {
			r, _ := utf8.DecodeRuneInString(line)
			return strings.ContainsRune("-*•‣▶◀◦■□▪▫–", r)
		})
	case "max_ellipsis_lines":
		return trimmed(func(line string) bool { return strings.HasSuffix(line, "…") || strings.HasSuffix(line, "...") })
	case "max_short_lines":
		return trimmed(func(line string) bool { return utf8.RuneCountInString(line) <= 30 })
	case "min_line_punct":
		return trimmed(func(line string) bool {
			r, _ := utf8.DecodeLastRuneInString(line)
			return !strings.ContainsRune(`.!?"'。！？”…;；:：」』`, r)
		})
	}
	return nil
}

func lineMarks(text, rule string, counts lineTest) ([]mark, string) {
	var marks []mark
	kind := markLine
	if strings.Contains(rule, "dup_") {
		kind = markRepeat
	}
	seen := map[string]int{}
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i
		}
		if line := text[at:end]; line != "" {
			if counts(line, seen[line]) {
				marks = append(marks, mark{at, end, kind, rule})
			}
			seen[line]++
		}
		at = end + 1
	}
	return inOrder(marks), kind
}
