package cite

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// A Citation ties a sentence of an answer to a span of the stored text of a source.
type Citation struct {
	N        int    // as [N] in the answer; counted from 1, unique
	Source   int    // index in the set
	Span            // of the stored text
	Sentence [2]int // UTF-16 units of the answer
	Support  float64
}

// Why a sentence is marked.
const (
	Unsupported = "unsupported" // no source supports it
	Injection   = "injection"   // a page told the model to say it
)

// A Mark is a sentence that is shown with a warning.
type Mark struct {
	Sentence [2]int // UTF-16 units of the answer
	Why      string
}

// A Part is checked text that goes on with what was let through before, with what belongs to it.
type Part struct {
	Text      string
	Citations []Citation
	Marks     []Mark
}

// A Writer lets a model's text through sentence by sentence. Each sentence that claims something gets
// the citations that support it: those the model gave, as far as they do, else the best there
// is; or a mark. Nothing in what comes out leads to, or loads from, anywhere but the sources.
type Writer struct {
	set     *Set
	mark    string
	links   map[string]bool
	pending string
	units   int // UTF-16 units let through
	n       int // citations so far
	last    byte

	Claims      int // sentences that claimed something
	Unsupported int // of them, those that nothing supports
}

// NewWriter returns a writer of an answer from a set of sources to a model that was given prompt.
func NewWriter(set *Set, prompt Prompt) *Writer {
	w := &Writer{set: set, mark: prompt.Mark, links: map[string]bool{}}
	for _, s := range set.Sources {
		if strings.HasPrefix(s.URL, "http://") || strings.HasPrefix(s.URL, "https://") {
			w.links[s.URL] = true
		}
	}
	return w
}

// Write takes what the model wrote next and returns what can be shown by now.
func (w *Writer) Write(text string) []Part {
	w.pending += text
	return w.release(false)
}

// Close returns the rest.
func (w *Writer) Close() []Part { return w.release(true) }

func (w *Writer) release(final bool) (out []Part) {
	for w.pending != "" {
		n, code, ok := cut(w.pending, final)
		if !ok {
			break
		}
		raw := w.pending[:n]
		w.pending = w.pending[n:]
		if w.joins(raw) {
			raw = " " + raw
		}
		if p := w.sentence(raw, code); p.Text != "" {
			w.units += Units(p.Text)
			w.last = p.Text[len(p.Text)-1]
			out = append(out, p)
		}
	}
	return out
}

// joins reports whether text could form a link or a picture together with what was let through.
func (w *Writer) joins(text string) bool {
	text = Clean(text)
	return text != "" && (w.last == ']' && (text[0] == '(' || text[0] == '[' || text[0] == ':') || w.last == '!' && text[0] == '[')
}

func (w *Writer) sentence(raw string, code bool) Part {
	if w.mark != "" && strings.Contains(raw, w.mark) {
		return Part{} // the frame of the prompt: nothing of the answer
	}
	at := trim(raw, Span{0, len(raw)})
	before, body, after := raw[:at.Start], at.Of(raw), raw[at.End:]
	if code || body == "" {
		return Part{Text: before + Inert(body, w.links, true) + after}
	}
	body, numbers := Marked(body, len(w.set.Sources))
	body = strings.TrimRightFunc(Inert(body, w.links, false), unicode.IsSpace)
	if strings.TrimSpace(body) == "" {
		if strings.Contains(before+after, "\n") {
			return Part{Text: before + after}
		}
		return Part{}
	}
	from := w.units + Units(before)
	p := Part{Text: before + body}
	sentence := [2]int{from, from + Units(body)}
	if claims(body) {
		w.Claims++
		w.check(&p, body, numbers, sentence)
	}
	p.Text += after
	return p
}

// check attaches citations or a mark to a sentence.
func (w *Writer) check(p *Part, body string, numbers []int, sentence [2]int) {
	said := strings.ReplaceAll(body, Removed, "")
	c, exact := read(said), plain(said)
	var found []Match
	for _, n := range numbers {
		if m, ok := w.set.best(c, exact, n-1, false); ok && m.Support >= Supported {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		if m, ok := w.set.best(c, exact, -1, false); ok && m.Support >= Supported {
			found = append(found, m)
		}
	}
	if told, ok := w.set.best(c, exact, -1, true); Instructs(body) || ok && told.Support >= Supported && (len(found) == 0 || told.Support > found[0].Support) {
		p.Marks = append(p.Marks, Mark{sentence, Injection})
		w.Unsupported++
		return
	}
	if len(found) == 0 {
		p.Marks = append(p.Marks, Mark{sentence, Unsupported})
		w.Unsupported++
		return
	}
	if strings.HasSuffix(p.Text, "!") {
		p.Text += " " // no picture
	}
	for _, m := range found {
		w.n++
		p.Citations = append(p.Citations, Citation{w.n, m.Source, m.Span, sentence, m.Support})
		p.Text += "[" + strconv.Itoa(w.n) + "]"
	}
}

// claims reports whether a sentence says something that could be wrong of the world: not a question, a heading, an
// introduction, or that the sources do not say.
func claims(body string) bool {
	if strings.HasPrefix(body, "#") || strings.HasSuffix(body, "?") || strings.HasSuffix(body, "？") || strings.HasSuffix(body, ":") || strings.HasSuffix(body, "：") || saysNothing(body) {
		return false
	}
	f := read(body)
	weight := 0.0
	for i := range f.terms {
		if weight += f.terms[i].weight; f.terms[i].name {
			return true
		}
	}
	return weight >= 1.5 || len(f.numbers) > 0
}

// Units is the length of a text in UTF-16 units.
func Units(s string) (n int) {
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
