package feilun_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	module      = "feilun"
	maxFile     = 400 // lines; generated and table files are exempt
	maxFunction = 45  // lines of body; tests are exempt
)

// Stages may import the root package, model and internal/..., never one another.
// The same holds for plan and run, which receive stages as values.
var stages = []string{
	"crawl", "extract", "language", "filter", "quality", "dedup", "mix",
	"tokenize", "train", "evaluate", "search", "serve", "feedback", "plan", "run",
}

type source struct {
	name  string
	bytes []byte
	fset  *token.FileSet
	file  *ast.File
}

// sources parses every Go file of the module outside bench and testdata.
func sources(t *testing.T) []source {
	var all []source
	err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			if n := e.Name(); n == "testdata" || n == "bench" || n == "node_modules" || n != "." && strings.HasPrefix(n, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, b, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{filepath.ToSlash(name), b, fset, file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s source) test() bool { return strings.HasSuffix(s.name, "_test.go") }

// table reports files exempt from size rules: generated ones and pure tables.
func (s source) table() bool {
	return ast.IsGenerated(s.file) || strings.HasSuffix(s.name, "_table.go") || strings.HasSuffix(s.name, "_tables.go")
}

func TestLayers(t *testing.T) {
	for _, s := range sources(t) {
		dir := path.Dir(s.name)
		from, _, _ := strings.Cut(dir, "/")
		for _, im := range s.file.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			rest, ours := strings.CutPrefix(p, module)
			if !ours || rest == "" {
				continue
			}
			to, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
			switch {
			case dir == "." && !s.test():
				t.Errorf("%s: the root package imports %s; it may import nothing of ours", s.name, p)
			case slices.Contains(stages, from) && to != from && to != "model" && to != "internal":
				t.Errorf("%s: %s imports %s; stages meet only through files and feilun.Doc", s.name, from, p)
			}
		}
		if n := strings.Count(dir, "/"); n > 1 {
			t.Errorf("%s: deeper than two directories; give a reason in docs/decisions", s.name)
		}
	}
}

func TestPackageComments(t *testing.T) {
	has, dirs := map[string]bool{}, map[string]bool{}
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		dirs[path.Dir(s.name)] = true
		if s.file.Doc != nil {
			has[path.Dir(s.name)] = true
		}
	}
	for dir := range dirs {
		if !has[dir] {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.table() {
			continue
		}
		if n := bytes.Count(s.bytes, []byte("\n")); n > maxFile {
			t.Errorf("%s has %d lines, more than %d: split it by topic", s.name, n, maxFile)
		}
		for _, d := range s.file.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if s.name == "internal/inflate/fast.go" {
				continue // one loop whose state has to stay in registers
			}
			if n := s.fset.Position(fn.Body.End()).Line - s.fset.Position(fn.Body.Pos()).Line - 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines, more than %d", s.name, fn.Name.Name, n, maxFunction)
			}
		}
	}
}

// TestNoHiddenState forbids init functions and package variables of kinds that
// are usually written to. Tables and compiled patterns are fine.
func TestNoHiddenState(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() {
			continue
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", s.name)
			}
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if len(v.Values) == 0 && gen.Doc == nil && v.Doc == nil && v.Comment == nil {
					t.Errorf("%s: package variable %s has no value and no comment: is it written to?", s.name, v.Names[0].Name)
				}
			}
		}
	}
}

// allowed is every module a package of ours may import directly, with its
// reason in docs/dependencies.md.
func TestDependencies(t *testing.T) {
	doc, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources(t) {
		for _, im := range s.file.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			host, _, _ := strings.Cut(p, "/")
			if !strings.Contains(host, ".") {
				continue
			}
			parts := strings.Split(p, "/")
			if mod := strings.Join(parts[:min(3, len(parts))], "/"); !bytes.Contains(doc, []byte("`"+mod)) {
				t.Errorf("%s imports %s, which docs/dependencies.md does not give a reason for", s.name, p)
			}
		}
	}
}
