package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/recipes"

	"go.yaml.in/yaml/v4"
)

// maxBases is how many recipes may stand on one another.
const maxBases = 8

// maxDepth is how deep mappings may lie in one another, written out or as keys with dots.
const maxDepth = 8

// Names lists the shipped recipes.
func Names() []string {
	files, err := fs.Glob(recipes.Files, "*.yaml")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files
}

// readTree returns the recipe's YAML with its bases merged in, and the name it
// goes by. Recipe is a shipped name or the path of a YAML file.
func readTree(recipe string, depth int) (*yaml.Node, string, error) {
	if depth > maxBases {
		return nil, "", hint.Usage(fmt.Errorf("recipe %q stands on more than %d bases: %w", recipe, maxBases, errDeep))
	}
	text, name, err := readText(recipe)
	if err != nil {
		return nil, "", err
	}
	file := ""
	if depth > 0 {
		file = recipe
	}
	tree, err := parseTree(text, file)
	if err != nil {
		return nil, "", fmt.Errorf("recipe %s: %w", recipe, err)
	}
	base := child(tree, "base")
	if base == nil {
		return tree, name, nil
	}
	of := base.Value
	if base.Kind != yaml.ScalarNode || of == "" {
		return nil, "", hint.Usage(hint.With(fmt.Errorf("recipe %s: line %d: base is one recipe", recipe, base.Line),
			"write base: and a shipped name, such as zh-web, or the path of a YAML file"))
	}
	if isPath(of) && !filepath.IsAbs(of) && isPath(recipe) {
		of = filepath.Join(filepath.Dir(recipe), of)
	}
	under, _, err := readTree(of, depth+1)
	switch {
	case errors.Is(err, errDeep):
		return nil, "", err
	case err != nil:
		return nil, "", fmt.Errorf("recipe %s: line %d: base: %w", recipe, base.Line, err)
	}
	remove(tree, "base")
	remove(under, "name")
	merge(under, tree)
	return under, name, nil
}

func isPath(recipe string) bool {
	return strings.ContainsAny(recipe, "/\\") || strings.HasSuffix(recipe, ".yaml") || strings.HasSuffix(recipe, ".yml")
}

func readText(recipe string) (text []byte, name string, err error) {
	if !isPath(recipe) {
		text, err = recipes.Files.ReadFile(recipe + ".yaml")
		if err != nil {
			known := Names()
			tip := "feilun recipes lists them; a file of your own needs a path that ends in .yaml"
			if near := params.Nearest(recipe, known); near != "" {
				tip = fmt.Sprintf("did you mean %q? ", near) + tip
			}
			return nil, "", hint.Usage(hint.With(fmt.Errorf("no recipe %q; shipped are %s", recipe, strings.Join(known, ", ")), tip))
		}
		return text, recipe, nil
	}
	text, err = os.ReadFile(recipe)
	if info, e := os.Stat(recipe); errors.Is(err, fs.ErrNotExist) || e == nil && info.IsDir() {
		err = hint.Usage(hint.With(err, "name a YAML file; feilun recipes lists the shipped recipes"))
	}
	return text, strings.TrimSuffix(filepath.Base(recipe), filepath.Ext(recipe)), err
}

// parseTree reads one YAML mapping. Keys with dots, such as filter.url.lists,
// are the same as nested ones. Aliases, keys said twice and a second document
// are errors. Where names what the text is, for errors; see [at].
func parseTree(text []byte, where string) (*yaml.Node, error) {
	var doc, more yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(text))
	err := dec.Decode(&doc)
	if err != nil && err != io.EOF {
		return nil, hint.Usage(err)
	}
	if err == nil {
		if err := dec.Decode(&more); err == nil {
			return nil, hint.Usage(hint.With(fmt.Errorf("line %d: a second YAML document begins here", more.Line),
				"a file holds one recipe: take the line --- away, or make it a file of its own"))
		} else if err != io.EOF {
			return nil, hint.Usage(err)
		}
	}
	tree := &yaml.Node{Kind: yaml.MappingNode}
	if len(doc.Content) == 0 {
		return tree, nil
	}
	top := doc.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" { // comments alone
		return tree, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, hint.Usage(fmt.Errorf("line %d: a recipe is a list of \"key: value\" lines", top.Line))
	}
	if err := checkTree(top, 0); err != nil {
		return nil, hint.Usage(err)
	}
	stamp(top, where)
	return expand(top), nil
}

// stamp notes in each node what text it is from. Comments mean nothing in a
// recipe, so that their field is free for it.
func stamp(n *yaml.Node, where string) {
	n.HeadComment = where
	for _, c := range n.Content {
		stamp(c, where)
	}
}

// at says where a node stands: "line 3" in the recipe itself, "FILE line 3" in
// a base, or the --set that it is from.
func at(n *yaml.Node) string {
	switch where := n.HeadComment; {
	case where == "":
		return fmt.Sprintf("line %d", n.Line)
	case strings.HasPrefix(where, "--set "):
		return where
	default:
		return fmt.Sprintf("%s line %d", where, n.Line)
	}
}

// expand writes keys with dots as nested mappings, at every level.
func expand(n *yaml.Node) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return n
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Line: n.Line, HeadComment: n.HeadComment}
	for i := 0; i+1 < len(n.Content); i += 2 {
		merge(out, nested(n.Content[i], expand(n.Content[i+1])))
	}
	return out
}

func checkTree(n *yaml.Node, depth int) error {
	if n.Kind == yaml.AliasNode || depth > maxDepth {
		return fmt.Errorf("line %d: aliases and deep nesting have no meaning in a recipe", n.Line)
	}
	seen := map[string]bool{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if c.Kind != yaml.ScalarNode {
				return fmt.Errorf("line %d: a key must be a word", c.Line)
			}
			if seen[c.Value] {
				return fmt.Errorf("line %d: %q is said twice", c.Line, c.Value)
			}
			seen[c.Value] = true
			if strings.Count(c.Value, ".") > maxDepth {
				return fmt.Errorf("line %d: a key with more than %d dots has no meaning in a recipe", c.Line, maxDepth)
			}
		}
		if err := checkTree(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// nested returns {a: {b: value}} for the key a.b.
func nested(key, value *yaml.Node) *yaml.Node {
	first, rest, dotted := strings.Cut(key.Value, ".")
	if dotted {
		sub := *key
		sub.Value = rest
		value = nested(&sub, value)
	}
	k := *key
	k.Value = first
	return &yaml.Node{Kind: yaml.MappingNode, Line: key.Line, HeadComment: key.HeadComment, Content: []*yaml.Node{&k, value}}
}

// merge lays over onto base: mappings key by key, all else replaced. Keys of
// base keep their place; new ones follow.
func merge(base, over *yaml.Node) {
	for i := 0; i+1 < len(over.Content); i += 2 {
		key, value := over.Content[i], over.Content[i+1]
		at := index(base, key.Value)
		switch {
		case at < 0:
			base.Content = append(base.Content, key, value)
		case base.Content[at].Kind == yaml.MappingNode && value.Kind == yaml.MappingNode:
			merge(base.Content[at], value)
		default:
			base.Content[at-1], base.Content[at] = key, value
		}
	}
}

// index returns the position of the value of key in the mapping, or -1.
func index(m *yaml.Node, key string) int {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return i + 1
		}
	}
	return -1
}

func child(m *yaml.Node, key string) *yaml.Node {
	if i := index(m, key); i >= 0 {
		return m.Content[i]
	}
	return nil
}

func remove(m *yaml.Node, key string) {
	if i := index(m, key); i >= 0 {
		m.Content = append(m.Content[:i-1:i-1], m.Content[i+1:]...)
	}
}

// pairs lists the keys and values of a mapping; a null stands for an empty one.
func pairs(n *yaml.Node, what string) ([][2]*yaml.Node, error) {
	if n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Value == "") {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: %s takes keys and values, such as \"key: value\"", at(n), what)
	}
	var out [][2]*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, [2]*yaml.Node{n.Content[i], n.Content[i+1]})
	}
	return out, nil
}

// isOff reports a value that switches a step off.
func isOff(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "off" || n.Value == "false" || n.Value == "no")
}

// set fills the parameters of ptr from a mapping.
func set(ptr any, n *yaml.Node, what string) error {
	kv, err := pairs(n, what)
	if err != nil {
		return err
	}
	for _, p := range kv {
		text, err := jsonText(p[1])
		if err == nil {
			err = params.Set(ptr, p[0].Value, text)
		}
		if err != nil {
			return fmt.Errorf("%s: %s: %w", at(p[0]), what, err)
		}
	}
	return nil
}

func jsonText(n *yaml.Node) (string, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return "", err
	}
	b, err := json.Marshal(v)
	if _, ok := errors.AsType[*json.UnsupportedValueError](err); ok {
		err = fmt.Errorf("%s is no finite number", n.Value)
	}
	return string(b), err
}
