package crawl

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Fields of a row, in the order of columnSet.names.
const (
	fieldText = iota
	fieldID
	fieldURL
	fieldTitle
	fieldDate
	fieldLanguage
	fieldSource
	fieldCount
)

// A columnSet names the columns that fill a row's fields.
type columnSet struct {
	names  [fieldCount]string
	custom bool // a name differs from the default
}

func columnsOfParams(p Params) columnSet {
	d := Defaults()
	of := func(p Params) [fieldCount]string {
		return [...]string{p.TextColumn, p.IDColumn, p.URLColumn, p.TitleColumn, p.DateColumn, p.LanguageColumn, p.SourceColumn}
	}
	c := columnSet{names: of(p)}
	for i, name := range of(d) {
		if c.names[i] == "" {
			c.names[i] = name
		}
		c.custom = c.custom || c.names[i] != name
	}
	return c
}

// parse reads a line.
func (c *columnSet) parse(b []byte) (r row, err error) {
	if !c.custom {
		err = json.Unmarshal(b, &r)
		if err == nil && len(r.Metadata) > 0 {
			r.nested()
		}
		return r, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return r, err
	}
	return c.of(all), nil
}

// of fills a row from an object's fields.
func (c *columnSet) of(all map[string]json.RawMessage) (r row) {
	for field, name := range c.names {
		v, ok := lookup(all, name)
		if !ok {
			v, ok = lookup(all, "metadata."+name)
		}
		if ok {
			r.fill(field, v)
		}
	}
	return r
}

// lookup finds a value by its name or by a dotted path; a number is a position
// in a list.
func lookup(all map[string]json.RawMessage, path string) (json.RawMessage, bool) {
	if v, ok := all[path]; ok {
		return v, true
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if v, ok := all[path[:i]]; ok {
			if v, ok := within(v, path[i+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

func within(v json.RawMessage, path string) (json.RawMessage, bool) {
	switch v = bytes.TrimLeft(v, " \t"); {
	case len(v) > 0 && v[0] == '{':
		var m map[string]json.RawMessage
		if json.Unmarshal(v, &m) == nil {
			return lookup(m, path)
		}
	case len(v) > 0 && v[0] == '[':
		head, rest, deeper := strings.Cut(path, ".")
		n, err := strconv.Atoi(head)
		var list []json.RawMessage
		if err != nil || json.Unmarshal(v, &list) != nil || n < 0 || n >= len(list) {
			return nil, false
		}
		if deeper {
			return within(list[n], rest)
		}
		return list[n], true
	}
	return nil, false
}

// fill sets a field from JSON: a string, a number as written, or a list of
// strings, whose parts become paragraphs.
func (r *row) fill(field int, v json.RawMessage) {
	var s string
	var list []string
	switch {
	case bytes.Equal(v, []byte("null")):
	case json.Unmarshal(v, &s) == nil:
		r.set(field, s)
	case json.Unmarshal(v, &list) == nil:
		r.set(field, strings.Join(list, "\n"))
	case len(v) > 0 && (digit(v[0]) || v[0] == '-'):
		if field != fieldText {
			r.set(field, string(v))
		}
	}
}

// set sets a field; of several values for one, the first counts.
func (r *row) set(field int, s string) {
	var at *string
	switch field {
	case fieldText:
		r.Text = &s
		return
	case fieldID:
		if len(r.ID) == 0 {
			r.ID, _ = json.Marshal(s)
		}
		return
	case fieldURL:
		at = &r.URL
	case fieldTitle:
		at = &r.Title
	case fieldDate:
		at = &r.Date
	case fieldLanguage:
		at = &r.Language
	case fieldSource:
		at = &r.Source
	}
	if *at == "" {
		*at = s
	}
}
