package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"feilun/crawl"
)

type crawlCmd struct {
	JSON   bool     `help:"Print a line of JSON per file."`
	Source string   `help:"What the files hold: warc, html, text, jsonl, parquet, mediawiki, epub, book or auto." enum:"warc,html,text,jsonl,parquet,mediawiki,epub,book,auto" default:"auto"`
	Verify bool     `help:"Compare the digests of WARC records; those that differ count as damaged."`
	Files  []string `arg:"" help:"Files to read: WARC, WET, ARC, HTML, text, MediaWiki dumps, EPUB, plain-text books, JSON lines or Parquet."`
}

// Help is shown below the flags.
func (*crawlCmd) Help() string {
	return "Reads each file to its end and counts its records. Damage is counted and does not fail the command; a file that cannot be read does (exit code 3 when others could be read)."
}

func (c *crawlCmd) Run(a *app) error {
	p := crawl.Defaults()
	p.Source, p.Verify = c.Source, c.Verify
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	if !c.JSON {
		fmt.Fprintln(table, "records\tresponses\tdocuments\tdamaged\tbytes lost\t file")
	}
	type counted struct {
		crawl.Counts
		Error string `json:"error,omitempty"`
	}
	var failed []error
	lines := json.NewEncoder(a.stdout)
	lines.SetEscapeHTML(false)
	for _, name := range c.Files {
		n, err := crawl.Count(a.ctx, name, p)
		if a.ctx.Err() != nil {
			return a.ctx.Err()
		}
		if err != nil {
			failed = append(failed, err)
		}
		switch {
		case err != nil && c.JSON:
			err = lines.Encode(counted{n, err.Error()})
		case err != nil:
			_, err = fmt.Fprintf(table, "-\t-\t-\t-\t-\t %s\n", name)
		case c.JSON:
			err = lines.Encode(counted{Counts: n})
		default:
			_, err = fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%d\t %s\n", n.Records, n.Responses, n.Documents, n.Damaged, n.BytesLost, n.File)
		}
		if err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return partly(failed, len(c.Files))
}
