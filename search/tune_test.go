package search

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"feilun/internal/params"
)

func TestTune(t *testing.T) {
	spec := os.Getenv("TUNE")
	if spec == "" {
		t.Skip("no TUNE")
	}
	var p Params
	params.Fill(&p)
	var sets []testSet
	var xs []*Index
	names := []string{"xquad-zh", "xquad-en"}
	for _, n := range names {
		s := readSet(t, n)
		sets = append(sets, s)
		xs = append(xs, openDocs(t, p, s.docs))
	}
	for _, setting := range append([]string{""}, strings.Split(spec, " ")...) {
		var r Ranking
		params.Fill(&r)
		for _, kv := range strings.Split(setting, ",") {
			if k, v, ok := strings.Cut(kv, "="); ok {
				if err := params.Set(&r, k, v); err != nil {
					t.Fatal(err)
				}
			}
		}
		line := fmt.Sprintf("%-40s", setting)
		for i := range sets {
			line += fmt.Sprintf(" %s %.4f", names[i], sets[i].score(t, xs[i], &r))
		}
		fmt.Println(line)
	}
}
