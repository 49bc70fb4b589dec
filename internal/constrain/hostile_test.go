package constrain

import (
	"fmt"
	"strings"
	"testing"
)

// Grammars that are small and would take very long, or much memory, end with an error or at once.
func TestHostile(t *testing.T) {
	v := testVocabulary()
	for name, grammar := range map[string]string{
		"repetitions behind an error": "root ::= x" + strings.Repeat("{0,8192}", 100_000),
		"many ways to nothing":        doubling(40, `""`),
		"a chain that grows cheaper":  "root ::= " + chain(3000),
	} {
		g, err := Parse(grammar)
		if err != nil {
			continue
		}
		if _, err := g.Matcher(v).Allowed(100); err == nil && name == "many ways to nothing" {
			t.Errorf("%s: no error", name)
		}
	}
	long := strings.Repeat("a", 200_000)
	g, err := Parse(`root ::= "` + long + `" b` + "\nb ::= " + `"b"`)
	if err != nil {
		t.Fatal(err)
	}
	if m := g.Matcher(v); m.Left() != len(long)+1 || !m.Read([]byte(long+"b")) || !m.Complete() {
		t.Error("a long text is not read")
	}
	// behind the start, too
	g, err = Parse("top ::= \"x\" root0\n" + strings.Replace(doubling(40, `""`), "root ", "root0 ", 1) + "\nroot ::= top")
	if err != nil {
		t.Fatal(err)
	}
	m := g.Matcher(v)
	if m.Read([]byte("x")) {
		if _, err := m.Allowed(100); err == nil {
			t.Error("no error behind x")
		}
	}
}

// doubling is a grammar with 2^n ways to read what leaf stands for.
func doubling(n int, leaf string) string {
	var b strings.Builder
	b.WriteString("root ::= r0\n")
	for i := range n {
		fmt.Fprintf(&b, "r%d ::= r%d n | r%d m\n", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "r%d ::= %s\nn ::= %s\nm ::= %s\n", n, leaf, leaf, leaf)
	return b.String()
}

// chain is a rule of n whose shortest texts become known one after another.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("c0\n")
	for i := range n {
		fmt.Fprintf(&b, "c%d ::= c%d \"a\" | \"%s\"\n", i, i+1, strings.Repeat("a", 20))
	}
	fmt.Fprintf(&b, "c%d ::= \"\"\n", n)
	return b.String()
}
