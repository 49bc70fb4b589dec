package filter

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"testing"
	"testing/quick"

	"feilun"
	"feilun/internal/params"
)

// described returns the names of a filter's or edit's parameters, and holds
// their comments and defaults to be there.
func described(t *testing.T, f any) map[string]bool {
	t.Helper()
	doc, _, err := params.Comments(TypeName(f), Source)
	if err != nil {
		t.Fatal(err)
	}
	if doc == "" {
		t.Errorf("%s has no comment", TypeName(f))
	}
	ps, err := params.Describe(f, Source)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, p := range ps {
		names[p.Name] = true
		if p.Help == "" {
			t.Errorf("parameter %s has no comment", p.Name)
		}
	}
	if err := params.Fill(f); err != nil {
		t.Fatal(err)
	}
	if err := Prepare(f); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestAll holds every filter to the contract of [Filter].
func TestAll(t *testing.T) {
	for _, f := range All() {
		t.Run(Name(f), func(t *testing.T) {
			names := described(t, f)
			try := func(text string) bool {
				d := &feilun.Doc{Text: text}
				v := f.Check(d)
				switch {
				case v != f.Check(d):
					t.Errorf("two verdicts on one document: %q", text)
				case d.Text != text:
					t.Errorf("Check changed the document: %q", text)
				case v != feilun.Keep && !names[v.Rule]:
					t.Errorf("rule %q is not a parameter", v.Rule)
				default:
					return true
				}
				return false
			}
			for _, text := range awkward {
				try(text)
			}
			if err := quick.Check(try, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// awkward texts have broken tools before.
var awkward = []string{
	"", " ", "\n", "\n\n\n", "\x00", "\xff\xfe", "a", "。", "#", "…", "[1]", "{", "\u0301", "İ", "IS_ALPHA",
	"a\r\nb\u2028c\x85d", "  [1] [2] \n\n x y z [3]  \n", "lorem ipsum", "one two three. {", "\U0010ffff",
}

// TestEdits holds every edit to the contract of [Edit].
func TestEdits(t *testing.T) {
	for _, e := range Edits() {
		t.Run(Name(e), func(t *testing.T) {
			names := described(t, e)
			try := func(text string) bool {
				d := &feilun.Doc{Text: text}
				out, cuts := e.Edit(d)
				again, _ := e.Edit(d)
				gone, at := 0, 0
				for _, c := range cuts {
					gone += c.Bytes
					if c.Start < at || c.End <= c.Start || c.End > len(text) {
						t.Errorf("Edit(%q): cut %+v out of order", text, c)
					}
					if !names[c.Rule] {
						t.Errorf("Edit(%q): rule %q is not a parameter", text, c.Rule)
					}
					at = c.End
				}
				if out != again || d.Text != text || len(text)-len(out) != gone {
					t.Errorf("Edit(%q) = %q, then %q, cuts %v", text, out, again, cuts)
				}
				return !t.Failed()
			}
			for _, text := range awkward {
				try(text)
			}
			if err := quick.Check(try, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAllListed fails when a type with a Check method is missing from [All], or
// one with an Edit method from [Edits].
func TestAllListed(t *testing.T) {
	listed := map[string]bool{}
	for _, f := range All() {
		listed["Check "+Name(f)] = true
	}
	for _, e := range Edits() {
		listed["Edit "+Name(e)] = true
	}
	files, err := fs.Glob(Source, "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		src, err := fs.ReadFile(Source, name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || fn.Name.Name != "Check" && fn.Name.Name != "Edit" {
				continue
			}
			typ := fn.Recv.List[0].Type
			if star, ok := typ.(*ast.StarExpr); ok {
				typ = star.X
			}
			if id := typ.(*ast.Ident); !listed[fn.Name.Name+" "+snake(id.Name)] {
				t.Errorf("%s: %s has a method %s but is not listed", name, id.Name, fn.Name.Name)
			}
		}
	}
}
