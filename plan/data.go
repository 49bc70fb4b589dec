package plan

import (
	"encoding/json"
	"fmt"
	"math"

	"feilun/internal/hint"
)

// A Corpus is what a manifest says about the text at hand.
type Corpus struct {
	Name      string   `json:"name"`
	Documents float64  `json:"documents"`
	Tokens    float64  `json:"tokens"`
	Bytes     float64  `json:"bytes"`
	Sources   []Corpus `json:"sources"`
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

// ReadCorpus reads a corpus manifest: JSON with documents, tokens, bytes and
// optionally sources of the same form.
func ReadCorpus(text []byte) (*Corpus, error) {
	var c Corpus
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, hint.With(fmt.Errorf("corpus manifest: %w", err), `a manifest is JSON such as {"documents":1e6,"tokens":7e8,"sources":[{"name":"web","tokens":6e8}]}`)
	}
	for _, s := range append([]Corpus{c}, c.Sources...) {
		if !(s.Tokens >= 0 && s.Bytes >= 0 && s.Documents >= 0) {
			return nil, fmt.Errorf("corpus manifest: %q has a negative count", s.Name)
		}
		if s.Tokens == 0 && s.Bytes == 0 && len(s.Sources) == 0 {
			return nil, hint.With(fmt.Errorf("corpus manifest: %q says neither tokens nor bytes", s.Name), "add tokens or bytes")
		}
	}
	return &c, nil
}

// Data returns how much text a run reads, how often each source is read, and
// what preparing it costs at mbPerSecond megabytes of raw text a core.
func Data(tokens float64, c *Corpus, mbPerSecond float64) DataNeed {
	d := DataNeed{Tokens: tokens, Documents: tokens / tokensPerDocument, TextTB: tokens * bytesPerToken / 1e12}
	if mbPerSecond <= 0 {
		mbPerSecond = 2
		d.Assumed = append(d.Assumed, "2 MB of crawled text a second and core; `feilun bench` measures this machine")
	}
	d.rate = mbPerSecond
	d.CPUHours = d.TextTB / keptOfCrawl * 1e6 / mbPerSecond / 3600
	if c == nil {
		d.Assumed = append(d.Assumed, "700 tokens a document, 4.2 bytes a token, one tenth of crawled text kept; --corpus MANIFEST takes real counts")
		return d
	}
	sources := c.Sources
	if len(sources) == 0 {
		sources = []Corpus{*c}
	}
	var have float64
	for i := range sources {
		if sources[i].Tokens == 0 {
			sources[i].Tokens = sources[i].Bytes / bytesPerToken
		}
		have += sources[i].Tokens
	}
	for _, s := range sources { // each source in proportion to its size
		d.Sources = append(d.Sources, Epochs{s.Name, s.Tokens, tokens / have})
	}
	if c.Documents > 0 && have > 0 {
		d.Documents = math.Ceil(c.Documents * tokens / have)
	}
	if times := tokens / have; times > 4 {
		d.Warning = fmt.Sprintf("every source is read %.1f times; beyond about 4 passes repeated text adds little (arXiv 2305.16264)", times)
	}
	return d
}
