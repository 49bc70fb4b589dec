package train

import (
	"encoding/json"
	"strings"
)

// pair makes a preference of chosen and rejected.
func (r *chatRow) pair(base []Turn) ([]Chat, string, error) {
	if len(r.Rejected) == 0 {
		return nil, "no rejected answer", nil
	}
	var prompt string
	var list []chatTurn
	switch {
	case r.Instruction != nil:
		base = append(base, Turn{User, join(*r.Instruction, r.Input)})
	case json.Unmarshal(r.Prompt, &prompt) == nil && prompt != "":
		base = append(base, Turn{User, prompt})
	case r.Question != "":
		base = append(base, Turn{User, r.Question})
	case json.Unmarshal(r.Prompt, &list) == nil:
		for _, t := range list {
			turn, err := t.turn()
			if err != nil {
				return nil, err.Error(), nil
			}
			base = append(base, turn)
		}
	}
	good, why := ending(base, r.Chosen)
	if why == "" {
		var bad []Turn
		if bad, why = ending(base, r.Rejected); why == "" {
			if why = usable(good); why == "" {
				why = usable(bad)
			}
			if why == "" && len(good) != len(bad) {
				why = "endings of different length"
			}
			if why == "" && strings.TrimSpace(good[len(good)-1].Text) == strings.TrimSpace(bad[len(bad)-1].Text) { // as they are encoded
				why = "both answers are the same"
			}
			if why == "" {
				return []Chat{{Turns: good, Rejected: bad}}, "", nil
			}
		}
	}
	return nil, why, nil
}

// ending puts an answer behind turns: text, a turn, a list, or a transcript.
func ending(base []Turn, raw json.RawMessage) ([]Turn, string) {
	var text string
	var one chatTurn
	var list []chatTurn
	base = base[:len(base):len(base)]
	switch {
	case json.Unmarshal(raw, &text) == nil:
		if len(base) == 0 {
			return transcript(text), ""
		}
		return append(base, Turn{Assistant, text}), ""
	case json.Unmarshal(raw, &list) == nil:
	case json.Unmarshal(raw, &one) == nil:
		list = []chatTurn{one}
	default:
		return nil, "of another form"
	}
	if len(list) > 1 { // the whole conversation stands in each
		if !(len(base) > 0 && base[0].Role == System) || strings.EqualFold(list[0].From+list[0].Role, System) {
			base = nil
		} else {
			base = base[:1:1]
		}
	}
	for _, t := range list {
		turn, err := t.turn()
		if err != nil {
			return nil, err.Error()
		}
		base = append(base, turn)
	}
	return base, ""
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
