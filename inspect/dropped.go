package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/ledger"

	"github.com/zeebo/xxh3"
)

// Dropped draws n rows of a rule fairly: the ones whose documents' ids hash
// lowest. An empty rule asks for all rules but those of crawl, which most records
// fall under; cuts says whether pieces cut out of
// documents that stayed are asked for, rather than dropped documents.
func Dropped(dir, rule string, n int, cuts bool) ([]ledger.Row, error) {
	if n < 1 {
		return nil, hint.Usage(fmt.Errorf("a sample of %d rows: ask for 1 or more", n))
	}
	var d Draw
	others := 0 // rows of the other kind
	for r, err := range Rows(dir) {
		if err != nil {
			return nil, err
		}
		if r.Cut == cuts && matches(rule, r) && (rule != "" || r.Stage != "crawl") {
			d.Add(r, n)
		} else if rule != "" && r.Cut != cuts && matches(rule, r) {
			others++
		}
	}
	switch {
	case len(d.rows) > 0 || others == 0:
	case cuts:
		return nil, hint.Usage(hint.With(fmt.Errorf("rule %q cut nothing in %s, it dropped documents", rule, dir), "leave --cuts out"))
	default:
		return nil, hint.Usage(hint.With(fmt.Errorf("rule %q dropped no document in %s, it cut pieces", rule, dir), "add --cuts"))
	}
	if len(d.rows) == 0 && rule != "" {
		s, err := Stats(dir)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(knownRules(s), func(name string) bool { return strings.Contains(name, rule) }) {
			return nil, hint.Usage(hint.With(fmt.Errorf("no rule %q dropped anything in %s", rule, dir),
				"rules of this run: "+strings.Join(knownRules(s), ", ")))
		}
	}
	return d.Rows(n), nil
}

// A Draw keeps the rows whose documents hash lowest.
type Draw struct{ rows []ledger.Row }

// Add takes a row into a draw of n.
func (d *Draw) Add(r ledger.Row, n int) {
	d.rows = append(d.rows, r)
	if len(d.rows) >= 4*n+64 {
		d.rows = d.Rows(n)
	}
}

// Rows returns the n drawn so far.
func (d *Draw) Rows(n int) []ledger.Row {
	hash := func(r ledger.Row) uint64 {
		return xxh3.HashString(fmt.Sprint(r.ID, r.Record.File, r.Record.Offset, r.Start))
	}
	slices.SortStableFunc(d.rows, func(a, b ledger.Row) int { return cmp.Compare(hash(a), hash(b)) })
	return d.rows[:min(n, len(d.rows))]
}
