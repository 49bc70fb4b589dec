package params

import (
	"encoding/json"
	"strings"
)

// A List is texts that people write as JSON, ["a, b", "c"], or between commas.
type List []string

// UnmarshalText reads a list in either way.
func (l *List) UnmarshalText(b []byte) error {
	var all []string
	if json.Unmarshal(b, &all) == nil {
		*l = all
		return nil
	}
	*l = strings.Split(string(b), ",")
	return nil
}

// UnmarshalJSON reads a list, or a string as [List.UnmarshalText] does.
func (l *List) UnmarshalJSON(b []byte) error {
	var all []string
	err := json.Unmarshal(b, &all)
	if err == nil {
		*l = all
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) != nil {
		return err
	}
	return l.UnmarshalText([]byte(text))
}
