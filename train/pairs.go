package train

import (
	"cmp"
	"encoding/json"
	"strings"
)

// text is a field that holds text, or "".
func text(raw json.RawMessage) (s string) {
	json.Unmarshal(raw, &s) // else it is none
	return s
}

// turnList reads a list of turns, or one as a list.
func turnList(raw json.RawMessage) (list []chatTurn, why string) {
	if json.Unmarshal(raw, &list) == nil {
		return list, ""
	}
	var one chatTurn
	if json.Unmarshal(raw, &one) == nil {
		return []chatTurn{one}, ""
	}
	return nil, "of another form"
}

// addTurns puts a list of turns behind others.
func addTurns(turns []Turn, list []chatTurn) ([]Turn, string) {
	for _, t := range list {
		turn, err := t.turn()
		if err != nil {
			return nil, err.Error()
		}
		turns = append(turns, turn)
	}
	return turns, ""
}

// turnsOf reads a text as a turn of role, and a turn or a list of them as they are.
func turnsOf(raw json.RawMessage, role string) ([]Turn, string) {
	if !filled(raw) {
		return nil, ""
	}
	if s := text(raw); s != "" {
		return []Turn{{role, s}}, ""
	}
	list, why := turnList(raw)
	if why != "" {
		return nil, why
	}
	return addTurns(nil, list)
}

// asked puts the question of a row behind turns, whatever its name.
func (r *chatRow) asked(base []Turn) ([]Turn, string) {
	if r.Instruction != nil {
		return append(base, Turn{User, join(*r.Instruction, cmp.Or(r.Input, text(r.Context)))}), ""
	}
	for _, raw := range []json.RawMessage{r.Prompt, r.Query} {
		if turns, why := turnsOf(raw, User); len(turns) > 0 || why != "" {
			return append(base, turns...), why
		}
	}
	if r.Question != "" {
		base = append(base, Turn{User, r.Question})
	}
	return base, ""
}

// answered puts the question of a row and its answer behind turns.
func (r *chatRow) answered(base []Turn) ([]Turn, string) {
	all, why := r.asked(base)
	if why != "" || len(all) == len(base) {
		return base, why
	}
	if filled(r.Choices) || filled(r.Options) {
		return nil, "a question with choices"
	}
	for _, raw := range []json.RawMessage{r.Output, r.Completion, r.Response, r.Answer} {
		if turns, why := turnsOf(raw, Assistant); len(turns) > 0 || why != "" {
			return append(all, turns...), why
		}
	}
	return all, ""
}

// pair makes a preference of chosen and rejected.
func (r *chatRow) pair(base []Turn) ([]Chat, string) {
	if len(r.Rejected) == 0 {
		return nil, "no rejected answer"
	}
	base, why := r.asked(base)
	if why != "" {
		return nil, why
	}
	good, why := ending(base, r.Chosen)
	if why != "" {
		return nil, why
	}
	bad, why := ending(base, r.Rejected)
	if why != "" {
		return nil, why
	}
	switch why := cmp.Or(usable(good), usable(bad)); {
	case why != "":
		return nil, why
	case len(good) != len(bad):
		return nil, "endings of different length"
	case strings.TrimSpace(good[len(good)-1].Text) == strings.TrimSpace(bad[len(bad)-1].Text): // as they are encoded
		return nil, "both answers are the same"
	}
	return []Chat{{Turns: good, Rejected: bad}}, ""
}

// ending puts an answer behind turns: text, a turn, a list, or a transcript.
func ending(base []Turn, raw json.RawMessage) ([]Turn, string) {
	var text string
	base = base[:len(base):len(base)]
	if json.Unmarshal(raw, &text) == nil {
		if len(base) == 0 {
			return transcript(text), ""
		}
		return append(base, Turn{Assistant, text}), ""
	}
	list, why := turnList(raw)
	if why != "" {
		return nil, why
	}
	if len(list) > 1 { // the whole conversation stands in each
		if !(len(base) > 0 && base[0].Role == System) || strings.EqualFold(list[0].From+list[0].Role, System) {
			base = nil
		} else {
			base = base[:1:1]
		}
	}
	return addTurns(base, list)
}

// transcript reads the form of the helpful and harmless data of Bai and others
// (2022).
func transcript(text string) []Turn {
	var turns []Turn
	for _, part := range strings.Split("\n\n"+strings.TrimSpace(text), "\n\nHuman:") {
		q, answer, found := strings.Cut(part, "\n\nAssistant:")
		if q = strings.TrimSpace(q); q != "" {
			turns = append(turns, Turn{User, q})
		}
		if found {
			turns = append(turns, Turn{Assistant, strings.TrimSpace(answer)})
		}
	}
	return turns
}
