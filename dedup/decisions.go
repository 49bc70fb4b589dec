package dedup

import (
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"

	"feilun"
)

// Decisions are the result of [Decide]. They lie in the scratch folder, which
// must stay until they are used; Shard may be called by several goroutines.
type Decisions struct {
	job   *job
	start []int64 // first outcome of each shard, and the number of all
	Steps []StepCount
}

// A StepCount says how many documents a step dropped.
type StepCount struct {
	Step string
	Docs int64
}

const outcomeWords = 4

// finish writes the outcomes in the order of the documents.
func (j *job) finish() (*Decisions, error) {
	d := &Decisions{job: j, start: make([]int64, len(j.shards)+1)}
	var steps [stepSubstring + 1]int64
	err := writeRecords(d.name(), func(put func(...uint64) error) error {
		return j.outcomes.Each(func(r []uint64) error {
			d.start[r[0]>>32+1]++
			steps[r[1]]++
			return put(r...)
		})
	})
	for i := range j.shards {
		d.start[i+1] += d.start[i]
	}
	for s, n := range steps {
		if n > 0 {
			d.Steps = append(d.Steps, StepCount{stepName(uint64(s)), n})
		}
	}
	return d, err
}

func (d *Decisions) name() string { return filepath.Join(d.job.Dir, "outcomes") }

// outcomes reads outcomes from to to-1.
func outcomes(f *os.File, from, to int64) ([]uint64, error) {
	raw := make([]byte, 8*outcomeWords*(to-from))
	if _, err := f.ReadAt(raw, 8*outcomeWords*from); err != nil && !(err == io.EOF && len(raw) == 0) {
		return nil, err
	}
	words := make([]uint64, len(raw)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(raw[8*i:])
	}
	return words, nil
}

// Shard yields the decisions about the documents of shard i that are dropped
// or cut, in ascending order of their index. An error comes once, last.
func (d *Decisions) Shard(i int) iter.Seq2[Decision, error] {
	return func(yield func(Decision, error) bool) {
		dropped, err := d.dropped(i)
		if err != nil {
			yield(Decision{}, err)
			return
		}
		stop := errors.New("stop")
		flush := func(below int) error {
			for len(dropped) > 0 && dropped[0].Index < below {
				if !yield(dropped[0], nil) {
					return stop
				}
				dropped = dropped[1:]
			}
			return nil
		}
		err = d.job.eachCut(i, func(index int, cuts []feilun.Cut) error {
			if err := flush(index); err != nil {
				return err
			}
			if len(dropped) > 0 && dropped[0].Index == index {
				return nil
			}
			if !yield(Decision{Index: index, Cuts: slices.Clone(cuts)}, nil) {
				return stop
			}
			return nil
		})
		if err == nil {
			err = flush(math.MaxInt)
		}
		if err != nil && err != stop {
			yield(Decision{}, err)
		}
	}
}

// dropped returns the decisions about the dropped documents of a shard.
func (d *Decisions) dropped(i int) ([]Decision, error) {
	f, err := os.Open(d.name())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	words, err := outcomes(f, d.start[i], d.start[i+1])
	if err != nil {
		return nil, err
	}
	survivors := make([]ref, 0, len(words)/outcomeWords)
	for r := range slices.Chunk(words, outcomeWords) {
		s, err := d.last(f, r[2])
		if err != nil {
			return nil, err
		}
		survivors = append(survivors, s)
	}
	ids, err := d.ids(survivors)
	if err != nil {
		return nil, err
	}
	var all []Decision
	for r := range slices.Chunk(words, outcomeWords) {
		v := feilun.Verdict{Rule: stepName(r[1]), Value: math.Float64frombits(r[3]), Limit: d.job.limit(r[1])}
		all = append(all, Decision{Index: int(uint32(r[0])), Verdict: v, Survivor: ids[survivors[len(all)]]})
	}
	return all, nil
}

// limit is what the value of a verdict was held to.
func (j *job) limit(step uint64) float64 {
	switch step {
	case stepNear:
		return j.Near.Threshold
	case stepNgram:
		return j.Ngram.Threshold
	}
	return 1
}

// last follows survivors that were dropped by a later step to the copy that
// stays. Where that step leaves no copy (line), it stops before.
func (d *Decisions) last(f *os.File, doc ref) (ref, error) {
	for doc != nobody && d.job.gone.has(d.job.number(doc)) {
		var err error
		from := d.start[doc>>32]
		n := int(d.start[doc>>32+1] - from)
		at := sort.Search(n, func(k int) bool {
			words, e := outcomes(f, from+int64(k), from+int64(k)+1)
			if e != nil {
				err = e
				return true
			}
			return words[0] >= doc
		})
		if err != nil {
			return 0, err
		}
		words, err := outcomes(f, from+int64(at), from+int64(at)+1)
		if err != nil {
			return 0, err
		}
		if words[2] == nobody {
			break
		}
		doc = words[2]
	}
	return doc, nil
}

// ids looks up the ids of documents, shard by shard.
func (d *Decisions) ids(docs []ref) (map[ref]string, error) {
	ids := map[ref]string{nobody: ""}
	byShard := map[int][]ref{}
	for _, r := range docs {
		if r != nobody {
			byShard[int(r>>32)] = append(byShard[int(r>>32)], r)
		}
	}
	for _, i := range slices.Sorted(maps.Keys(byShard)) {
		if err := d.job.readIDs(i, byShard[i], ids); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// readIDs adds the ids of documents of shard i to ids.
func (j *job) readIDs(i int, docs []ref, ids map[ref]string) error {
	keys, err := os.Open(j.piece(i, "keys"))
	if err != nil {
		return err
	}
	defer keys.Close()
	text, err := os.Open(j.piece(i, "ids"))
	if err != nil {
		return err
	}
	defer text.Close()
	end := func(index int64) (int64, error) {
		if index < 0 {
			return 0, nil
		}
		var b [8]byte
		_, err := keys.ReadAt(b[:], 8*(index*keyWords+keyIDEnd))
		return int64(binary.LittleEndian.Uint64(b[:])), err
	}
	for _, r := range docs {
		if _, ok := ids[r]; ok {
			continue
		}
		from, err1 := end(int64(uint32(r)) - 1)
		to, err2 := end(int64(uint32(r)))
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		b := make([]byte, to-from)
		if _, err := text.ReadAt(b, from); err != nil && len(b) > 0 {
			return err
		}
		ids[r] = string(b)
	}
	return nil
}
