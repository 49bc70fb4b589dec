package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/crawl"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/mix"

	"go.yaml.in/yaml/v4"
)

// A Need is a file that a recipe names and that comes from its user: a model, a
// list, a source of a mix.
type Need struct {
	Key  string // parameter that names it, such as quality.gpt3.model
	What string // what it is, and where to get it
}

// needs reads the section of that name: the recipe's own keys, each with a sentence.
func (r *Recipe) needs(n *yaml.Node, prefix string) error {
	if prefix == "" {
		r.Needs = nil
		if isOff(n) {
			return nil
		}
	}
	if n.Kind == yaml.ScalarNode && prefix != "" {
		if !isOff(n) {
			r.Needs = append(r.Needs, Need{prefix, strings.TrimSpace(n.Value)})
		}
		return nil
	}
	kv, err := pairs(n, "needs")
	if err != nil {
		return err
	}
	for _, p := range kv {
		key := p[0].Value
		if key == "" || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_0123456789@+-ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return fmt.Errorf("%s: needs: %q is no parameter's name", at(p[0]), key)
		}
		if prefix != "" {
			key = prefix + "." + key
		}
		if err := r.needs(p[1], key); err != nil {
			return err
		}
	}
	return nil
}

// Lacking lists the needs that are not met: the parameter is empty, or names a
// file or pattern that is not there. Needs of steps that are off do not count.
func (r *Recipe) Lacking() []Need {
	var all []Need
	for _, n := range r.Needs {
		if value, ok := r.named(n.Key); ok && !present(value) {
			all = append(all, n)
		}
	}
	return all
}

// present reports whether there is something under each of the paths.
func present(paths string) bool {
	list := mix.Paths(paths).List()
	for _, p := range list {
		if found, err := filepath.Glob(p); err != nil || len(found) == 0 {
			return false
		}
	}
	return len(list) > 0
}

// named returns the value of the parameter that a need names, if the recipe has
// its step.
func (r *Recipe) named(key string) (string, bool) {
	stage, rest, _ := strings.Cut(key, ".")
	step, param, _ := strings.Cut(rest, ".")
	var ptr any
	switch stage {
	case "crawl":
		ptr, param = &r.Crawl, rest
	case "language":
		ptr, param = &r.Language, rest
	case "output":
		ptr, param = &r.Output, rest
	case "evaluate":
		if r.Evaluate == nil {
			return "", false
		}
		if ptr, param = r.Evaluate, rest; r.Evaluate.Data == "" && param == "data" {
			return "", false // no tasks are asked
		}
	case "mix":
		return r.mixed(rest)
	default:
		for _, steps := range map[string][]Step{"filter": r.Filter, "quality": r.Quality, "dedup": r.Dedup}[stage] {
			if steps.Key == step {
				ptr = steps.Params
			}
		}
	}
	if ptr == nil {
		return "", false
	}
	v, ok := params.Value(ptr, param)
	return fmt.Sprint(v), ok
}

func (r *Recipe) mixed(key string) (string, bool) {
	if r.Mix == nil {
		return "", false
	}
	if key == "decontaminate.sets" && r.Mix.Decontaminate != nil {
		return string(r.Mix.Decontaminate.Sets), true
	}
	for _, s := range r.Mix.Sources {
		if key == "sources."+s.Name+".path" {
			return string(s.Path), s.Path != mix.ThisRun
		}
	}
	return "", false
}

func cutLast(key string) (before, after string, ok bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// lacks is the error about all needs that are not met.
func (r *Recipe) lacks() error {
	lacking := r.Lacking()
	if len(lacking) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "recipe %s needs %d more of what you have to bring:", cmp.Or(r.Name, "without a name"), len(lacking))
	for _, n := range lacking {
		value, _ := r.named(n.Key)
		if value == "" {
			value = "not named"
		}
		fmt.Fprintf(&b, "\n  %s (%s): %s", n.Key, strings.ReplaceAll(value, "\n", ", "), n.What)
	}
	tip := fmt.Sprintf("put them there, or name each with --set, such as --set %s=PATH", lacking[0].Key)
	if slices.ContainsFunc(lacking, func(n Need) bool { return n.Key == "language.model" }) {
		tip += "; the language model inside the program instead: --set language.model= --set needs.language.model=off"
	}
	for _, n := range lacking {
		if step, _, _ := cutLast(n.Key); strings.Count(step, ".") == 1 && !strings.HasPrefix(step, "mix.") {
			tip += fmt.Sprintf("; a step you do without: --set %s=off", step)
			break
		}
	}
	return hint.Usage(hint.With(errors.New(b.String()), tip))
}

// needs writes that section of a recipe.
func (p *printer) needs(all []Need) {
	if len(all) == 0 {
		return
	}
	p.key(0, "needs", false)
	p.open()
	for i, n := range all {
		p.key(1, n.Key, i == 0)
		p.value(n.What)
	}
	p.shut()
}

// expand puts the values of environment variables into paths that begin with one,
// as $FEILUN_DATA/text. One that is not set stays as it is written, and is lacking.
func (r *Recipe) expand() {
	full := func(path string) string {
		name, rest, _ := strings.Cut(path, "/")
		if key, ok := strings.CutPrefix(name, "$"); ok {
			if value := os.Getenv(key); value != "" {
				return filepath.Join(value, filepath.FromSlash(rest))
			}
		}
		return path
	}
	paths := mix.Paths(r.Crawl.Path).List()
	for i, p := range paths {
		paths[i] = full(p)
	}
	if strings.Contains(string(r.Crawl.Path), "$") {
		r.Crawl.Path = crawl.Paths(strings.Join(paths, "\n"))
	}
	if e := r.Evaluate; e != nil {
		e.Data = full(e.Data)
		for i, text := range e.Text {
			if name, path, found := strings.Cut(text, "="); found {
				e.Text[i] = name + "=" + full(path)
			}
		}
	}
}
