// Package crawl reads raw input and yields documents: WARC, WET and ARC files,
// Common Crawl snapshots by name, folders of HTML or text, MediaWiki dumps,
// EPUB and plain-text books, JSON lines and Parquet. Start with [New]. Formats are told by their first bytes, never by
// file names. Damage inside a file is reported row by row and reading goes on
// at the next record; only an unreadable file, disk or network is an error.
// The package does not look into pages: charsets, text and links are extract's.
package crawl

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"feilun"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/params"
)

// Code is this package's own source, from which help and docs take the
// comments of the parameters.
//
//go:embed *.go
var Code embed.FS

// A Source lists the tasks that make up its input and reads them.
//
// Tasks returns the same list on every machine and for every number of
// workers. Docs yields the documents of one task in the order they are stored,
// and calls drop once for every record that does not become a document (rule
// record_type, or the parameter that decided) and once for every piece of damage (rule damaged). The yielded
// document, its Page and the Page's Body are valid until the next step; strings
// may be kept. An error comes once, last. Tasks and Docs may be called from
// several goroutines at once; drop is called from the goroutine that iterates.
type Source interface {
	Tasks(ctx context.Context) ([]feilun.Task, error)
	Docs(ctx context.Context, t feilun.Task, drop func(ledger.Row)) iter.Seq2[*feilun.Doc, error]
}

// Names of ledger rules, fixed because no parameter decides them.
const (
	RuleRecordType = "record_type" // the record is of a kind that holds no document; the note says which
	RuleDamaged    = "damaged"     // the note says what was wrong, Bytes what was lost
	RuleEncrypted  = "encrypted"   // the book cannot be read without a key
)

// sourceSample names the crawl that the program carries.
const sourceSample = "sample"

// Stage is this stage's name in tasks and ledger rows.
const Stage = "crawl"

// Paths is a list of paths separated by line feeds or commas. In JSON and
// recipes it may also be written as a list.
type Paths string

// UnmarshalJSON accepts a string or a list of strings.
func (p *Paths) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*p = Paths(one)
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return fmt.Errorf("a path is a string or a list of strings: %w", err)
	}
	*p = Paths(strings.Join(many, "\n"))
	return nil
}

// Params are the parameters of the crawl stage.
type Params struct {
	// Source says what the files hold: warc (WARC, WET or ARC), html, text, jsonl, parquet, mediawiki (XML dumps), epub, book (plain text, Project Gutenberg's too), auto (told file by file from the first bytes; so are lists of objects in JSON and zip archives of texts), commoncrawl, or sample (the crawl inside the program).
	Source string `json:"source" default:"warc"`
	// Path names the input: files, folders (read recursively) and patterns such as data/*.warc.gz, separated by commas or line feeds, or a list.
	Path Paths `json:"path" default:""`
	// Snapshot is the name of a Common Crawl snapshot, such as CC-MAIN-2021-04.
	Snapshot string `json:"snapshot" default:""`
	// Files is how many files of the snapshot to read; 0 reads all.
	Files int `json:"files" default:"1" range:"0.."`
	// Seed chooses which files of the snapshot are read.
	Seed int64 `json:"seed" default:"1"`
	// Kind says which files of the snapshot are read: warc (pages) or wet (text).
	Kind string `json:"kind" default:"warc"`
	// Base is the address the snapshot's paths are relative to.
	Base string `json:"base" default:"https://data.commoncrawl.org"`
	// Cache is the folder for downloads; empty means feilun in the user's cache folder.
	Cache string `json:"cache" default:""`
	// Connections is how many downloads may run at once.
	Connections int `json:"connections" default:"2" range:"1..16"`
	// Attempts is how often a download is tried before the run gives up.
	Attempts int `json:"attempts" default:"8" range:"1..100"`
	// Range is how many bytes of a stored file one task covers.
	Range int64 `json:"range" default:"16777216" range:"1024.."`
	// MaxBody is how many bytes of a decoded body are kept; longer ones are cut.
	MaxBody int `json:"max_body" default:"16777216" range:"1024.."`
	// Namespaces lists the numbers of the namespaces whose pages are kept of a MediaWiki dump; 0 holds the articles.
	Namespaces []int `json:"namespaces" default:"[0]"`
	// Redirects keeps the pages of a dump that only lead to another.
	Redirects bool `json:"redirects" default:"false"`
	// Disambiguation keeps the pages of a dump that only tell meanings of a word apart.
	Disambiguation bool `json:"disambiguation" default:"false"`
	// Models lists the content models whose pages are kept of a dump; only wikitext is turned into clean text, others stay as they are.
	Models []string `json:"models" default:"[\"wikitext\"]"`
	// Variant is the form of Chinese, or of another language with several, that -{ }- in wikitext is resolved to: zh-hans, zh-hant, zh-cn, zh-tw, zh-hk and so on.
	Variant string `json:"variant" default:"zh-hans"`
	// Tables keeps the tables of wikitext, a line for each row.
	Tables bool `json:"tables" default:"true"`
	// Appendices keeps sections of wikitext such as See also, References and External links.
	Appendices bool `json:"appendices" default:"false"`
	// Chapters makes a document of each chapter of an EPUB or plain-text book. With source auto, text with a chapter's heading near its beginning is such a book too.
	Chapters bool `json:"chapters" default:"false"`
	// TextColumn names the column of JSON lines and Parquet that holds the text; dots lead into objects, as in article.body.
	TextColumn string `json:"text_column" default:"text"`
	// IDColumn names the column of the document's id.
	IDColumn string `json:"id_column" default:"id"`
	// URLColumn names the column of its address.
	URLColumn string `json:"url_column" default:"url"`
	// TitleColumn names the column of its title.
	TitleColumn string `json:"title_column" default:"title"`
	// DateColumn names the column of its date.
	DateColumn string `json:"date_column" default:"date"`
	// LanguageColumn names the column of its language.
	LanguageColumn string `json:"language_column" default:"language"`
	// SourceColumn names the column of what it came from.
	SourceColumn string `json:"source_column" default:"source"`
	// Verify compares SHA-1 digests of WARC records and reports those that differ as damaged.
	Verify bool `json:"verify" default:"false"`
	// WetTitle takes the first line of a WET record for the title and leaves it out of the text, as CCNet does.
	WetTitle bool `name:"wet_title" json:"wet_title" default:"false"`
}

// Defaults returns the parameters with their default values.
func Defaults() Params {
	var p Params
	if err := params.Fill(&p); err != nil {
		panic(err) // a default tag in this file is wrong
	}
	return p
}

// New returns the source that p describes. Numbers that are zero take their
// defaults, except Files and Seed. The error is a usage error.
func New(p Params) (Source, error) {
	d := Defaults()
	if p.Range <= 0 {
		p.Range = d.Range
	}
	if p.MaxBody <= 0 {
		p.MaxBody = d.MaxBody
	}
	if p.Connections <= 0 {
		p.Connections = d.Connections
	}
	if p.Attempts <= 0 {
		p.Attempts = d.Attempts
	}
	if p.Namespaces == nil {
		p.Namespaces = d.Namespaces
	}
	if p.Models == nil {
		p.Models = d.Models
	}
	for _, s := range []struct{ value, def *string }{{&p.Source, &d.Source}, {&p.Kind, &d.Kind}, {&p.Base, &d.Base}, {&p.TextColumn, &d.TextColumn}} {
		if *s.value == "" {
			*s.value = *s.def
		}
	}
	switch p.Source {
	case "warc", "html", "text", "jsonl", "parquet", "mediawiki", "epub", "book", "auto":
		return newFiles(p)
	case "commoncrawl":
		return newSnapshot(p)
	case sourceSample:
		p.Source = "warc"
		s := readFiles(p, "")
		s.sample = true
		return s, nil
	}
	return nil, unknownSource(p.Source)
}

func unknownSource(name string) error {
	known := []string{"warc", "html", "text", "jsonl", "parquet", "mediawiki", "epub", "book", "auto", "commoncrawl", sourceSample}
	h := fmt.Sprintf("known sources: %s", strings.Join(known, ", "))
	if near := params.Nearest(name, known); near != "" {
		h = fmt.Sprintf("did you mean %q? %s", near, h)
	}
	return hint.With(hint.Usage(fmt.Errorf("crawl: unknown source %q", name)), h)
}
