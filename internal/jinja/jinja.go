// Package jinja renders chat templates: the part of Jinja2 that tokenizer_config.json of published
// models has use for, with the environment of transformers (blocks are trimmed, sandboxed). [Parse] a
// template, then [Template.Render] it. It reads no files, calls nothing of ours, and ends: loops and
// output are bounded. What it does not know is an error that names the line.
package jinja

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTemplate is wrapped by all complaints about a template.
var ErrTemplate = errors.New("not a usable chat template")

// Limits of templates and of what they do.
const (
	maxTemplate = 1 << 20 // bytes
	maxOutput   = 64 << 20
	maxSteps    = 1 << 20
	maxDepth    = 200 // of expressions, blocks and macros in one another
)

// A Template is ready to be rendered. Any number of goroutines may share it.
type Template struct{ body []node }

// Parse reads a template.
func Parse(text string) (t *Template, err error) {
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrTemplate, maxTemplate)
	}
	defer caught(&err)
	p := &parser{tokens: lex(text)}
	body := p.block()
	if p.at < len(p.tokens) {
		p.fail("%s without its beginning", p.tokens[p.at].text)
	}
	return &Template{body}, nil
}

// Render renders a template with variables: strings, bools, ints, float64s, nil, []any, and
// [*Map]. Now is the time that strftime_now tells.
func (t *Template) Render(variables map[string]any, now time.Time) (out string, err error) {
	defer caught(&err)
	r := &renderer{now: now, steps: maxSteps}
	s := &scope{vars: map[string]any{}}
	for k, v := range variables {
		s.vars[k] = v
	}
	r.run(t.body, s)
	return r.out.String(), nil
}

// A failure is an error on its way up.
type failure struct{ error }

func fail(format string, args ...any) {
	panic(failure{fmt.Errorf("%w: "+format, append([]any{ErrTemplate}, args...)...)})
}

func caught(err *error) {
	switch p := recover().(type) {
	case nil:
	case failure:
		*err = p.error
	default:
		panic(p)
	}
}

// A Map is a dict, which keeps its order.
type Map struct {
	keys   []string
	values map[string]any
}

// NewMap returns a map of pairs: a key and its value in turn.
func NewMap(pairs ...any) *Map {
	m := &Map{values: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		m.Set(pairs[i].(string), pairs[i+1])
	}
	return m
}

// Set sets a value.
func (m *Map) Set(key string, v any) {
	if _, ok := m.values[key]; !ok {
		m.keys = append(m.keys, key)
	}
	m.values[key] = v
}

// A scope holds variables. What a loop sets is forgotten after it, as in Jinja.
type scope struct {
	vars  map[string]any
	outer *scope
}

func (s *scope) get(name string) any {
	for ; s != nil; s = s.outer {
		if v, ok := s.vars[name]; ok {
			return v
		}
	}
	return undefined{}
}

// undefined is a variable or field that is not there.
type undefined struct{}

// A renderer runs a template.
type renderer struct {
	out   strings.Builder
	now   time.Time
	steps int
	depth int
}

// step counts what is done, so that every template ends.
func (r *renderer) step() {
	if r.steps--; r.steps < 0 || r.out.Len() > maxOutput {
		fail("it does too much")
	}
}

// spend counts work that is as large as n steps.
func (r *renderer) spend(n int) {
	if r.steps -= n; r.steps < 0 {
		fail("it does too much")
	}
}

// weigh counts the work of going through a value once: a step takes about a microsecond, so that
// long conversations, whose templates ask for their length at each turn, are no work to speak of.
func (r *renderer) weigh(v any) {
	switch v := v.(type) {
	case string:
		r.spend(len(v) / 256)
	case []any:
		r.spend(len(v) / 1024)
	case *Map:
		r.spend(len(v.keys) / 1024)
	}
}

func (r *renderer) write(s string) {
	r.step()
	r.weigh(s)
	r.out.WriteString(s)
}

// jump is how a block was left.
type jump int

const (
	onward jump = iota
	breaks
	continues
)

func (r *renderer) run(body []node, s *scope) jump {
	if r.depth++; r.depth > maxDepth {
		fail("it goes deeper than %d", maxDepth)
	}
	defer func() { r.depth-- }()
	for _, n := range body {
		r.step()
		if j := n.run(r, s); j != onward {
			return j
		}
	}
	return onward
}

// captured renders a block to a text of its own.
func (r *renderer) captured(body []node, s *scope) string {
	outer := r.out
	r.out = strings.Builder{}
	r.run(body, s)
	text := r.out.String()
	r.out = outer
	return text
}
