package search

import (
	"fmt"
	"slices"
	"testing"

	"feilun"
)

func TestSample(t *testing.T) {
	var docs []*feilun.Doc
	for i := range 10 {
		docs = append(docs, &feilun.Doc{ID: fmt.Sprint(i), Title: fmt.Sprint("title ", i), Text: fmt.Sprintf("Document %d says that %d is a number.", i, i)})
	}
	x := openDocs(t, defaults(t), docs)
	for n, want := range map[int][]string{0: nil, 1: {"0"}, 3: {"0", "3", "6"}, 5: {"0", "2", "4", "6", "8"}, 99: {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}} {
		all, err := x.Sample(n)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, d := range all {
			ids = append(ids, d.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("Sample(%d) = %q, want %q", n, ids, want)
		}
	}
}
