// Package extract turns fetched pages into documents: title, main text, date,
// canonical address and outlinks, and what the page measured as a whole. Start
// with [New] and [Extractor.Page]. One pass over the tree measures every block
// of text; trained trees score each block for staying, others the headline; the blocks that make
// the best expected text are kept (docs/decisions/extractor.md). It does not
// fetch, tell languages, or judge quality.
package extract

import (
	"bytes"
	"embed"
	"encoding/base64"
	"errors"

	"feilun"
	"feilun/internal/charset"
	"feilun/internal/forest"
	"feilun/internal/html"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params are the parameters of extraction.
type Params struct {
	// MaxBytes is the largest page that is read, in bytes; larger ones are dropped.
	MaxBytes int `json:"max_bytes" default:"16777216" range:"1024.."`
	// MaxNodes is the largest number of elements and texts of a page that is read; pages with more are dropped.
	MaxNodes int `json:"max_nodes" default:"400000" range:"100.."`
	// MaxBlocks is the largest number of text blocks that are weighed; pages with more are dropped.
	MaxBlocks int `json:"max_blocks" default:"40000" range:"10.."`
	// MinChars is the smallest number of characters, white space apart, that a text must have.
	MinChars int `json:"min_chars" default:"1" range:"1.."`
	// Types lists the media types that are read; pages of others, told by their first bytes before what the server says, are dropped.
	Types []string `json:"types" default:"[\"text/html\",\"text/plain\"]"`
	// Links says whether the page's outgoing links are listed.
	Links bool `json:"links" default:"false"`
}

// An Extractor reads pages one after another and reuses its memory between
// them. It is for one goroutine.
type Extractor struct {
	p       Params
	decoder charset.Decoder
	parser  html.Parser
	model   *forest.Scorer   // of blocks
	heads   *forest.Forest   // of headlines
	types   []*forest.Forest // score page types

	tree   *html.Tree
	places []place
	blocks []block
	buf    []byte  // text of the blocks
	stack  []int32 // ends of open block-level elements

	open, space, broken, word, hr bool
	brs                           int

	sums  []sum
	score []int32
	prose []int32
	table []group
	seen  []sight
	rows  []int16
	page  []int16
	width int

	dense, core, frame int32
	heading, lastPara  int
	paras, classes     int32
	links              int
	secure, insecure   int32 // links with https and http
	hrefs              [][]byte
	meta               metadata
	name               string // title
	keep               []bool
	odds               []int32
	order              []int32
	out                []byte
}

// New returns an extractor. The error names a parameter that is out of range.
func New(p Params) (*Extractor, error) {
	if p.MaxBytes <= 0 || p.MaxNodes <= 0 || p.MaxBlocks <= 0 {
		return nil, errors.New("extract: max_bytes, max_nodes and max_blocks must be positive")
	}
	x := &Extractor{p: p, model: forest.NewScorer(unpack(blockForest)), heads: unpack(headForest), types: make([]*forest.Forest, len(pageTypes))}
	x.parser.MaxNodes = p.MaxNodes + 8 // it stops up to 4 before its limit
	for i := range x.types {
		x.types[i] = unpack(typeForests[i])
	}
	return x, nil
}

// unpack reads a forest of model_table.go.
func unpack(text string) *forest.Forest {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	f, err := forest.Unpack(b)
	if err != nil {
		panic(err)
	}
	return f
}

// read decodes, parses and measures a page.
func (x *Extractor) read(d *feilun.Doc) {
	text, name, _ := x.decoder.Decode(d.Page.Body, d.Page.ContentType)
	d.Layout.Charset = name
	x.tree = x.parser.Parse(text)
	x.meta = metadata{}
	if html5(text) {
		x.meta.era |= eraHTML5
	}
	x.links, x.hrefs, x.classes, x.secure, x.insecure = 0, x.hrefs[:0], 0, 0, 0
	x.blocks = x.blocks[:0]
	if !x.bounded().Kept() { // what is dropped is not weighed
		return
	}
	x.scan()
	if !x.bounded().Kept() {
		return
	}
	x.shape()
	x.features()
}

// html5 reports whether the page starts with the document type of HTML 5.
func html5(text []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(text[:min(len(text), 256)]))
	return hasPrefix(head, "<!doctype html>")
}
