// Package feilun holds the nouns that all stages share: the document that
// flows through the pipeline, the verdict a rule gives on it, the cuts an edit
// makes in it, and the counts a stage reports. Start with [Doc]. The package
// does no work itself and imports nothing of this module.
package feilun

// Version names the rules and formats of this build. It is part of every
// manifest: output is a function of input, recipe and version.
const Version = "0.1.0"

// A Doc is one document on its way from crawl to corpus. Crawl sets ID, URL,
// Source, Record and either Page (bytes still to be extracted) or Text;
// extract fills Title, Text, Date and Layout; language the next three fields.
type Doc struct {
	ID    string // stable name: the record's own id, or file and offset
	URL   string
	Title string
	Text  string // UTF-8, paragraphs separated by line feeds
	Date  string // publication date, YYYY-MM-DD, or "" when unknown

	Language   string  // ISO 639-1 where one exists, else 639-3; "und" when unknown
	Script     string  // ISO 15924, such as Hans, Hant, Latn; "" when unknown
	Confidence float64 // of Language, 0..1, calibrated

	Source    string // what the document came from: base name of the file, or the source's name
	Canonical string // URL the page names as its own, or ""
	Robots    string // lower-case robots directives of headers and meta tags, joined by ","
	Links     []string
	Layout    Layout
	Score     *float64 // by the last quality model that was asked; nil when none was

	Record Record
	Frame  string // text of the page around Text: menus, notices, footers, 4 KiB at most; not stored
	Stored int64  // bytes the record held in its source before decoding, decompressed; not kept in shards
	Page   *Page  // the page as fetched; nil for text sources

	memo     map[any]any
	memoText string
}

// A Record says where in the input a document lies.
type Record struct {
	File   string `json:"file"`   // path relative to the source, with forward slashes
	Offset int64  `json:"offset"` // of the record in the file as stored; the line number for line formats
}

// A Page is one fetched page before extraction.
type Page struct {
	Status      int    // HTTP status, 0 when the source has none
	ContentType string // value of the Content-Type header, or ""
	Fetched     string // RFC 3339 time of the crawl, or ""
	Truncated   string // reason the crawler gave for a cut body, or ""
	Body        []byte // after transfer and content decoding; valid until the source's next step
}

// Layout is what extract measured on the whole page, menus included. All
// values are zero for sources without pages.
type Layout struct {
	Type    string `json:"type,omitempty"`    // page type the chooser decided for: article, docs, forum, …
	Visible int    `json:"visible,omitempty"` // characters of visible text
	Linked  int    `json:"linked,omitempty"`  // of these, inside links
	Links   int    `json:"links,omitempty"`   // number of links with an address
	Blocks  int    `json:"blocks,omitempty"`  // text blocks
	Charset string `json:"charset,omitempty"` // encoding the bytes were read as, WHATWG name in lower case
}

// Memo returns the value that fill computed for key on this text, computing it
// on first use. Values are forgotten when Text changes. It lets filters share
// word and line tables; the value must depend on d.Text, d.Language and the
// fields that extract fills alone.
func (d *Doc) Memo(key any, fill func() any) any {
	if d.memoText != d.Text {
		clear(d.memo)
		d.memoText = d.Text
	}
	if v, ok := d.memo[key]; ok {
		return v
	}
	v := fill()
	if d.memo == nil {
		d.memo = map[any]any{}
	}
	d.memo[key] = v
	return v
}

// A Verdict says whether a document stays. The zero Verdict keeps it.
type Verdict struct {
	Rule  string  // name of the parameter that decided; "" when kept
	Value float64 // measured
	Limit float64 // allowed
	Note  string  // what was found, if a number does not say it: a word, a domain
}

// Keep is the verdict on a document that stays.
var Keep = Verdict{}

// Drop returns the verdict that drops a document: the rule is the name of the
// parameter that decided, value what was measured, limit what it was held to.
func Drop(rule string, value, limit float64) Verdict {
	return Verdict{Rule: rule, Value: value, Limit: limit}
}

// Kept reports whether the document stays.
func (v Verdict) Kept() bool { return v.Rule == "" }

// A Cut is a piece of text an edit removed or replaced.
type Cut struct {
	Rule  string `json:"rule"`
	Start int    `json:"start"` // byte offset in the text before the edit
	End   int    `json:"end"`
	Bytes int    `json:"bytes"` // bytes the text became shorter by; negative when a replacement is longer
}

// A Count is a number of documents and what they hold.
type Count struct {
	Docs  int64 `json:"docs"`
	Bytes int64 `json:"bytes"`
	Chars int64 `json:"chars"`
}

// Add adds o to c.
func (c *Count) Add(o Count) {
	c.Docs += o.Docs
	c.Bytes += o.Bytes
	c.Chars += o.Chars
}

// A Report is what one stage did. In.Docs = Kept.Docs + Dropped.Docs and
// In.Bytes = Kept.Bytes + Cut + Dropped.Bytes.
type Report struct {
	Stage   string      `json:"stage"`
	In      Count       `json:"in"`
	Kept    Count       `json:"kept"`
	Dropped Count       `json:"dropped"`
	Cut     int64       `json:"cut"`   // bytes; negative where decoding or masking made text longer
	Rules   []RuleCount `json:"rules"` // by filter, then rule
}

// A RuleCount is how often one rule dropped or cut.
type RuleCount struct {
	Filter string `json:"filter,omitempty"`
	Rule   string `json:"rule"`
	Docs   int64  `json:"docs"`           // documents dropped
	Cuts   int64  `json:"cuts,omitempty"` // pieces cut out of documents that stayed
	Bytes  int64  `json:"bytes"`
}

// A Task is one piece of a stage's work: a range of one input.
type Task struct {
	Stage string `json:"stage"`
	Index int    `json:"index"` // position in the stage's stable list of tasks
	File  string `json:"file"`  // as [Record.File]
	Start int64  `json:"start"` // first byte a record may start at
	End   int64  `json:"end"`   // first byte that belongs to the next task
}
