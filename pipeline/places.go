package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"feilun/dedup"
	"feilun/internal/hint"

	"go.yaml.in/yaml/v4"
)

// errDeep is passed on as it is by all recipes that stand on one another.
var errDeep = errors.New("is it its own base?")

// places notes where each key of the recipe stands, by its path in the tree
// such as filter.length@en.min_words; see [at].
func (r *Recipe) places(n *yaml.Node, path string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := path + n.Content[i].Value
		r.at[key] = at(n.Content[i])
		r.places(n.Content[i+1], key+".")
	}
}

// placed puts what is wrong and where it stands before a mistake in the recipe
// that showed only when a value was used: "recipe FILE: line 3: filter url: ...".
func (r *Recipe) placed(section, what string, err error) error {
	where := r.place(section, err)
	if what != "" {
		err = fmt.Errorf("%s: %w", what, err)
	}
	if where != "" && r.from != "" {
		err = fmt.Errorf("recipe %s: %s: %w", r.from, where, err)
	}
	return hint.Usage(err)
}

// place says where the value stands that an error is about. Its key is the section
// and one of the first words of the error, as filter.url and lists, or train and
// schedule of: no schedule "none". If none of them stands in the recipe, it is the
// section that counts, or what is around it.
func (r *Recipe) place(section string, err error) string {
	words := strings.Fields(err.Error())
	for _, word := range words[:min(3, len(words))] {
		name := strings.TrimRight(word, ":")
		last := name[strings.LastIndexByte(name, '.')+1:]
		for _, key := range []string{name, section + "." + name, section + "." + last} {
			if _, ok := r.at[key]; ok && strings.HasPrefix(key, section+".") {
				return r.at[key]
			}
		}
		if name != word { // what follows the colon is about the value
			break
		}
	}
	return r.where(section)
}

// checkWhole finds values without meaning in the stages that come last, which
// would show only when all pages are read.
func (r *Recipe) checkWhole() error {
	var steps []any
	for _, s := range r.Dedup {
		steps = append(steps, s.Params)
	}
	if err := dedup.Of(steps...).Check(); err != nil {
		return r.placed("dedup", "", err)
	}
	if r.Tokenize != nil {
		if err := r.Tokenize.Check(); err != nil {
			return r.placed("tokenize", "tokenize", err)
		}
	}
	if r.Train != nil {
		if err := r.Train.Check(); err != nil {
			return r.placed("train", "train", err)
		}
	}
	return nil
}

// inMix places a mistake in the section mix, which may name its own line.
func inMix(key *yaml.Node, err error) error {
	file := key.HeadComment
	switch {
	case strings.HasPrefix(file, "--set ") || !strings.HasPrefix(err.Error(), "line "):
		return fmt.Errorf("%s: %w", at(key), err)
	case file != "":
		return fmt.Errorf("%s %w", file, err)
	}
	return err
}

// where says where a key stands, or the nearest around it that does.
func (r *Recipe) where(key string) string {
	for ; key != ""; key, _, _ = cutLast(key) {
		if where, ok := r.at[key]; ok {
			return where
		}
	}
	return ""
}

// inCrawl places a mistake that the source found. Other errors of sources, such
// as a server that does not answer, stay as they are.
func (r *Recipe) inCrawl(err error) error {
	if !hint.IsUsage(err) {
		return err
	}
	text, ok := strings.CutPrefix(err.Error(), "crawl: ")
	if !ok {
		return err
	}
	key, _, _ := strings.Cut(text, " ")
	switch key {
	case "no", "pattern": // file matches
		key = "path"
	case "unknown":
		key = "source"
	}
	if where, ok := r.at["crawl."+key]; ok {
		return fmt.Errorf("recipe %s: %s: %w", r.from, where, err)
	}
	return err
}
