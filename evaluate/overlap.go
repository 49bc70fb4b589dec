package evaluate

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Lengths of the n-grams that count as overlap: the fifth percentile of the items'
// length, within these bounds (Brown and others, 2020, appendix C).
const (
	minGram = 8
	maxGram = 13
)

// templateItems is how many items of a task may hold an n-gram before it counts as
// part of the way the task asks.
const templateItems = 10

// flagShare is the share of items in the training corpus from which on a task is
// flagged.
const flagShare = 0.01

// Dirty tells how much of a task stands in the training corpus.
type Dirty struct {
	N         int       `json:"n"`     // length of the n-grams, in words or Han characters
	Items     int       `json:"items"` // long enough to look for
	Found     int       `json:"found"` // with an n-gram that the corpus holds
	Share     Interval  `json:"share"`
	Flagged   bool      `json:"flagged"`
	WhenFound *Interval `json:"accuracy_found,omitempty"`
	WhenClean *Interval `json:"accuracy_clean,omitempty"`
	Examples  []string  `json:"examples,omitempty"`
}

// An Index finds items of tasks in a corpus. It is filled with [Index.Add], shown
// the corpus by [Index.Look], and asked by [Index.Report].
type Index struct {
	sets  map[string]*gramSet // by task
	grams map[int]map[uint64]bool
}

// A gramSet is the n-grams of one task's items.
type gramSet struct {
	n     int
	items [][]uint64
	texts []string
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{sets: map[string]*gramSet{}, grams: map[int]map[uint64]bool{}}
}

// Add enters the items of a set.
func (x *Index) Add(s Set) {
	g := &gramSet{}
	var units [][]uint64
	var lengths []int
	for k := range s.Items {
		text := s.Items[k].text()
		u := appendUnits(nil, text)
		units, lengths = append(units, u), append(lengths, len(u))
		g.texts = append(g.texts, text)
	}
	slices.Sort(lengths)
	g.n = maxGram
	if len(lengths) > 0 {
		g.n = min(maxGram, max(minGram, lengths[len(lengths)/20]))
	}
	held := map[uint64]int{} // items that hold it
	for _, u := range units {
		grams := gramsOf(u, g.n)
		slices.Sort(grams)
		grams = slices.Compact(grams)
		for _, h := range grams {
			held[h]++
		}
		g.items = append(g.items, grams)
	}
	if x.grams[g.n] == nil {
		x.grams[g.n] = map[uint64]bool{}
	}
	for i, grams := range g.items {
		g.items[i] = slices.DeleteFunc(grams, func(h uint64) bool { return held[h] > templateItems })
		for _, h := range g.items[i] {
			if !x.grams[g.n][h] {
				x.grams[g.n][h] = false
			}
		}
	}
	x.sets[s.Task.Name()] = g
}

// Look searches a document of the corpus.
func (x *Index) Look(text string) {
	units := appendUnits(nil, text)
	for n, grams := range x.grams {
		for _, h := range gramsOf(units, n) {
			if found, known := grams[h]; known && !found {
				grams[h] = true
			}
		}
	}
}

// shownItems is how many items of a task that were found are shown.
const shownItems = 5

// Report adds to a result how much of its task was found.
func (x *Index) Report(r *Result) {
	g := x.sets[r.Task]
	if g == nil {
		return
	}
	d := &Dirty{N: g.n}
	var right, all [2]int // clean, found
	for i, grams := range g.items {
		if len(grams) == 0 {
			continue
		}
		d.Items++
		side := 0
		if slices.ContainsFunc(grams, func(h uint64) bool { return x.grams[g.n][h] }) {
			side = 1
			d.Found++
			if len(d.Examples) < shownItems {
				d.Examples = append(d.Examples, clip(g.texts[i], 160))
			}
		}
		all[side]++
		if i < len(r.hits) && r.hits[i] {
			right[side]++
		}
	}
	d.Share = Wilson(d.Found, d.Items)
	d.Flagged = d.Items > 0 && d.Share.Value >= flagShare
	if all[0] > 0 {
		clean := Wilson(right[0], all[0])
		d.WhenClean = &clean
	}
	if all[1] > 0 {
		found := Wilson(right[1], all[1])
		d.WhenFound = &found
	}
	r.Overlap = d
}

// clip cuts a text behind so many characters.
func clip(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// appendUnits appends the hashes of a text's words, in lower case; each Han
// character is a word of its own, and what is neither letter nor digit is none.
func appendUnits(dst []uint64, text string) []uint64 {
	text = strings.ToLower(text)
	start := -1
	flush := func(end int) {
		if start >= 0 {
			dst = append(dst, xxh3.HashString(text[start:end]))
			start = -1
		}
	}
	for i, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			flush(i)
			dst = append(dst, xxh3.HashString(text[i:i+utf8.RuneLen(r)]))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if start < 0 {
				start = i
			}
		default:
			flush(i)
		}
	}
	flush(len(text))
	return dst
}

// gramBase is the odd number of the polynomial that rolls over units.
const gramBase = 0x9e3779b97f4a7c15

// gramsOf returns the hashes of all runs of n units.
func gramsOf(units []uint64, n int) []uint64 {
	if len(units) < n {
		return nil
	}
	top, h := uint64(1), uint64(0)
	for range n - 1 {
		top *= gramBase
	}
	var all []uint64
	for i, u := range units {
		if i >= n {
			h -= units[i-n] * top
		}
		h = h*gramBase + u
		if i >= n-1 {
			all = append(all, h^h>>29)
		}
	}
	return all
}
