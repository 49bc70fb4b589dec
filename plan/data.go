package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"feilun/internal/hint"
)

// A Corpus is what a manifest says about the text at hand.
type Corpus struct {
	Name      string   `json:"name"`
	Documents float64  `json:"documents"`
	Tokens    float64  `json:"tokens"`
	Bytes     float64  `json:"bytes"`
	Sources   []Corpus `json:"sources"`
	// CPUSeconds is the processor time that preparing it took, where known.
	CPUSeconds float64 `json:"cpu_s"`

	// The form of a run folder's manifest.json (docs/formats/run-folder.md).
	Format string `json:"format"`
	Recipe string `json:"recipe"`
	Files  []struct {
		Count struct {
			Docs  float64 `json:"docs"`
			Bytes float64 `json:"bytes"`
		} `json:"count"`
	} `json:"files"`
}

// A DataNeed is the data side of a plan.
type DataNeed struct {
	Tokens    float64  `json:"tokens"`
	Documents float64  `json:"documents"`
	TextTB    float64  `json:"text_tb"`
	CPUHours  float64  `json:"cpu_core_hours"`
	Assumed   []string `json:"assumed"`
	Sources   []Epochs `json:"sources,omitempty"`
	Warning   string   `json:"warning,omitempty"`

	rate float64 // MB of crawled text a core prepares in a second
}

// Epochs is how often a source is read.
type Epochs struct {
	Name   string  `json:"name"`
	Tokens float64 `json:"tokens"`
	Times  float64 `json:"epochs"`
}

// Text figures used without a manifest.
const (
	tokensPerDocument = 700 // FineWeb: 15T tokens in 22e9 documents
	bytesPerToken     = 4.2 // English web text under 50k to 130k vocabularies; Chinese is near 4 as well (three bytes a character)
	keptOfCrawl       = 0.1 // share of crawled text that quality rules and deduplication keep (FineWeb, RefinedWeb)
)

// ReadCorpus reads a corpus manifest: the manifest.json of a run folder, or JSON
// with documents, tokens, bytes and optionally sources of the same form.
func ReadCorpus(text []byte) (*Corpus, error) {
	var c Corpus
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, hint.With(fmt.Errorf("corpus manifest: %w", err), `a manifest is the manifest.json of a run folder, or JSON such as {"documents":1e6,"tokens":7e8,"sources":[{"name":"web","tokens":6e8}]}`)
	}
	if c.Format == "feilun.corpus/1" && c.Bytes == 0 && c.Tokens == 0 {
		c.Name = c.Recipe
		for _, f := range c.Files {
			c.Documents += f.Count.Docs
			c.Bytes += f.Count.Bytes
		}
	}
	for _, s := range append([]Corpus{c}, c.Sources...) {
		if !(s.Tokens >= 0 && s.Bytes >= 0 && s.Documents >= 0 && s.CPUSeconds >= 0) {
			return nil, fmt.Errorf("corpus manifest: %q has a negative count", s.Name)
		}
		if s.Tokens == 0 && s.Bytes == 0 && len(s.Sources) == 0 {
			return nil, hint.With(fmt.Errorf("corpus manifest: %q says neither tokens nor bytes", s.Name), "add tokens or bytes")
		}
	}
	return &c, nil
}

// MergeCorpora puts several corpora side by side as sources of one.
func MergeCorpora(all []*Corpus) *Corpus {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	var sum Corpus
	known := true // documents and processor time, of all of them
	timed := true
	for _, c := range all {
		sum.Sources = append(sum.Sources, c.sources()...)
		sum.Documents += c.Documents
		sum.Bytes += c.Bytes
		sum.CPUSeconds += c.CPUSeconds
		known = known && c.Documents > 0
		timed = timed && c.CPUSeconds > 0 && c.Bytes > 0
	}
	if !known {
		sum.Documents = 0
	}
	if !timed {
		sum.CPUSeconds = 0
	}
	return &sum
}

func (c *Corpus) sources() []Corpus {
	if len(c.Sources) == 0 {
		return []Corpus{*c}
	}
	return c.Sources
}

// Data returns how much text a run reads, how often each source is read, and
// what preparing it costs at mbPerSecond megabytes of raw text a core.
func Data(tokens float64, c *Corpus, mbPerSecond float64) DataNeed {
	d := DataNeed{Tokens: tokens, Documents: tokens / tokensPerDocument, TextTB: tokens * bytesPerToken / 1e12}
	measured := mbPerSecond <= 0 && c != nil && c.CPUSeconds > 0 && c.Bytes > 0
	if mbPerSecond <= 0 && !measured {
		mbPerSecond = 2
		d.Assumed = append(d.Assumed, "2 MB of crawled text a second and core; `feilun bench` measures this machine")
	}
	if d.rate = mbPerSecond; measured {
		d.CPUHours = d.TextTB * 1e12 * c.CPUSeconds / c.Bytes / 3600
		d.Assumed = append(d.Assumed, fmt.Sprintf("processor time as that run took: %.3g s for %.3g MB of corpus", c.CPUSeconds, c.Bytes/1e6))
	} else {
		d.CPUHours = d.TextTB / keptOfCrawl * 1e6 / mbPerSecond / 3600
	}
	if c == nil {
		d.Assumed = append(d.Assumed, "700 tokens a document, 4.2 bytes a token, one tenth of crawled text kept; --corpus MANIFEST takes real counts")
		return d
	}
	d.passes(c)
	return d
}

// passes fills how often each source is read: each in proportion to its size.
func (d *DataNeed) passes(c *Corpus) {
	sources := slices.Clone(c.sources())
	var have float64
	for i := range sources {
		if sources[i].Tokens == 0 {
			sources[i].Tokens = sources[i].Bytes / bytesPerToken
		}
		have += sources[i].Tokens
	}
	for _, s := range sources {
		d.Sources = append(d.Sources, Epochs{cmp.Or(s.Name, "corpus"), s.Tokens, d.Tokens / have})
	}
	if c.Documents > 0 && have > 0 {
		d.Documents = math.Ceil(c.Documents * d.Tokens / have)
	}
	if times := d.Tokens / have; times > 4 {
		d.Warning = fmt.Sprintf("every source is read %.1f times; beyond about 4 passes repeated text adds little (arXiv 2305.16264)", times)
	}
}
