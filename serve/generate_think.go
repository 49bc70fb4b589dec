package serve

import "strings"

// The marks of thoughts, as Qwen, DeepSeek and others have them.
const thinkOpen, thinkClose = "<think>", "</think>"

// A thinkReader tells a thought at the beginning of an answer from the answer. What may become a mark
// is held back.
type thinkReader struct {
	emit  func(Piece) error
	state thinkState
	back  string
	begun bool // the thought has a text
}

type thinkState uint8

const (
	thinkMaybe thinkState = iota // at the beginning
	thinking
	thought // behind it, where white space is none of the answer's
	answering
)

// newThinkReader reads an answer; inside tells that it begins in a thought.
func newThinkReader(inside bool, emit func(Piece) error) *thinkReader {
	t := &thinkReader{emit: emit}
	if inside {
		t.state = thinking
	}
	return t
}

// read takes more of the answer.
func (t *thinkReader) read(p Piece) error {
	t.back += p.Text
	p.Text = ""
	if t.state == thinkMaybe {
		s := strings.TrimLeft(t.back, " \n")
		switch {
		case strings.HasPrefix(s, thinkOpen):
			t.state, t.back = thinking, s[len(thinkOpen):]
		case !strings.HasPrefix(thinkOpen, s):
			t.state = answering
		}
	}
	if t.state == thinking {
		p.Reasoning = t.thought()
	}
	if t.state == thought {
		if t.back = strings.TrimLeft(t.back, " \n"); t.back != "" {
			t.state = answering
		}
	}
	if t.state == answering {
		p.Text, t.back = t.back, ""
	}
	if p.Text == "" && p.Reasoning == "" && len(p.Logprobs) == 0 {
		return nil
	}
	return t.emit(p)
}

// thought takes what is certain of a thought, up to its end.
func (t *thinkReader) thought() string {
	if !t.begun {
		t.back = strings.TrimLeft(t.back, "\n")
		t.begun = t.back != ""
	}
	if text, rest, ok := strings.Cut(t.back, thinkClose); ok {
		t.state, t.back = thought, rest
		return strings.TrimRight(text, "\n")
	}
	n := len(strings.TrimRight(t.back, "\n"))
	for k := min(len(thinkClose)-1, len(t.back)); k > 0; k-- {
		if strings.HasSuffix(t.back, thinkClose[:k]) {
			n = min(n, len(strings.TrimRight(t.back[:len(t.back)-k], "\n")))
			break
		}
	}
	text := t.back[:n]
	t.back = t.back[n:]
	return text
}

// end emits what was held back.
func (t *thinkReader) end() error {
	rest := t.back
	t.back = ""
	switch {
	case rest == "" || t.state == thought:
		return nil
	case t.state == thinking:
		return t.emit(Piece{Reasoning: rest})
	}
	return t.emit(Piece{Text: rest})
}
