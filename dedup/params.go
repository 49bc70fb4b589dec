package dedup

import (
	"embed"
	"fmt"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// Source is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Source embed.FS

// Params says which steps run; a nil step is off. They run in the order of the
// fields, each on what the ones before it left.
type Params struct {
	URL       *URLParams       `json:"url,omitempty"`
	Exact     *ExactParams     `json:"exact,omitempty"`
	Line      *LineParams      `json:"line,omitempty"`
	Near      *NearParams      `json:"near,omitempty"`
	Ngram     *NgramParams     `json:"ngram,omitempty"`
	Substring *SubstringParams `json:"substring,omitempty"`
}

// URLParams drops documents that share a normalised address.
type URLParams struct {
	// Keep says which copy survives: longest, earliest (in corpus order) or best (highest confidence, then longest). Ties go to the earliest.
	Keep string `json:"keep" default:"longest"`
	// Canonical uses the address a page names as its own, where it names one.
	Canonical bool `json:"canonical" default:"false"`
}

// ExactParams drops documents with the same text.
type ExactParams struct {
	// Keep says which copy survives: longest, earliest (in corpus order) or best (highest confidence, then longest). Ties go to the earliest.
	Keep string `json:"keep" default:"earliest"`
	// Spaces ignores differences of white space.
	Spaces bool `json:"spaces" default:"true"`
}

// LineParams cuts out lines that other documents hold too, by CCNet's definition.
type LineParams struct {
	// Unit is what repeats: line, or paragraph (lines between blank lines).
	Unit string `json:"unit" default:"line"`
	// MinDocs is the number of documents a line must occur in to count as repeated.
	MinDocs int `name:"min_docs" json:"min_docs" default:"2" range:"2.."`
	// KeepFirst leaves a repeated line in the first document that holds it; CCNet removes it everywhere.
	KeepFirst bool `name:"keep_first" json:"keep_first" default:"false"`
	// MinChars is the length in characters, after normalisation, below which a line is never cut for occurring elsewhere.
	MinChars int `name:"min_chars" json:"min_chars" default:"0" range:"0.."`
	// Inside cuts later repeats of a line within one document as well.
	Inside bool `json:"inside" default:"true"`
	// MinLeft is the number of characters that must be left, or the document is dropped; 0 drops those with no text left.
	MinLeft int `name:"min_left" json:"min_left" default:"0" range:"0.."`
}

// NearParams drops near-duplicates, found by MinHash and locality-sensitive hashing.
type NearParams struct {
	// Keep says which copy survives: longest, earliest (in corpus order) or best (highest confidence, then longest). Ties go to the earliest.
	Keep string `json:"keep" default:"longest"`
	// Tokens is what shingles are made of: mixed (words between white space, each ideograph and mark outside ASCII alone), characters (without white space), words (of the simplified text by the language's tokenizer, as datatrove) treebank (as datatrove did until June 2024) or spark (hashed features of words between white space, as GPT-3; with hash spark and ngram 1).
	Tokens string `json:"tokens" default:"mixed"`
	// Ngram is the number of tokens in a shingle.
	Ngram int `json:"ngram" default:"5" range:"1..1000"`
	// Bands is the number of bands; two documents are compared when one band is equal.
	Bands int `json:"bands" default:"32" range:"1..1024"`
	// Rows is the number of hash functions in a band.
	Rows int `json:"rows" default:"4" range:"1..64"`
	// Hash is the hash of a shingle: fast (our own, with hash functions of 32 bits), xxh64 or sha1 (as datatrove, with 61 bits) or spark (2^18 features and the functions of Spark's MinHashLSH; with tokens spark).
	Hash string `json:"hash" default:"fast"`
	// Seed is the seed of the hash functions.
	Seed int64 `json:"seed" default:"1" range:"0..4294967295"`
	// Verify compares the candidates' shingles themselves, not their sketches.
	Verify bool `json:"verify" default:"true" negatable:""`
	// Threshold is the Jaccard similarity from which candidates are duplicates; 0 takes every candidate.
	Threshold float64 `json:"threshold" default:"0.6" range:"0..1"`
	// Short says what a text with fewer tokens than a shingle needs is: whole (one shingle, equal only to itself) or skip (never a duplicate, as datatrove).
	Short string `json:"short" default:"whole"`
}

// Names lists the steps in the order they run.
func Names() []string { return []string{"url", "exact", "line", "near", "ngram", "substring"} }

// Of gathers steps made by [New]; a step given twice counts as the last one.
func Of(steps ...any) Params {
	var p Params
	for _, s := range steps {
		switch s := s.(type) {
		case *URLParams:
			p.URL = s
		case *ExactParams:
			p.Exact = s
		case *LineParams:
			p.Line = s
		case *NearParams:
			p.Near = s
		case *NgramParams:
			p.Ngram = s
		case *SubstringParams:
			p.Substring = s
		default:
			panic(fmt.Sprintf("dedup: %T is not a step", s))
		}
	}
	return p
}

// New returns the default parameters of a step: url, exact, line, near, ngram or substring; nil
// for other names.
func New(step string) any {
	var p any
	switch step {
	case "url":
		p = &URLParams{}
	case "exact":
		p = &ExactParams{}
	case "line":
		p = &LineParams{}
	case "near":
		p = &NearParams{}
	case "ngram":
		p = &NgramParams{}
	case "substring":
		p = &SubstringParams{}
	default:
		return nil
	}
	if err := params.Fill(p); err != nil {
		panic(err) // a default tag in this file is wrong
	}
	return p
}

// numbers reports numbers that have no meaning.
func (n *NearParams) numbers() error {
	if n.Ngram < 1 || n.Bands < 1 || n.Rows < 1 || n.Bands*n.Rows > 1<<14 {
		return hint.With(hint.Usage(fmt.Errorf("near: ngram %d, bands %d, rows %d", n.Ngram, n.Bands, n.Rows)),
			"each must be at least 1, and bands times rows at most 16384")
	}
	if spark := n.Hash == "spark"; spark != (n.Tokens == "spark") || spark && n.Ngram != 1 {
		return hint.With(hint.Usage(fmt.Errorf("near: tokens %s, hash %s, ngram %d", n.Tokens, n.Hash, n.Ngram)),
			"Spark's features are single words: set tokens: spark, hash: spark and ngram: 1 together")
	}
	return nil
}

// Check reports a parameter with a value that has no meaning, as a usage error.
func (p Params) Check() error {
	type choice struct {
		name, value string
		known       []string
	}
	keep := []string{"longest", "earliest", "best"}
	var all []choice
	if p.URL != nil {
		all = append(all, choice{"url.keep", p.URL.Keep, keep})
	}
	if p.Exact != nil {
		all = append(all, choice{"exact.keep", p.Exact.Keep, keep})
	}
	if p.Line != nil {
		all = append(all, choice{"line.unit", p.Line.Unit, []string{"line", "paragraph"}})
	}
	if n := p.Near; n != nil {
		all = append(all, choice{"near.keep", n.Keep, keep},
			choice{"near.tokens", n.Tokens, []string{"mixed", "words", "treebank", "characters", "spark"}},
			choice{"near.hash", n.Hash, []string{"fast", "xxh64", "sha1", "spark"}},
			choice{"near.short", n.Short, []string{"whole", "skip"}})
		if err := n.numbers(); err != nil {
			return err
		}
	}
	if n := p.Ngram; n != nil {
		all = append(all, choice{"ngram.remove", n.Remove, []string{"old-both", "paragraph"}})
		if n.Min < 1 || n.Max < n.Min || n.FalsePositives <= 0 || n.FalsePositives >= 1 {
			return hint.Usage(fmt.Errorf("ngram: min %d, max %d, false_positives %v: min must be 1 to max, false_positives between 0 and 1", n.Min, n.Max, n.FalsePositives))
		}
	}
	if s := p.Substring; s != nil {
		all = append(all, choice{"substring.unit", s.Unit, []string{"tokens", "characters", "bytes"}},
			choice{"substring.keep", s.Keep, []string{"first", "none"}})
		if s.Length < 2 || s.Length > 1<<16 {
			return hint.Usage(fmt.Errorf("substring.length %d: must be 2 to 65536", s.Length))
		}
	}
	for _, c := range all {
		if !slices.Contains(c.known, c.value) {
			return hint.With(hint.Usage(fmt.Errorf("dedup.%s is %q", c.name, c.value)), fmt.Sprintf("use one of %q", c.known))
		}
	}
	return nil
}
