package dedup

import "feilun/internal/extsort"

// equal drops documents with equal addresses, then those with equal texts.
func (j *job) equal() error {
	if j.URL != nil {
		if err := j.equalKeys(stepURL, keyURL, j.URL.Keep); err != nil {
			return err
		}
	}
	if j.Exact != nil {
		return j.equalKeys(stepExact, keyExact, j.Exact.Keep)
	}
	return nil
}

// equalKeys sorts the documents that are left by key, then by rank, the best
// first, then by their order in the corpus, and drops all but the first of
// each key.
func (j *job) equalKeys(step uint64, at int, keep string) error {
	s := extsort.New(j.Dir, stepName(step), 4, 3, j.Memory/2)
	defer s.Close()
	for i := range j.shards {
		index := uint64(0)
		err := records(j.piece(i, "keys"), keyWords, func(r []uint64) error {
			doc := uint64(i)<<32 | index
			index++
			if j.gone.has(j.number(doc)) || step == stepURL && r[at]|r[at+1] == 0 {
				return nil
			}
			return s.Add(r[at], r[at+1], ^rank(keep, r[keyMerit]), doc)
		})
		if err != nil {
			return err
		}
	}
	var hi, lo uint64
	survivor := nobody
	return s.Each(func(r []uint64) error {
		if survivor != nobody && r[0] == hi && r[1] == lo {
			return j.drop(r[3], step, survivor, 1)
		}
		hi, lo, survivor = r[0], r[1], r[3]
		return nil
	})
}
