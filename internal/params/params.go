// Package params turns one parameter struct into flags, recipe keys, help, a
// docs page and a JSON schema, so that they cannot disagree. A struct's exported
// fields carry json, default and range tags and a doc comment. Start with
// [Fill] and [Set]; [Describe] reads the comments from the package's source.
package params

import (
	"encoding"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"reflect"
	"strconv"
	"strings"
)

// A Param describes one exported field of a parameter struct.
type Param struct {
	Name    string // json name
	Type    string // JSON schema type
	Help    string // the field's doc comment
	Default string // JSON
	Range   string // "lo..hi", either side may be missing
}

// Fill sets every field of the struct that ptr points to, to its default tag.
// A default that is not valid JSON is taken as a string; whole numbers may be
// written as sizes, such as 64MiB.
func Fill(ptr any) error {
	v := reflect.ValueOf(ptr).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if tag, ok := f.Tag.Lookup("default"); ok && f.IsExported() {
			if err := assign(v.Field(i), tag); err != nil {
				return fmt.Errorf("%s.%s: default %q: %w", v.Type().Name(), f.Name, tag, err)
			}
		}
	}
	return nil
}

// Set sets the parameter name of the struct that ptr points to, from JSON or,
// for strings, from plain text, and checks its range.
func Set(ptr any, name, value string) error {
	v := reflect.ValueOf(ptr).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || jsonName(f) != name {
			continue
		}
		next := reflect.New(f.Type).Elem()
		if err := assign(next, value); err != nil {
			return fmt.Errorf("%s: cannot read %s as %s", name, value, kindWords(f.Type))
		}
		if err := inRange(name, next, f.Tag.Get("range")); err != nil {
			return err
		}
		v.Field(i).Set(next)
		return nil
	}
	return fmt.Errorf("unknown parameter %q%s", name, didYouMean(name, Names(ptr)))
}

// Names lists the parameters of the struct that ptr points to, in field order.
func Names(ptr any) []string {
	var names []string
	t := reflect.TypeOf(ptr).Elem()
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			names = append(names, jsonName(f))
		}
	}
	return names
}

// Value returns the parameter as it stands, for reports that draw limits.
func Value(ptr any, name string) (any, bool) {
	v := reflect.ValueOf(ptr).Elem()
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && jsonName(f) == name {
			return v.Field(i).Interface(), true
		}
	}
	return nil, false
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func assign(v reflect.Value, text string) error {
	err := json.Unmarshal([]byte(text), v.Addr().Interface())
	if err == nil {
		return nil
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return t.UnmarshalText([]byte(text))
	}
	if v.Kind() == reflect.String && !(json.Valid([]byte(text)) && (text[0] == '[' || text[0] == '{')) {
		v.SetString(text)
		return nil
	}
	if size := strings.Trim(text, `"`); v.CanInt() && strings.HasSuffix(size, "B") {
		n, err := ParseSize(size)
		v.SetInt(int64(n))
		return err
	}
	return err
}

func inRange(name string, v reflect.Value, r string) error {
	lo, hi, ok := strings.Cut(r, "..")
	if !ok {
		return nil
	}
	var x float64
	switch {
	case v.CanInt():
		x = float64(v.Int())
	case v.CanFloat():
		x = v.Float()
	default:
		return nil
	}
	if l, err := strconv.ParseFloat(lo, 64); err == nil && !(x >= l) {
		return fmt.Errorf("%s is %v, must be at least %s", name, x, lo)
	}
	if h, err := strconv.ParseFloat(hi, 64); err == nil && !(x <= h) {
		return fmt.Errorf("%s is %v, must be at most %s", name, x, hi)
	}
	return nil
}

// Describe lists the parameters of the struct that ptr points to, with the
// comments found in its package's source.
func Describe(ptr any, src fs.FS) ([]Param, error) {
	t := reflect.TypeOf(ptr).Elem()
	_, help, err := Comments(t.Name(), src)
	if err != nil {
		return nil, err
	}
	var ps []Param
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		def := f.Tag.Get("default")
		if !json.Valid([]byte(def)) {
			b, err := json.Marshal(def)
			if err != nil {
				return nil, err
			}
			def = string(b)
		}
		ps = append(ps, Param{
			Name: jsonName(f), Type: schemaType(f.Type), Help: help[f.Name],
			Default: def, Range: f.Tag.Get("range"),
		})
	}
	return ps, nil
}

// kindWords says what is to be written for a value of type t.
func kindWords(t reflect.Type) string {
	switch word := schemaType(t); word {
	case "array":
		return "a list, such as [a, b]"
	case "integer", "object":
		return "an " + word
	case "boolean":
		return "true or false"
	default:
		return "a " + word
	}
}

func schemaType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	case reflect.Map, reflect.Struct:
		return "object"
	}
	return "string"
}

// Comments returns the doc comment of a type and of each of its fields.
func Comments(typ string, src fs.FS) (doc string, fields map[string]string, err error) {
	fields = map[string]string{}
	names, err := fs.Glob(src, "*.go")
	if err != nil {
		return "", nil, err
	}
	for _, name := range names {
		b, err := fs.ReadFile(src, name)
		if err != nil {
			return "", nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, b, parser.ParseComments)
		if err != nil {
			return "", nil, err
		}
		for _, d := range file.Decls {
			if gen, ok := d.(*ast.GenDecl); ok {
				if s, ok := structOf(gen, typ); ok {
					return oneLine(gen.Doc.Text()), fieldDocs(s, fields), nil
				}
			}
		}
	}
	return "", fields, nil
}

func structOf(gen *ast.GenDecl, typ string) (*ast.StructType, bool) {
	for _, s := range gen.Specs {
		if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.Name == typ {
			st, ok := ts.Type.(*ast.StructType)
			return st, ok
		}
	}
	return nil, false
}

func fieldDocs(s *ast.StructType, out map[string]string) map[string]string {
	for _, f := range s.Fields.List {
		for _, id := range f.Names {
			out[id.Name] = strings.TrimPrefix(oneLine(f.Doc.Text()), id.Name+" ")
		}
	}
	return out
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Schema renders the parameters as a JSON schema object.
func Schema(ps []Param) map[string]any {
	props := map[string]any{}
	for _, p := range ps {
		prop := map[string]any{"type": p.Type, "description": p.Help, "default": json.RawMessage(p.Default)}
		lo, hi, _ := strings.Cut(p.Range, "..")
		if x, err := strconv.ParseFloat(lo, 64); err == nil {
			prop["minimum"] = x
		}
		if x, err := strconv.ParseFloat(hi, 64); err == nil {
			prop["maximum"] = x
		}
		props[p.Name] = prop
	}
	return map[string]any{"type": "object", "properties": props, "additionalProperties": false}
}

// Markdown renders the parameters as a table.
func Markdown(ps []Param) string {
	var b strings.Builder
	b.WriteString("| parameter | default | range | meaning |\n|---|---|---|---|\n")
	for _, p := range ps {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", p.Name, p.Default, p.Range, strings.ReplaceAll(p.Help, "|", "\\|"))
	}
	return b.String()
}
