// Package filter decides which documents stay, by rules a reader can check:
// one file per filter, its fields are its parameters, and the verdict names the
// parameter that decided. Start with [All], [Edits] and [Prepare]. Models that
// score documents live in quality; comparison between documents in dedup.
package filter

import (
	"embed"
	"reflect"
	"strings"
	"unicode"

	"feilun"
	"feilun/internal/params"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// A Filter judges one document. Check must be deterministic, must not change
// the document or keep it, and is called by one goroutine at a time per
// instance only after [Prepare]; a filter may keep scratch space in itself.
type Filter interface {
	Check(d *feilun.Doc) feilun.Verdict
}

// An Edit changes text instead of dropping the document. The cuts are in
// order, do not overlap, and hold spans of the text before the edit; each says
// how many bytes shorter it made the text, so that lengths add up. Edit must
// not change the document itself.
type Edit interface {
	Edit(d *feilun.Doc) (text string, cuts []feilun.Cut)
}

// All lists every filter with zero parameters, cheap before dear.
func All() []Filter {
	return []Filter{
		&Status{},
		&Robots{},
		&URL{},
		&Soft404{},
		&Parked{},
		&Han{},
		&Stuffed{},
		&Mirror{},
		&Length{},
		&C4Paragraph{},
		&C4Page{},
		&C4BadWords{},
		&RefinedWebPage{},
		&DclmQuality{},
		&GopherQuality{},
		&Fineweb{},
		&GopherRepetition{},
		&DclmRepetition{},
	}
}

// Edits lists every edit with zero parameters.
func Edits() []Edit {
	return []Edit{
		&C4Lines{},
		&MirrorLines{},
		&Mask{},
		&RefinedWebLines{},
		&CleanUp{},
	}
}

// Name returns the recipe key of a filter or edit: its type in snake case.
func Name(f any) string { return snake(TypeName(f)) }

// TypeName returns the name of the filter's or edit's type.
func TypeName(f any) string { return reflect.TypeOf(f).Elem().Name() }

func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(s[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// New returns a fresh filter or edit by its name, with default parameters, or
// nil when there is none.
func New(name string) any {
	for _, f := range All() {
		if Name(f) == name {
			return fill(f)
		}
	}
	for _, e := range Edits() {
		if Name(e) == name {
			return fill(e)
		}
	}
	return nil
}

func fill(f any) any {
	if err := params.Fill(f); err != nil {
		panic(err) // a default tag in this package is wrong
	}
	return f
}

// Prepare readies a filter or edit whose parameters are set: it compiles lists
// and patterns. Errors name the file or pattern at fault.
func Prepare(f any) error {
	if p, ok := f.(interface{ Prepare() error }); ok {
		return p.Prepare()
	}
	return nil
}

// Clone returns a ready copy of a filter or edit for one goroutine; f itself
// has been through [Prepare]. A filter that carries large read-only tables has
// a Clone method of its own, so that copies share them.
func Clone(f any) (any, error) {
	if c, ok := f.(interface{ Clone() Filter }); ok {
		return c.Clone(), nil
	}
	v := reflect.New(reflect.TypeOf(f).Elem())
	for i := range v.Elem().NumField() {
		if v.Elem().Type().Field(i).IsExported() {
			v.Elem().Field(i).Set(reflect.ValueOf(f).Elem().Field(i))
		}
	}
	return v.Interface(), Prepare(v.Interface())
}
