package dedup

import (
	"fmt"
	"math"
	"sync"

	"feilun/internal/extsort"
)

// allPairs is the number of documents with an equal band up to which every
// pair of them is compared. Of larger groups, later documents are compared
// with the first one and with the one before them, so that work stays linear.
const allPairs = 32

// near finds candidate pairs by equal bands, keeps the pairs that are similar
// enough, and drops all but one document of each connected cluster.
func (j *job) near() error {
	if j.Near == nil {
		return nil
	}
	c, err := j.newClusters()
	if err != nil {
		return err
	}
	compare := j.Near.Threshold > 0
	pairs := extsort.New(j.Dir, "pairs", 2, 2, j.Memory/4)
	defer pairs.Close()
	var one sync.Mutex // held to link; the order of links changes nothing
	link := func(a, b ref) error {
		one.Lock()
		defer one.Unlock()
		if compare {
			return pairs.Add(a, b)
		}
		c.join(j.number(a), j.number(b))
		return nil
	}
	err = j.spread(j.Near.Bands, func(_, band int) error { return j.band(band, link, compare) }, func() {})
	if err != nil {
		return err
	}
	sim := j.newSimilarity()
	defer sim.close()
	if compare {
		if err := j.comparePairs(pairs, c, sim); err != nil {
			return err
		}
	} else if j.Near.Verify {
		if err := j.writeSets(c.linked); err != nil {
			return err
		}
	}
	return j.dropClusters(c, sim)
}

// band calls link with pairs of the documents that are left and have the same
// key in a band: with neighbours alone, or, for comparison, with all pairs of
// small groups.
func (j *job) band(band int, link func(a, b ref) error, compare bool) error {
	s := extsort.New(j.Dir, fmt.Sprint("band", band, "."), 2, 1, j.Memory/4/int64(min(j.Workers, j.Near.Bands)))
	defer s.Close()
	if err := j.column(band, func(doc ref, key uint64) error { return s.Add(key, doc) }); err != nil {
		return err
	}
	var key uint64
	var group []ref // the first documents with this key
	var last ref
	return s.Each(func(r []uint64) error {
		if len(group) == 0 || r[0] != key {
			key, last, group = r[0], r[1], append(group[:0], r[1])
			return nil
		}
		doc := r[1]
		defer func() { last = doc }()
		switch {
		case !compare:
			return link(last, doc)
		case len(group) == allPairs:
			if err := link(group[0], doc); err != nil {
				return err
			}
			return link(last, doc)
		}
		for _, other := range group {
			if err := link(other, doc); err != nil {
				return err
			}
		}
		group = append(group, doc)
		return nil
	})
}

// column calls f with one word of the sketch of every document that is left
// and has one, in order.
func (j *job) column(k int, f func(doc ref, word uint64) error) error {
	for i, n := range j.counts {
		err := j.withSketches(i, func(s *sketchReader) error {
			return s.column(k, n, func(index int, word uint64) error {
				doc := uint64(i)<<32 | uint64(index)
				if j.gone.has(j.number(doc)) {
					return nil
				}
				return f(doc, word)
			})
		})
		if err != nil {
			return fmt.Errorf("%s: %w", j.piece(i, "sketch"), err)
		}
	}
	return j.ctx.Err()
}

// comparePairs joins the pairs whose similarity reaches the threshold.
func (j *job) comparePairs(pairs *extsort.Sorter, c *clusters, sim *similarity) error {
	unique := j.piece(0, "candidates")
	candidates := newBitmap(j.base[len(j.counts)])
	last := [2]ref{nobody, nobody}
	err := writeRecords(unique, func(put func(...uint64) error) error {
		return pairs.Each(func(r []uint64) error {
			if r[0] == last[0] && r[1] == last[1] {
				return nil
			}
			last = [2]ref{r[0], r[1]}
			candidates.set(j.number(r[0]))
			candidates.set(j.number(r[1]))
			return put(r...)
		})
	})
	if err != nil {
		return err
	}
	if j.Near.Verify {
		if err := j.writeSets(candidates); err != nil {
			return err
		}
	}
	return records(unique, 2, func(r []uint64) error {
		a, b := j.number(r[0]), j.number(r[1])
		if c.root(a) == c.root(b) {
			return nil
		}
		v, err := sim.of(r[0], r[1])
		if err == nil && v >= j.Near.Threshold {
			c.join(a, b)
		}
		return err
	})
}

// dropClusters drops all documents of a cluster but the best.
func (j *job) dropClusters(c *clusters, sim *similarity) error {
	s := extsort.New(j.Dir, "clusters", 3, 2, j.Memory/4)
	defer s.Close()
	err := j.column(j.Near.Bands, func(doc ref, merit uint64) error {
		if n := j.number(doc); c.linked.has(n) {
			return s.Add(uint64(c.root(n)), ^rank(j.Near.Keep, merit), doc)
		}
		return nil
	})
	if err != nil {
		return err
	}
	cluster, survivor := uint64(math.MaxUint64), nobody
	return s.Each(func(r []uint64) error {
		if r[0] != cluster {
			cluster, survivor = r[0], r[2]
			return nil
		}
		v, err := sim.of(survivor, r[2])
		if err != nil {
			return err
		}
		return j.drop(r[2], stepNear, survivor, v)
	})
}

// clusters are sets of documents by number: a forest in which every document
// points towards the first of its set.
type clusters struct {
	parent []uint32
	linked bitmap // documents in sets of two or more
}

func (j *job) newClusters() (*clusters, error) {
	n := j.base[len(j.counts)]
	if n > math.MaxUint32 {
		return nil, fmt.Errorf("%d documents are too many for one corpus; at most %d", n, uint32(math.MaxUint32))
	}
	c := &clusters{parent: make([]uint32, n), linked: newBitmap(n)}
	for i := range c.parent {
		c.parent[i] = uint32(i)
	}
	return c, nil
}

func (c *clusters) root(n uint64) uint32 {
	i := uint32(n)
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

func (c *clusters) join(a, b uint64) {
	c.linked.set(a)
	c.linked.set(b)
	x, y := c.root(a), c.root(b)
	c.parent[max(x, y)] = min(x, y)
}
