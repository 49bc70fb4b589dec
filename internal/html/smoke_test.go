package html

import (
	"fmt"
	"strings"
	"testing"
)

// dump renders a tree for tests: one line per node, indented by depth.
func dump(t *Tree) string {
	var b strings.Builder
	for i := 1; i < len(t.Nodes); i++ {
		d := 0
		for p := t.Nodes[i].Parent; p > 0; p = t.Nodes[p].Parent {
			d++
		}
		if t.Nodes[i].Kind == Text {
			fmt.Fprintf(&b, "%*s%q\n", d*2, "", t.Text(i))
		} else {
			fmt.Fprintf(&b, "%*s%s\n", d*2, "", t.TagName(i))
		}
	}
	return b.String()
}

func TestSmoke(t *testing.T) {
	var p Parser
	tr := p.Parse([]byte(`<!doctype html><title>A &amp; B</title><script>if (a</b>0) x</script><p>hello<p>wor&eacute;ld<br>x<ul><li>a<li>b<a href="?a=1&copy=2&amp;c">q</a></ul><table><tr><td>1<td>2<tr><td>3</table><b><p>x</b>y<svg><path/><title>T</title><g></g></svg>end<foo-bar>z</FOO-BAR>!`))
	t.Log("\n" + dump(tr))
}
