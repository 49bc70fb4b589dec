// Package search indexes documents and finds the passages that answer a
// question, in Chinese and English alike. [Update] brings an index up to date with documents,
// [Open] opens it, [Index.Search] asks it, [Index.Text] gives a passage back.
// What is found are ranges of bytes of stored versions of documents, never
// loose text. Vectors of any embedding server can stand beside the words. It does not write answers.
package search

import (
	"embed"
	"fmt"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params steer indexing. An index keeps the ones it was made with.
type Params struct {
	// Chunk is about how many bytes of text are found as one passage. Passages end with paragraphs or sentences; texts up to half as long again stay whole.
	Chunk int `json:"chunk" default:"1200" range:"100..65536"`
	// Batch is the text in bytes that is indexed in memory at once and written as a segment; each worker takes about eight times as much.
	Batch int `json:"batch" default:"16777216" range:"4096..268435456"`
}

// Ranking steers how hits are scored. The defaults were tuned on XQuAD alone
// (docs/log/search.md).
type Ranking struct {
	// K1 is BM25's saturation: how much more a term counts that a passage repeats.
	K1 float64 `json:"k1" default:"0.9" range:"0..10"`
	// B is BM25's share of normalisation by length.
	B float64 `json:"b" default:"0.9" range:"0..1"`
	// Title is what a term in the title adds to its score, next to at most k1+1 for the text.
	Title float64 `json:"title" default:"1" range:"0..20"`
	// Name is how much a passage gains whose title has all of the question's terms.
	Name float64 `json:"name" default:"2" range:"0..5"`
	// Function is the weight of words that ask or only hold a sentence together (what, the, 什么, 的), next to 1 for others.
	Function float64 `json:"function" default:"0.6" range:"0..1"`
	// Cross is the weight of a pair of characters that does not lie inside one word.
	Cross float64 `json:"cross" default:"0.6" range:"0..1"`
	// Phrase is how much a passage gains in which all neighbours of the question stand together.
	Phrase float64 `json:"phrase" default:"1" range:"0..5"`
	// Sentence is how much a passage gains one of whose sentences has all of the question's terms.
	Sentence float64 `json:"sentence" default:"1" range:"0..5"`
	// Named is how much a passage gains whose whole title stands in the question; a part of it gains a part.
	Named float64 `json:"named" default:"0.4" range:"0..5"`
	// Script is how much less name counts for a title that writes the question's characters otherwise: traditional for simplified or the reverse.
	Script float64 `json:"script" default:"0.6" range:"0..1"`
	// Fresh is how much the newest document gains; it halves with each year of age.
	Fresh float64 `json:"fresh" default:"0.03" range:"0..1"`
	// PerHost is how many hits of one host come before those of others; 0 sets no limit.
	PerHost int `json:"per_host" default:"3" range:"0..1000"`
	// PerDoc is how many passages of one document are found; 0 sets no limit.
	PerDoc int `json:"per_doc" default:"1" range:"0..1000"`
	// Near is the similarity (shared word pairs) from which the lesser of two passages is left out; above 1 none is.
	Near float64 `json:"near" default:"0.8" range:"0..2"`
	// Depth is how many passages are read and ranked again by phrases and sentences.
	Depth int `json:"depth" default:"50" range:"1..10000"`
}

// A Span is a range of bytes of the text of a stored document.
type Span struct {
	Version Version `json:"version"` // of the document
	Start   int     `json:"start"`
	End     int     `json:"end"`
}

func (s Span) String() string { return fmt.Sprintf("%s:%d-%d", s.Version, s.Start, s.End) }

// A Hit is a passage found.
type Hit struct {
	ID      string   `json:"id"` // of the document
	Score   float64  `json:"score"`
	Span    Span     `json:"span"` // the passage
	Best    Span     `json:"best"` // the sentences in it that answer most of the question
	URL     string   `json:"url,omitempty"`
	Title   string   `json:"title,omitempty"`
	Date    string   `json:"date,omitempty"`
	Snippet string   `json:"snippet"`        // text of Best
	Marks   [][2]int `json:"marks"`          // ranges of Snippet that match the question
	Same    []string `json:"same,omitempty"` // ids of documents left out because they say nearly the same
}
