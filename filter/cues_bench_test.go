package filter

import "testing"

func TestBuildCues(t *testing.T) {
	p := cues()
	t.Logf("%d words, %d states", len(p.words), len(p.node))
}
