package inspect

import (
	"cmp"
	"slices"

	"feilun/internal/ledger"

	"github.com/zeebo/xxh3"
)

// A Change is a reason for which documents are in one corpus and not the other.
type Change struct {
	Stage   string `json:"stage"`
	Rule    string `json:"rule"` // with its step; "absent" when the other run never saw the document
	Docs    int64  `json:"docs"`
	Samples []Fate `json:"samples"`
}

// A Comparison is what another recipe or input changed.
type Comparison struct {
	Both  int64    `json:"both"`
	OnlyA []Change `json:"only_a"` // kept by A, by the reason B has
	OnlyB []Change `json:"only_b"`
	Texts int64    `json:"texts"` // kept by both with another text
}

// diffSamples is how many documents a change shows.
const diffSamples = 5

// Diff compares two runs over the same input, document by document.
func Diff(a, b string) (*Comparison, error) {
	ka, err := keptIDs(a)
	if err != nil {
		return nil, err
	}
	kb, err := keptIDs(b)
	if err != nil {
		return nil, err
	}
	var c Comparison
	for id, text := range ka {
		if other, ok := kb[id]; ok {
			c.Both++
			if other != text {
				c.Texts++
			}
		}
	}
	if c.OnlyA, err = changes(ka, kb, b); err != nil {
		return nil, err
	}
	c.OnlyB, err = changes(kb, ka, a)
	return &c, err
}

// keptIDs maps the id of each document of a corpus to a digest of its text.
func keptIDs(dir string) (map[string]uint64, error) {
	if _, err := Stats(dir); err != nil {
		return nil, err
	}
	ids := map[string]uint64{}
	for k, err := range Docs(dir) {
		if err != nil {
			return nil, err
		}
		ids[k.Doc.ID] = digest(k.Doc.Text)
	}
	return ids, nil
}

// changes groups the documents in kept but not in other by the reason that the
// ledger of the other run gives.
func changes(kept, other map[string]uint64, dir string) ([]Change, error) {
	missing := map[string]bool{}
	for id := range kept {
		if _, ok := other[id]; !ok {
			missing[id] = true
		}
	}
	by := map[[2]string]*Change{}
	note := func(stage, rule string, f Fate) {
		k := [2]string{stage, rule}
		if by[k] == nil {
			by[k] = &Change{Stage: stage, Rule: rule}
		}
		by[k].Docs++
		if len(by[k].Samples) < diffSamples {
			by[k].Samples = append(by[k].Samples, f)
		}
	}
	for r, err := range Rows(dir) {
		if err != nil {
			return nil, err
		}
		if !r.Cut && missing[r.ID] {
			delete(missing, r.ID)
			note(r.Stage, RuleName(r.Filter, r.Rule), fateOf(r))
		}
	}
	absent := make([]string, 0, len(missing))
	for id := range missing {
		absent = append(absent, id)
	}
	slices.Sort(absent)
	for _, id := range absent {
		note("", "absent", Fate{ID: id})
	}
	out := []Change{}
	for _, c := range by {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Docs, a.Docs), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Rule, b.Rule))
	})
	return out, nil
}

func fateOf(r ledger.Row) Fate { return Fate{ID: r.ID, URL: r.URL, Dropped: &r} }

func digest(text string) uint64 { return xxh3.HashString(text) }
