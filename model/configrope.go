package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A ropeFile is what is read of the rotary embedding.
type ropeFile struct {
	Scaling
	Type    string   `json:"type"`
	Theta   *float64 `json:"rope_theta"`
	Partial *float64 `json:"partial_rotary_factor"`
}

// ropeFile returns rope_scaling, the form up to version 4 of transformers, or where that says nothing
// rope_parameters, that of version 5: of both, transformers takes the first alone too.
func (f *configFile) ropeFile() (s ropeFile, err error) {
	for _, raw := range []json.RawMessage{f.Scaling, f.Rope} {
		var keys map[string]json.RawMessage
		if len(raw) > 0 {
			err = json.Unmarshal(raw, &keys)
		}
		if err == nil && len(keys) > 0 {
			err = json.Unmarshal(raw, &s)
		}
		if err != nil {
			return s, fmt.Errorf("rotary embedding: %w", err)
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if keys[key][0] == '{' {
				return s, fmt.Errorf("a rotary embedding for some layers alone (%q) is not known", key)
			}
		}
		if len(keys) > 0 {
			break
		}
	}
	return s, nil
}

// rope takes the rotary embedding.
func (f *configFile) rope(c *Config) error {
	c.Theta = or(f.Theta, 10_000)
	s, err := f.ropeFile()
	if err != nil {
		return err
	}
	c.Theta = or(s.Theta, c.Theta)
	if or(s.Partial, 1) != 1 {
		return errors.New("a rotary embedding of a part of each head is not known")
	}
	if s.Kind == "" {
		s.Kind = s.Type
	}
	switch s.Kind {
	case "", "default":
		return nil
	case "linear":
		if s.Factor > 0 {
			c.Scaling = &Scaling{Kind: "linear", Factor: s.Factor}
			return nil
		}
	case "llama3":
		if s.Factor > 0 && s.Low > 0 && s.High > s.Low && s.OriginalContext > 0 {
			c.Scaling = &s.Scaling
			c.Scaling.Kind = "llama3"
			return nil
		}
	default:
		return fmt.Errorf("rotary embedding of kind %q is not known; default, linear and llama3 are", s.Kind)
	}
	return fmt.Errorf("rotary embedding of kind %q lacks its factors", s.Kind)
}
