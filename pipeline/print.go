package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"feilun/internal/params"
)

// A printer writes a recipe as YAML or as JSON, which is YAML on one line.
type printer struct {
	bytes.Buffer
	json bool
}

// key begins an entry of a mapping, the first one or another.
func (p *printer) key(indent int, name string, first bool) {
	if p.json {
		if !first {
			p.WriteByte(',')
		}
		fmt.Fprintf(p, "%s:", encoded(name))
		return
	}
	fmt.Fprintf(p, "%s%s:", strings.Repeat("  ", indent), name)
}

func (p *printer) value(v any) {
	if !p.json {
		p.WriteByte(' ')
	}
	p.Write(encoded(v))
	p.end()
}

// open and shut stand around the entries of a mapping.
func (p *printer) open() {
	if p.json {
		p.WriteByte('{')
		return
	}
	p.WriteByte('\n')
}

func (p *printer) shut() {
	if p.json {
		p.WriteByte('}')
	}
}

// end ends a value that is no mapping.
func (p *printer) end() {
	if !p.json {
		p.WriteByte('\n')
	}
}

func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // parameters are plain values
	}
	return b
}

func (p *printer) section(indent int, name string, ptr any, first bool) {
	p.key(indent, name, first)
	p.open()
	for i, param := range params.Names(ptr) {
		v, _ := params.Value(ptr, param)
		p.key(indent+1, param, i == 0)
		p.value(v)
	}
	p.shut()
}

func (p *printer) steps(name string, steps []Step) {
	p.key(0, name, false)
	p.open()
	for i, s := range steps {
		p.section(1, s.Key, s.Params, i == 0)
	}
	p.shut()
}

func (p *printer) recipe(r *Recipe) []byte {
	if p.json {
		p.open()
	}
	p.key(0, "name", true)
	p.value(r.Name)
	p.key(0, "about", false)
	p.value(r.About)
	p.section(0, "crawl", &r.Crawl, false)
	p.section(0, "extract", &r.Extract, false)
	p.section(0, "language", &r.Language, false)
	p.steps("filter", r.Filter)
	if len(r.Quality) > 0 { // recipes without models read, and hash, as they did before there were any
		p.steps("quality", r.Quality)
	}
	p.steps("dedup", r.Dedup)
	if r.Mix != nil {
		p.mix(r.Mix)
	}
	if r.Tokenize != nil {
		p.section(0, "tokenize", r.Tokenize, false)
	}
	if r.Train != nil {
		p.section(0, "train", r.Train, false)
	}
	if r.Evaluate != nil {
		p.section(0, "evaluate", r.Evaluate, false)
	}
	p.section(0, "output", &r.Output, false)
	p.needs(r.Needs)
	p.shut()
	return p.Bytes()
}

// YAML writes the recipe with every value decided: what it prints, loaded
// again, is the same recipe.
func (r *Recipe) YAML() []byte { return new(printer).recipe(r) }

// JSON writes the same on one line. The order of the steps is that of the text.
func (r *Recipe) JSON() []byte {
	p := printer{json: true}
	return append(p.recipe(r), '\n')
}
