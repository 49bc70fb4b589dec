package mix

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"feilun/internal/extsort"
)

// A Row is one source's line of the plan. Target and Epochs are what was asked
// for, Mixed and MixedDocs what the choice of whole documents comes to.
type Row struct {
	Source    string  `json:"source"`
	Files     int     `json:"files"`
	Docs      int64   `json:"docs"`   // that can be taken: what decontamination dropped is not among them
	Tokens    int64   `json:"tokens"` // of these
	Share     float64 `json:"share"`  // of the mix, asked for
	Epochs    float64 `json:"epochs"` // target / tokens
	Target    int64   `json:"target"` // tokens asked for
	Mixed     int64   `json:"mixed"`  // tokens in the mix
	MixedDocs int64   `json:"mixed_docs"`
	Got       float64 `json:"got"` // share of the mix reached

	rule  string // parameter that decides how much is taken
	whole int64  // copies of every document
	rest  int64  // tokens taken once more
	limit uint64 // draw from which on documents were refused
	bytes int64  // of the mix
}

// A Plan says what the mix will be.
type Plan struct {
	Count    string   `json:"count"`
	Tokens   int64    `json:"tokens"` // asked for
	Mixed    int64    `json:"mixed"`
	Docs     int64    `json:"docs"` // copies counted
	Bytes    int64    `json:"bytes"`
	Rows     []Row    `json:"sources"`
	Off      float64  `json:"off"` // largest |got / share − 1|
	Warnings []string `json:"warnings"`
}

// choose sets the targets and chooses the documents.
func (j *job) choose() (*Plan, error) {
	j.rows = make([]Row, len(j.spec.Sources))
	for i, s := range j.spec.Sources {
		j.rows[i].Source = s.Name
	}
	for i, in := range j.inputs {
		r := &j.rows[in.Source]
		r.Files++
		err := j.eachDoc(i, func(number uint64, rec []uint64) error {
			if !j.gone.has(number) {
				r.Docs++
				r.Tokens += int64(rec[scanTokens])
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	p := &Plan{Count: j.spec.Count, Warnings: []string{}}
	if err := j.targets(p); err != nil {
		return nil, err
	}
	j.extra = newBitmap(j.base[len(j.inputs)])
	for i := range j.rows {
		if err := j.draw(i); err != nil {
			return nil, err
		}
	}
	return p, j.sum(p)
}

// sum adds up what was chosen.
func (j *job) sum(p *Plan) error {
	for i, in := range j.inputs {
		r := &j.rows[in.Source]
		err := j.eachDoc(i, func(number uint64, rec []uint64) error {
			n := j.copies(in.Source, number)
			r.Mixed += n * int64(rec[scanTokens])
			r.bytes += n * int64(rec[scanBytes])
			r.MixedDocs += n
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, r := range j.rows {
		p.Tokens += r.Target
		p.Mixed += r.Mixed
		p.Docs += r.MixedDocs
		p.Bytes += r.bytes
	}
	for i := range j.rows {
		r := &j.rows[i]
		r.Share = float64(r.Target) / float64(max(p.Tokens, 1))
		r.Got = float64(r.Mixed) / float64(max(p.Mixed, 1))
		if r.Target > 0 {
			off := math.Abs(r.Got/r.Share - 1)
			p.Off = max(p.Off, off)
			if off > 0.001 {
				p.Warnings = append(p.Warnings, fmt.Sprintf("source %s: its documents are too long to come closer than %.3g %% to the share asked for", r.Source, off*100))
			}
		}
	}
	p.Rows = j.rows
	return nil
}

// copies returns how often a document comes.
func (j *job) copies(source int, number uint64) int64 {
	if j.gone.has(number) {
		return 0
	}
	n := j.rows[source].whole
	if j.extra.has(number) {
		n++
	}
	return n
}

// draw chooses the documents of a source that come once more than its whole
// epochs: those with the lowest draws.
func (j *job) draw(source int) error {
	row := &j.rows[source]
	if row.Tokens == 0 || row.Target == 0 {
		return nil
	}
	row.whole, row.rest = row.Target/row.Tokens, row.Target%row.Tokens
	if tiny := row.Tokens / 1_000_000; row.rest <= tiny {
		row.rest = 0
	} else if row.Tokens-row.rest <= tiny {
		row.whole, row.rest = row.whole+1, 0
	}
	if row.rest == 0 {
		return nil
	}
	s := extsort.New(j.folder.path("work", "runs"), fmt.Sprintf("draw%d.", source), 3, 1, int64(j.Memory)/4)
	defer s.Close()
	for i, in := range j.inputs {
		if in.Source != source {
			continue
		}
		err := j.eachDoc(i, func(number uint64, rec []uint64) error {
			if j.gone.has(number) {
				return nil
			}
			return s.Add(rec[scanDraw], rec[scanTokens], number)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(in.File), err)
		}
	}
	return j.take(row, s)
}

// near is how many documents on each side of the limit may change places to
// come closer to the target.
const near = 1024

// A candidate is a document near the limit.
type candidate struct {
	tokens int64
	number uint64
}

// take chooses documents in the order of their draws up to the one that would
// exceed what is wanted, then mends what is missing among the documents next to
// that limit: by those that fit, and by exchanging one for one. The choice
// depends on draws and tokens alone.
func (j *job) take(row *Row, s *extsort.Sorter) error {
	left := row.rest
	var in, out []candidate // the last ones taken, the first ones refused
	err := s.Each(func(r []uint64) error {
		c := candidate{int64(r[1]), r[2]}
		if len(out) == 0 && c.tokens <= left {
			left -= c.tokens
			j.extra.set(c.number)
			if in = append(in, c); len(in) == 2*near {
				in = append(in[:0], in[near:]...)
			}
			return nil
		}
		if len(out) == 0 {
			row.limit = r[0]
		}
		if len(out) < near {
			out = append(out, c)
		}
		return nil
	})
	enough := row.Target / 100_000
	for i := 0; i < len(out) && left > enough; i++ {
		if out[i].tokens <= left {
			left -= out[i].tokens
			j.extra.set(out[i].number)
			in, out = append(in, out[i]), slices.Delete(out, i, i+1)
			i--
		}
	}
	for range 16 {
		if left <= enough && left >= -enough {
			break
		}
		a, b, better := exchange(in, out, left)
		if !better {
			break
		}
		left -= out[b].tokens - in[a].tokens
		j.extra.clear(in[a].number)
		j.extra.set(out[b].number)
		in[a], out[b] = out[b], in[a]
	}
	return err
}

// exchange finds the pair whose exchange leaves least missing of left, and
// reports whether that is less than now.
func exchange(in, out []candidate, left int64) (a, b int, better bool) {
	least := max(left, -left)
	bySize := make([]int, len(out))
	for i := range bySize {
		bySize[i] = i
	}
	slices.SortStableFunc(bySize, func(x, y int) int { return cmp.Compare(out[x].tokens, out[y].tokens) })
	for i, c := range in {
		want := c.tokens + left
		at, _ := slices.BinarySearchFunc(bySize, want, func(k int, want int64) int { return cmp.Compare(out[k].tokens, want) })
		for _, k := range []int{at - 1, at} {
			if k < 0 || k >= len(bySize) {
				continue
			}
			if off := out[bySize[k]].tokens - want; max(off, -off) < least {
				least, a, b, better = max(off, -off), i, bySize[k], true
			}
		}
	}
	return a, b, better
}
