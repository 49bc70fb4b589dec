package crawl

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"feilun"
	"feilun/internal/ledger"
)

// A Counts says what one file holds.
type Counts struct {
	File      string `json:"file"`       // as given
	Records   int64  `json:"records"`    // of any type; lines of JSON lines, rows of Parquet
	Responses int64  `json:"responses"`  // records of type response
	Documents int64  `json:"documents"`  // records that hold a document
	Damaged   int64  `json:"damaged"`    // places where something was wrong
	BytesLost int64  `json:"bytes_lost"` // bytes that could not be read because of it
}

// Count reads a file to its end. Damage is counted; the error is that of an
// unreadable file.
func Count(ctx context.Context, name string, p Params) (Counts, error) {
	c := Counts{File: name}
	p.Path = Paths(name)
	s := readFiles(p, filepath.Dir(name))
	info, err := os.Stat(name)
	if err != nil {
		return c, err
	}
	if info.IsDir() {
		return c, fmt.Errorf("%s is a folder", name)
	}
	drop := func(r ledger.Row) {
		if r.Rule == RuleDamaged {
			c.Damaged++
			c.BytesLost += r.Bytes
		} else {
			c.Records++
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return c, err
	}
	defer f.Close()
	t := feilun.Task{Stage: Stage, File: filepath.Base(name), End: info.Size()}
	memory := s.borrow()
	j := &job{ctx: ctx, src: s, task: t, drop: drop, fill: newFiller(p, t.File, &memory.dec)}
	j.yield = func(*feilun.Doc, error) bool {
		c.Records++
		c.Documents++
		return true
	}
	if j.opened, err = sniff(f, info.Size(), p, memory); err == nil {
		err = j.run()
	}
	c.Responses = j.responses
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return c, err
}
