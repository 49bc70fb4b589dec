package mix

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"

	"go.yaml.in/yaml/v4"
)

// Load reads a mix file (docs/formats/mix.md). Errors name line and key.
func Load(name string) (*Spec, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, hint.Usage(err)
	}
	s, err := Parse(text)
	if err != nil {
		return nil, hint.Usage(fmt.Errorf("%s: %w", name, err))
	}
	return s, nil
}

// Parse reads the text of a mix file: a mapping, or one under the key mix.
func Parse(text []byte) (*Spec, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, fmt.Errorf("the file is empty")
	}
	top := doc.Content[0]
	if top.Kind == yaml.MappingNode && len(top.Content) == 2 && top.Content[0].Value == "mix" {
		top = top.Content[1]
	}
	return fromNode(top, "")
}

// ThisRun as a path stands for the corpus of the run whose recipe the mix is
// part of.
const ThisRun = "@run"

// Section reads the mix section of a recipe, in which a source without path is
// the corpus of the recipe's own run.
func Section(n *yaml.Node) (*Spec, error) { return fromNode(n, ThisRun) }

func fromNode(n *yaml.Node, path Paths) (*Spec, error) {
	s := New()
	err := pairs(n, "mix", func(key, value *yaml.Node) error { return s.section(key, value) })
	if err != nil {
		return nil, err
	}
	for i := range s.Sources {
		s.Sources[i].Path = cmp.Or(s.Sources[i].Path, path)
	}
	return s, s.Check()
}

// In returns the mix with the corpus of the run in dir in place of [ThisRun].
func (s *Spec) In(dir string) *Spec {
	t := *s
	t.Sources = slices.Clone(s.Sources)
	for i := range t.Sources {
		if t.Sources[i].Path == ThisRun {
			t.Sources[i].Path = Paths(dir)
		}
	}
	return &t
}

func (s *Spec) section(key, value *yaml.Node) error {
	switch key.Value {
	case "sources":
		return pairs(value, "sources", func(name, at *yaml.Node) error {
			if strings.TrimSpace(name.Value) == "" {
				return fmt.Errorf("line %d: a source needs a name", name.Line)
			}
			x := NamedSource{Name: name.Value}
			if err := set(&x.SourceParams, at, "source "+name.Value); err != nil {
				return err
			}
			s.Sources = append(s.Sources, x)
			return nil
		})
	case "decontaminate":
		return s.decontaminate(value)
	case "output":
		return set(&s.Output, value, "output")
	}
	known := append(params.Names(&s.Params), "sources", "decontaminate", "output")
	if err := setOne(&s.Params, key, value); err != nil {
		if near := params.Nearest(key.Value, known); near != "" && near != key.Value {
			return hint.With(fmt.Errorf("line %d: %w", key.Line, err), fmt.Sprintf("did you mean %q?", near))
		}
		return fmt.Errorf("line %d: %w", key.Line, err)
	}
	return nil
}

// decontaminate starts from the values of the rule named and lays the others
// over them.
func (s *Spec) decontaminate(value *yaml.Node) error {
	if value.Kind == yaml.ScalarNode && (value.Value == "off" || value.Value == "false" || value.Value == "no") {
		return nil
	}
	rule := "gpt3"
	err := pairs(value, "decontaminate", func(key, value *yaml.Node) error {
		if key.Value == "rule" {
			rule = value.Value
		}
		return nil
	})
	if err != nil {
		return err
	}
	d, err := Rule(rule)
	if err != nil {
		return err
	}
	s.Decontaminate = d
	return set(d, value, "decontaminate")
}

// pairs calls f with the keys and values of a mapping, each key once.
func pairs(n *yaml.Node, what string, f func(key, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: %s takes keys and values, such as \"key: value\"", n.Line, what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || seen[key.Value] {
			return fmt.Errorf("line %d: %s: %q is said twice, or no word", key.Line, what, key.Value)
		}
		seen[key.Value] = true
		if err := f(key, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func set(ptr any, n *yaml.Node, what string) error {
	return pairs(n, what, func(key, value *yaml.Node) error {
		if err := setOne(ptr, key, value); err != nil {
			return fmt.Errorf("line %d: %s: %w", key.Line, what, err)
		}
		return nil
	})
}

func setOne(ptr any, key, value *yaml.Node) error {
	var v any
	if err := value.Decode(&v); err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return params.Set(ptr, key.Value, string(b))
}

// YAML writes the mix with every value decided: what it prints, loaded again,
// is the same mix.
func (s *Spec) YAML() []byte {
	var b bytes.Buffer
	section := func(indent int, key string, ptr any) {
		pad := strings.Repeat("  ", indent)
		if key != "" {
			name, err := json.Marshal(key)
			if err != nil {
				panic(err) // a string has a JSON form
			}
			fmt.Fprintf(&b, "%s%s:\n", pad, name)
			pad += "  "
		}
		for _, name := range params.Names(ptr) {
			v, _ := params.Value(ptr, name)
			text, err := json.Marshal(v)
			if err != nil {
				panic(err) // parameters are plain values
			}
			fmt.Fprintf(&b, "%s%s: %s\n", pad, name, text)
		}
	}
	section(0, "", &s.Params)
	b.WriteString("sources:\n")
	for i := range s.Sources {
		section(1, s.Sources[i].Name, &s.Sources[i].SourceParams)
	}
	if s.Decontaminate != nil {
		section(0, "decontaminate", s.Decontaminate)
	}
	section(0, "output", &s.Output)
	return b.Bytes()
}

// Hash identifies the mix's meaning.
func (s *Spec) Hash() string {
	return digest.Of(s.YAML())
}
