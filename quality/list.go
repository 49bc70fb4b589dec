package quality

import (
	"reflect"
	"strings"

	"feilun"
	"feilun/internal/params"
)

// A Judge is a prepared step of a recipe for one goroutine.
type Judge struct {
	step  step
	model *Model
}

// A step is what a recipe names: parameters that judge documents by a model.
type step interface {
	Prepare() error
	Judge(d *feilun.Doc) (float64, feilun.Verdict)
	Limit() float64
	loaded() **Model
}

// Name returns the recipe key of a step: its type in lower case.
func Name(s any) string { return strings.ToLower(TypeName(s)) }

// TypeName returns the name of the step's type.
func TypeName(s any) string { return reflect.TypeOf(s).Elem().Name() }

// Names lists the recipe keys.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, Name(s))
	}
	return names
}

// New returns a fresh step by its name, with default parameters, or nil when
// there is none.
func New(name string) any {
	for _, s := range All() {
		if Name(s) == name {
			if err := params.Fill(s); err != nil {
				panic(err) // a default tag in this package is wrong
			}
			return s
		}
	}
	return nil
}

// Prepare loads the model of a step whose parameters are set. It does nothing
// for one that is loaded.
func Prepare(s any) error {
	if st := s.(step); *st.loaded() == nil {
		return st.Prepare()
	}
	return nil
}

// NewJudge returns a judge for one goroutine; s has been through [Prepare] and
// shares its model.
func NewJudge(s any) *Judge {
	v := reflect.New(reflect.TypeOf(s).Elem())
	v.Elem().Set(reflect.ValueOf(s).Elem())
	st := v.Interface().(step)
	m := (*st.loaded()).Clone()
	*st.loaded() = m
	return &Judge{st, m}
}

// Document returns the document's score with the verdict on it.
func (j *Judge) Document(d *feilun.Doc) (float64, feilun.Verdict) { return j.step.Judge(d) }

// Limit returns the score around which the step decides. The step has been through [Prepare].
func Limit(s any) float64 { return s.(step).Limit() }

// LowIsGood reports whether a step judges by a value that is low for
// good documents, as perplexity is.
func LowIsGood(s any) bool {
	_, ok := s.(*Perplexity)
	return ok
}

// Memory estimates the bytes that the model of a prepared step takes, with a
// judge for each of so many workers.
func Memory(s any, workers int) int64 { return (*s.(step).loaded()).Memory(workers) }

// Fingerprint identifies the model of a prepared step.
func Fingerprint(s any) string { return (*s.(step).loaded()).SHA256 }

// ModelOf returns the model of a prepared step.
func ModelOf(s any) *Model { return *s.(step).loaded() }
