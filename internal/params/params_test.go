package params

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

type sample struct {
	MaxUpper float64  `json:"max_upper" default:"0.5" range:"0..1"`
	Lists    string   `json:"lists" default:""`
	Words    []string `json:"words" default:"[\"the\",\"be\"]"`
	hidden   int
}

func TestFillAndSet(t *testing.T) {
	var s sample
	if err := Fill(&s); err != nil {
		t.Fatal(err)
	}
	if s.MaxUpper != 0.5 || len(s.Words) != 2 || s.hidden != 0 {
		t.Errorf("Fill = %+v", s)
	}
	for _, tt := range []struct{ name, value, err string }{
		{"max_upper", "0.25", ""},
		{"max_upper", "1.5", "at most 1"},
		{"max_upper", "NaN", "cannot read"},
		{"max_uper", "0.5", `did you mean "max_upper"`},
		{"lists", "some/dir", ""},
		{"lists", "[1,2]", "cannot read"},
		{"lists", `{"a":1}`, "cannot read"},
		{"lists", "[a-z]/some/dir", ""},
		{"lists", "some/dir", ""},
		{"words", `["of"]`, ""},
	} {
		err := Set(&s, tt.name, tt.value)
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("Set(%s, %s) = %v, want %q", tt.name, tt.value, err, tt.err)
		}
	}
	if want := (sample{0.25, "some/dir", []string{"of"}, 0}); !cmp.Equal(s, want, cmp.AllowUnexported(sample{})) {
		t.Errorf("after Set: %+v, want %+v", s, want)
	}
}

func TestDescribe(t *testing.T) {
	src := fstest.MapFS{"a.go": {Data: []byte("package a\n\n// sample is one.\ntype sample struct {\n\t// MaxUpper is the highest\n\t// share.\n\tMaxUpper float64\n}\n")}}
	ps, err := Describe(&sample{}, src)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Param{"max_upper", "number", "is the highest share.", "0.5", "0..1"}); ps[0] != want {
		t.Errorf("Describe = %+v, want %+v", ps[0], want)
	}
	if len(ps) != 3 || ps[1].Default != `""` {
		t.Errorf("Describe = %+v", ps)
	}
}

// TestList reads lists as JSON and between commas.
func TestList(t *testing.T) {
	var p struct {
		Names List `json:"names" default:"[\"a, b\",\"\"]"`
	}
	if err := Fill(&p); err != nil || len(p.Names) != 2 || p.Names[0] != "a, b" {
		t.Fatalf("default is %q, %v", p.Names, err)
	}
	for _, tt := range []struct {
		text string
		want int
	}{{`["x"]`, 1}, {"x,y", 2}, {`"x,y,z"`, 3}} {
		if err := Set(&p, "names", tt.text); err != nil || len(p.Names) != tt.want {
			t.Errorf("Set(%s) = %q, %v; want %d", tt.text, p.Names, err, tt.want)
		}
	}
}
