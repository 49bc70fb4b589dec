package mix

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"sync"

	"feilun/internal/atomicfile"
	"feilun/internal/corpus"
)

// traces are what the whole corpus holds of the test sets.
type traces struct {
	docs    []uint32 // documents that hold each gram
	setDocs []int64  // documents that hold anything of each set
	first   []uint64 // number + 1 of the first document that holds anything of each item; 0 for none
	touched int64    // documents that hold anything
}

// found counts the hits of all files.
func (j *job) found() (*traces, error) {
	g := j.grams
	f := &traces{docs: make([]uint32, len(g.all)), setDocs: make([]int64, len(g.sets)), first: make([]uint64, len(g.items))}
	seen := make([]uint64, len(g.all)) // number + 1 of the last document with each gram
	setSeen := make([]uint64, len(g.sets))
	last := uint64(0)
	for i := range j.inputs {
		err := records(j.folder.scan(i, "hits"), hitWords, func(r []uint64) error {
			doc, id := j.base[i]+r[0]+1, r[1]
			if doc != last {
				last = doc
				f.touched++
			}
			if seen[id] == doc {
				return nil
			}
			seen[id] = doc
			f.docs[id]++
			for _, it := range g.holders[id] {
				if f.first[it] == 0 {
					f.first[it] = doc
				}
				if set := g.items[it].set; setSeen[set] != doc {
					setSeen[set] = doc
					f.setDocs[set]++
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

// settle decides about the documents that hold traces, file by file.
func (j *job) settle(ctx context.Context, f *traces) error {
	var mu sync.Mutex // held to set bits of gone
	return j.each(ctx, "settle", len(j.inputs), func(_, i int) (int64, error) {
		if j.scans[i].Hits > 0 {
			_, err := os.Stat(j.folder.scan(i, "settled"))
			if errors.Is(err, fs.ErrNotExist) {
				err = j.settleFile(ctx, i, f)
			}
			if err != nil {
				return 0, err
			}
		}
		left, err := j.settled(i)
		if err != nil {
			return 0, err
		}
		mu.Lock()
		defer mu.Unlock()
		for index, s := range left {
			if !s.Verdict.Kept() {
				j.gone.set(j.base[i] + uint64(index))
			}
		}
		return j.inputs[i].Size, nil
	})
}

// settleFile writes what is decided about the documents of one file.
func (j *job) settleFile(ctx context.Context, i int, f *traces) error {
	all, err := openHits(j.folder.scan(i, "hits"))
	if err != nil {
		return err
	}
	defer all.file.Close()
	return atomicfile.Write(j.folder.scan(i, "settled"), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		index := 0
		for d, err := range corpus.Read(j.inputs[i].File) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			hits, err := all.of(uint64(index))
			if err != nil {
				return err
			}
			if len(hits) > 0 {
				s := &settled{Index: index, ID: d.ID}
				if s.Verdict, s.Cuts = j.grams.decide(d.Text, hits, f.docs); s.Verdict.Kept() {
					text := apply(d.Text, s.Cuts)
					s.Bytes = int64(len(text))
					s.Tokens, s.Chars = countTokens(text, j.spec.Count)
				}
				if err := enc.Encode(s); err != nil {
					return err
				}
			}
			index++
		}
		return nil
	})
}

// A hitReader reads the hits of one file, document by document.
type hitReader struct {
	file *os.File
	in   *bufio.Reader
	raw  [8 * hitWords]byte
	doc  uint64 // of the hit in raw; the largest number when there is none
	hits []hit
}

func openHits(name string) (*hitReader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	h := &hitReader{file: f, in: bufio.NewReaderSize(f, 1<<16)}
	return h, h.advance()
}

func (h *hitReader) advance() error {
	h.doc = math.MaxUint64
	if _, err := io.ReadFull(h.in, h.raw[:]); err == io.EOF {
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", h.file.Name(), err)
	}
	h.doc = binary.LittleEndian.Uint64(h.raw[:])
	return nil
}

// of returns the hits of a document; documents must be asked for in order. The
// slice is valid until the next call.
func (h *hitReader) of(doc uint64) ([]hit, error) {
	h.hits = h.hits[:0]
	for h.doc == doc {
		span := binary.LittleEndian.Uint64(h.raw[16:])
		h.hits = append(h.hits, hit{uint32(binary.LittleEndian.Uint64(h.raw[8:])), uint32(span >> 32), uint32(span)})
		if err := h.advance(); err != nil {
			return nil, err
		}
	}
	return h.hits, nil
}

// A Contamination is how much of each test set stood where.
type Contamination struct {
	Rule    string      `json:"rule"`
	Docs    int64       `json:"docs"`    // read
	Touched int64       `json:"touched"` // documents that hold a trace
	Cut     int64       `json:"cut"`     // of these, cut
	Dropped int64       `json:"dropped"` // of these, dropped
	Sets    []SetReport `json:"sets"`
}

// A SetReport is what was found of one test set. An item's share is the part
// of its n-grams that stand anywhere in the corpus.
type SetReport struct {
	Set      string      `json:"set"`
	Ngram    int         `json:"ngram"` // words
	Items    int         `json:"items"`
	TooShort int         `json:"too_short"` // not searched for
	Found    int         `json:"found"`     // with a share above 0
	Half     int         `json:"half"`      // of at least 0.5
	Full     int         `json:"full"`      // of 1
	Common   int         `json:"common"`    // n-grams in more than max_docs documents, which were ignored
	Docs     int64       `json:"docs"`      // documents that hold a trace of the set
	Samples  []FoundItem `json:"samples"`   // items of which most was found
}

// A FoundItem is one item that was found.
type FoundItem struct {
	Line  int     `json:"line"`
	Text  string  `json:"text"`
	Share float64 `json:"share"`
	Doc   string  `json:"doc"` // id of the first document that holds some of it
}

// samplesPerSet is how many found items a report shows of a set.
const samplesPerSet = 20

// contamination makes the report.
func (j *job) contamination(f *traces) (*Contamination, error) {
	g := j.grams
	c := &Contamination{Rule: g.params.Rule, Docs: int64(j.base[len(j.inputs)]), Touched: f.touched}
	for i, name := range g.sets {
		c.Sets = append(c.Sets, SetReport{Set: name, Ngram: g.lengths[i], Docs: f.setDocs[i], Samples: []FoundItem{}})
	}
	samples := make([][]sample, len(g.sets))
	for k, it := range g.items {
		s := &c.Sets[it.set]
		s.Items++
		if len(it.grams) == 0 {
			s.TooShort++
			continue
		}
		n := 0
		for _, id := range it.grams {
			if f.docs[id] > 0 {
				n++
			}
		}
		share := float64(n) / float64(len(it.grams))
		s.add(share)
		if n > 0 {
			samples[it.set] = append(samples[it.set], sample{FoundItem{Line: it.line, Text: it.text, Share: share}, f.first[k] - 1})
		}
	}
	g.common(c, f)
	return c, j.samples(c, samples)
}

// A sample is a found item and the number of the first document that holds
// some of it.
type sample struct {
	FoundItem
	doc uint64
}

// samples puts the items of which most was found into the report.
func (j *job) samples(c *Contamination, samples [][]sample) error {
	wanted := map[uint64]string{}
	for i := range samples {
		slices.SortStableFunc(samples[i], func(a, b sample) int { return -cmpFloat(a.Share, b.Share) })
		samples[i] = samples[i][:min(samplesPerSet, len(samples[i]))]
		for _, s := range samples[i] {
			wanted[s.doc] = ""
		}
	}
	if err := j.outcomes(c, wanted); err != nil {
		return err
	}
	for i := range samples {
		for _, s := range samples[i] {
			s.Doc = wanted[s.doc]
			c.Sets[i].Samples = append(c.Sets[i].Samples, s.FoundItem)
		}
	}
	return nil
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (s *SetReport) add(share float64) {
	if share > 0 {
		s.Found++
	}
	if share >= 0.5 {
		s.Half++
	}
	if share == 1 {
		s.Full++
	}
}

// common counts the n-grams of each set that were ignored.
func (g *grams) common(c *Contamination, f *traces) {
	if g.params.MaxDocs == 0 {
		return
	}
	for id, n := range f.docs {
		if n > uint32(g.params.MaxDocs) {
			sets := map[int]bool{}
			for _, it := range g.holders[id] {
				sets[g.items[it].set] = true
			}
			for set := range sets {
				c.Sets[set].Common++
			}
		}
	}
}

// outcomes counts what became of the documents with traces, and fills in the
// ids of those wanted, by number.
func (j *job) outcomes(c *Contamination, wanted map[uint64]string) error {
	for i := range j.inputs {
		left, err := j.settled(i)
		if err != nil {
			return err
		}
		for index, s := range left {
			switch {
			case !s.Verdict.Kept():
				c.Dropped++
			case len(s.Cuts) > 0:
				c.Cut++
			}
			number := j.base[i] + uint64(index)
			if _, ok := wanted[number]; ok {
				wanted[number] = s.ID
			}
		}
	}
	return nil
}
