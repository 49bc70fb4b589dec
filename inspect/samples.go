package inspect

import (
	"slices"
	"unicode"

	"feilun/internal/ledger"
	"feilun/internal/stats"
)

// survivorBytes is the size of a corpus up to which the page names the copies
// that stayed by URL: to find them takes a reading of the corpus.
const survivorBytes = 256 << 20

// A draws keeps examples of one rule, texts in Chinese apart from others so
// that both show.
type draws [2]Draw

func (d *draws) add(r ledger.Row) {
	i := 0
	if chinese(r.Sample) {
		i = 1
	}
	d[i].Add(r, ruleSamples)
}

// rows takes turns between the two draws, which are fair each.
func (d *draws) rows() []ledger.Row {
	a, b := d[0].Rows(ruleSamples), d[1].Rows(ruleSamples)
	var out []ledger.Row
	for i := 0; len(out) < ruleSamples && i < max(len(a), len(b)); i++ {
		if i < len(a) {
			out = append(out, a[i])
		}
		if i < len(b) && len(out) < ruleSamples {
			out = append(out, b[i])
		}
	}
	return out
}

// chinese reports whether at least a quarter of the letters are Han.
func chinese(text string) bool {
	han, letters := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.Is(unicode.Han, r) {
			han++
		}
	}
	return han > 0 && 4*han >= letters
}

// unfold opens the examples of the first n rules that have texts to show.
func unfold(lines []ruleLine, n int) {
	for i := range lines {
		texts := slices.ContainsFunc(lines[i].Samples, func(r ledger.Row) bool { return r.Sample != "" })
		if lines[i].Open = texts && n > 0; texts {
			n--
		}
	}
}

// turns picks n samples, the languages taking turns, in the order in which
// they first appear.
func turns(all []stats.Sample, n int) []stats.Sample {
	by := map[string][]stats.Sample{}
	var order []string
	for _, s := range all {
		if by[s.Language] == nil {
			order = append(order, s.Language)
		}
		by[s.Language] = append(by[s.Language], s)
	}
	var out []stats.Sample
	for left := min(n, len(all)); len(out) < left; {
		for _, l := range order {
			if len(by[l]) > 0 && len(out) < left {
				out, by[l] = append(out, by[l][0]), by[l][1:]
			}
		}
	}
	return out
}

// survivors finds the URLs of the copies that stayed, of duplicates shown.
func (v *view) survivors(dir string) error {
	v.URLs = map[string]string{}
	size, missing := int64(0), 0
	for _, f := range v.Run.Files {
		size += f.Size
	}
	for _, l := range v.Drops {
		for _, r := range l.Samples {
			if _, ok := v.URLs[r.Survivor]; r.Survivor != "" && !ok {
				v.URLs[r.Survivor] = r.Survivor
				missing++
			}
		}
	}
	if missing == 0 || size > survivorBytes {
		return nil
	}
	for k, err := range Docs(dir) {
		if err != nil {
			return err
		}
		if _, ok := v.URLs[k.Doc.ID]; ok {
			if k.Doc.URL != "" {
				v.URLs[k.Doc.ID] = k.Doc.URL
			}
			if missing--; missing == 0 {
				break
			}
		}
	}
	return nil
}
