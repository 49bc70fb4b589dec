package dedup

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"feilun"
	"feilun/internal/extsort"
)

// SubstringParams cuts out passages that stand in the corpus already, word for word.
type SubstringParams struct {
	// Length is the number of units in a row from which a repeated passage is cut.
	Length int `json:"length" default:"50" range:"2..65536"`
	// Unit is what length counts: tokens (words between white space; each ideograph and each mark outside ASCII is one), characters (without white space) or bytes (as Google's tool, of which 100 are the usual length). White space between tokens or characters may differ. Cuts never divide a character.
	Unit string `json:"unit" default:"tokens"`
	// Keep says which copy of a passage stays: first (in corpus order), or none, as Google's tool does.
	Keep string `json:"keep" default:"first"`
	// MinLeft is the number of characters that must be left, or the document is dropped; 0 drops those with no text left.
	MinLeft int `name:"min_left" json:"min_left" default:"0" range:"0.."`
}

// anchorUnits is how long the runs are by which repeated passages are looked
// for: half of them, so that few positions are sorted, and few by chance.
func (p *SubstringParams) anchorUnits() int { return p.Length/2 + 1 }

// substrings finds passages of Length units that stand in the corpus more than
// once and cuts all but the first. Every window of Length units has an anchor,
// a shorter run chosen by its content; anchors are sorted, and of the windows
// around those that occur twice, 128 bits of the windows themselves.
func (j *job) substrings() error {
	if j.Substring == nil {
		return nil
	}
	anchors, err := j.repeatedAnchors()
	if err != nil {
		return err
	}
	spans, err := j.repeatedWindows(anchors)
	if err != nil {
		return err
	}
	err = j.parallel(len(j.shards), func(_, i int) error { return j.cutSubstrings(i, spans) })
	if err != nil {
		return err
	}
	for i := range j.shards {
		err := j.eachCutRecord(i, cutsAll, func(index uint64, share float64, _ []feilun.Cut) error {
			if share == 0 {
				return nil
			}
			return j.drop(uint64(i)<<32|index, stepSubstring, nobody, share)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A docTable is a file of pairs (document, word) in order, and where those of
// each shard begin.
type docTable struct {
	name   string
	starts []int64
}

// table writes the pairs of a sorter.
func (j *job) table(name string, s *extsort.Sorter) (*docTable, error) {
	t := &docTable{filepath.Join(j.Dir, name), make([]int64, len(j.shards)+1)}
	last := [2]uint64{nobody, nobody}
	err := writeRecords(t.name, func(put func(...uint64) error) error {
		return s.Each(func(r []uint64) error {
			if r[0] == last[0] && r[1] == last[1] {
				return nil
			}
			last = [2]uint64{r[0], r[1]}
			t.starts[r[0]>>32+1]++
			return put(r...)
		})
	})
	for i := range j.shards {
		t.starts[i+1] += t.starts[i]
	}
	return t, err
}

// shard calls f with the words of every document of shard i that has some.
func (t *docTable) shard(i int, f func(index int, words []uint64) error) error {
	file, err := os.Open(t.name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(16*t.starts[i], io.SeekStart); err != nil {
		return err
	}
	in := newRecordReader(file, 2)
	doc, words := nobody, []uint64(nil)
	flush := func() error {
		if doc == nobody {
			return nil
		}
		return f(int(uint32(doc)), words)
	}
	for range t.starts[i+1] - t.starts[i] {
		r, err := in.read()
		if err != nil {
			return err
		}
		if r[0] != doc {
			if err := flush(); err != nil {
				return err
			}
			doc, words = r[0], words[:0]
		}
		words = append(words, r[1])
	}
	return flush()
}

// of gathers the words of the documents of shard i by index.
func (t *docTable) of(i int) (map[int][]uint64, error) {
	all := map[int][]uint64{}
	err := t.shard(i, func(index int, words []uint64) error {
		all[index] = slices.Clone(words)
		return nil
	})
	return all, err
}

// scratch writes a file that is not used again after an interruption, and so
// need not be safe from one.
func (j *job) scratch(i int, kind string, fill func(io.Writer) error) (err error) {
	f, err := os.Create(j.piece(i, kind))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<16)
	if err := fill(w); err != nil {
		return err
	}
	return w.Flush()
}

// repeatedAnchors returns the positions of the anchors that occur more than
// once.
func (j *job) repeatedAnchors() (*docTable, error) {
	p := j.Substring
	units := make([]*unitText, j.Workers)
	err := j.parallel(len(j.shards), func(w, i int) error {
		if units[w] == nil {
			units[w] = newUnitText(p.Unit)
		}
		return j.scratch(i, "anchors", func(out io.Writer) error {
			var raw []byte
			return j.docsLeft(i, func(index int, d *feilun.Doc) error {
				if j.gone.has(j.base[i] + uint64(index)) {
					return nil
				}
				raw = raw[:0]
				units[w].cut(d.Text)
				units[w].anchors(p.Length, p.anchorUnits(), func(at int, hash uint64) {
					raw = appendWords(raw, hash, uint64(index)<<32|uint64(at))
				})
				_, err := out.Write(raw)
				return err
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return j.sortAnchors()
}

// sortAnchors reads the anchors of all shards.
func (j *job) sortAnchors() (*docTable, error) {
	byHash := extsort.New(j.Dir, "anchorhashes", 3, 1, j.Memory/3).Hashed()
	byDoc := extsort.New(j.Dir, "anchordocs", 2, 2, j.Memory/3)
	defer byHash.Close()
	defer byDoc.Close()
	for i := range j.shards {
		err := records(j.piece(i, "anchors"), 2, func(r []uint64) error {
			return byHash.Add(r[0], uint64(i)<<32|r[1]>>32, uint64(uint32(r[1])))
		})
		if err := errors.Join(err, os.Remove(j.piece(i, "anchors"))); err != nil {
			return nil, err
		}
	}
	var first [3]uint64
	state := 0 // 0 no record, 1 first of its hash, 2 more
	err := byHash.Each(func(r []uint64) error {
		if state == 0 || r[0] != first[0] {
			first, state = [3]uint64(r), 1
			return nil
		}
		if state == 1 {
			if err := byDoc.Add(first[1], first[2]); err != nil {
				return err
			}
		}
		state = 2
		return byDoc.Add(r[1], r[2])
	})
	if err != nil {
		return nil, err
	}
	return j.table("anchors", byDoc)
}

// repeatedWindows returns the spans, start << 32 | end in the text as earlier
// steps left it, of the windows to cut.
func (j *job) repeatedWindows(anchors *docTable) (*docTable, error) {
	units := make([]*unitText, j.Workers)
	err := j.parallel(len(j.shards), func(w, i int) error {
		if units[w] == nil {
			units[w] = newUnitText(j.Substring.Unit)
		}
		at, err := anchors.of(i)
		if err != nil {
			return err
		}
		return j.scratch(i, "windows", func(out io.Writer) error {
			if len(at) == 0 {
				return nil
			}
			return j.docsLeft(i, func(index int, d *feilun.Doc) error {
				if len(at[index]) == 0 {
					return nil
				}
				return j.windows(out, units[w], uint64(index), d.Text, at[index])
			})
		})
	})
	if err != nil {
		return nil, err
	}
	byHash := extsort.New(j.Dir, "windowhashes", 4, 1, j.Memory/3).Hashed()
	byDoc := extsort.New(j.Dir, "windowdocs", 2, 2, j.Memory/3)
	defer byHash.Close()
	defer byDoc.Close()
	for i := range j.shards {
		err := records(j.piece(i, "windows"), 4, func(r []uint64) error {
			return byHash.Add(r[0], r[1], uint64(i)<<32|r[2], r[3])
		})
		if err := errors.Join(err, os.Remove(j.piece(i, "windows"))); err != nil {
			return nil, err
		}
	}
	if err := j.laterWindows(byHash, byDoc); err != nil {
		return nil, err
	}
	return j.table("spans", byDoc)
}

// windows writes the windows of one document that hold one of the anchors.
func (j *job) windows(w io.Writer, u *unitText, index uint64, text string, anchors []uint64) error {
	n, k := j.Substring.Length, j.Substring.anchorUnits()
	u.cut(text)
	u.normalise()
	var raw []byte
	next := 0 // first window not written yet
	for _, a := range anchors {
		last := min(int(a), len(u.hash)-n)
		for i := max(next, int(a)-(n-k)); i <= last; i++ {
			hi, lo := u.window(i, n)
			from, to := u.span(i, n)
			raw = appendWords(raw, hi, lo, index, uint64(from)<<32|uint64(to))
			next = i + 1
		}
		if len(raw) > 1<<20 {
			if _, err := w.Write(raw); err != nil {
				return err
			}
			raw = raw[:0]
		}
	}
	_, err := w.Write(raw)
	return err
}

// laterWindows passes on the spans of equal windows but for the first, or all
// where none is kept. Records come by the first half of their hashes; those
// with the same half are told apart by the other.
func (j *job) laterWindows(byHash, byDoc *extsort.Sorter) error {
	var group [][4]uint64
	// flush leaves the first of each kind in group.
	flush := func() error {
		slices.SortStableFunc(group, func(a, b [4]uint64) int { return cmp.Compare(a[1], b[1]) })
		kinds := 0
		for from := 0; from < len(group); {
			to := from + 1
			for to < len(group) && group[to][1] == group[from][1] {
				to++
			}
			if err := j.equalWindows(group[from:to], byDoc); err != nil {
				return err
			}
			group[kinds] = group[from]
			kinds++
			from = to
		}
		group = group[:kinds]
		return nil
	}
	err := byHash.Each(func(r []uint64) error {
		other := len(group) > 0 && r[0] != group[0][0]
		if other || len(group) == mostEqual {
			if err := flush(); err != nil {
				return err
			}
		}
		if other {
			group = group[:0]
		}
		group = append(group, [4]uint64(r))
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// mostEqual is how many equal windows are gathered at a time.
const mostEqual = 1 << 16

// equalWindows passes on what is cut of equal windows in corpus order. A window
// that overlaps the first one in its document counts from the first one's end.
func (j *job) equalWindows(same [][4]uint64, byDoc *extsort.Sorter) error {
	if len(same) < 2 {
		return nil
	}
	none := j.Substring.Keep == "none"
	for i, r := range same {
		start, end := r[3]>>32, r[3]&math.MaxUint32
		if !none {
			if i == 0 {
				continue
			}
			if r[2] == same[0][2] {
				start = max(start, same[0][3]&math.MaxUint32)
			}
			if start >= end {
				continue
			}
		}
		if err := byDoc.Add(r[2], start<<32|end); err != nil {
			return err
		}
	}
	return nil
}
