// Package inspect answers questions about a finished or running run folder:
// what was kept, what was dropped, and why. Start with [Stats], [Why],
// [Dropped] and [Diff]; Report writes the page. It only reads the folder, but
// for the page.
package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun"
	"feilun/internal/corpus"
	"feilun/internal/hint"
	"feilun/internal/ledger"
	"feilun/internal/stats"
)

// Stats reads what the run in dir counted; of one stage at least.
func Stats(dir string) (*stats.Run, error) {
	b, err := os.ReadFile(filepath.Join(dir, "stats.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.Usage(hint.With(fmt.Errorf("%s holds no finished run", dir),
			"feilun run RECIPE --out "+dir+" makes one, or goes on with one that was stopped"))
	}
	if err != nil {
		return nil, err
	}
	var s stats.Run
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "stats.json"), err)
	}
	if len(s.Reports) == 0 {
		return nil, fmt.Errorf("%s counts no stage, which every run does", filepath.Join(dir, "stats.json"))
	}
	return &s, nil
}

// Times reads what the run in dir took.
func Times(dir string) (*stats.Times, error) {
	b, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, err
	}
	var t stats.Times
	return &t, json.Unmarshal(b, &t)
}

// Rows yields the rows of every ledger file of the run in dir: the per-document
// stages first, then dedup and mix, each in input order.
func Rows(dir string) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		var files []string
		for _, pattern := range []string{"pages-*", "dedup-*", "mix-*"} {
			names, err := fs.Glob(os.DirFS(dir), "ledger/"+pattern+".jsonl.zst")
			if err != nil {
				yield(ledger.Row{}, err)
				return
			}
			for _, name := range names {
				files = append(files, filepath.Join(dir, filepath.FromSlash(name)))
			}
		}
		if len(files) == 0 {
			yield(ledger.Row{}, noLedger(dir))
			return
		}
		for _, name := range files {
			if !fileRows(name, yield) {
				return
			}
		}
	}
}

// noLedger is the error about a folder without ledger: of a run that has not
// come so far, or of something else.
func noLedger(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "work", "plan.json")); err == nil {
		return hint.With(fmt.Errorf("%s holds no ledger yet: its run has finished no shard", dir), "ask again later, or let the same feilun run go on if it was stopped")
	}
	return hint.Usage(hint.With(fmt.Errorf("%s holds no ledger", dir), "name the --out folder of a feilun run"))
}

func fileRows(name string, yield func(ledger.Row, error) bool) bool {
	f, err := os.Open(name)
	if err != nil {
		return yield(ledger.Row{}, err) && false
	}
	defer f.Close()
	for row, err := range ledger.Rows(f) {
		if err != nil {
			yield(row, fmt.Errorf("%s: %w", name, err))
			return false
		}
		if !yield(row, nil) {
			return false
		}
	}
	return true
}

// Docs yields the documents of the corpus of the run in dir, with the file each
// stands in.
func Docs(dir string) iter.Seq2[Kept, error] {
	return func(yield func(Kept, error) bool) {
		files, err := corpus.Files(filepath.Join(dir, "corpus"))
		if err != nil {
			yield(Kept{}, err)
			return
		}
		for _, name := range files {
			rel, err := filepath.Rel(dir, name)
			if err != nil {
				rel = name
			}
			for d, err := range corpus.Docs(name) {
				if err != nil {
					yield(Kept{}, fmt.Errorf("%s: %w", name, err))
					return
				}
				if !yield(Kept{filepath.ToSlash(rel), d}, nil) {
					return
				}
			}
		}
	}
}

// A Kept is a document of the corpus and the file it stands in.
type Kept struct {
	File string
	Doc  *feilun.Doc
}

// A Fate is what happened to one document.
type Fate struct {
	ID      string       `json:"id"`
	URL     string       `json:"url"`
	Kept    bool         `json:"kept"`
	File    string       `json:"file,omitempty"` // of the corpus, when kept
	Dropped *ledger.Row  `json:"dropped,omitempty"`
	Cuts    []ledger.Row `json:"cuts,omitempty"`
	Text    string       `json:"text,omitempty"` // beginning, when kept
}

// Why tells what happened to every document with the URL, or the id, asked for.
// A URL matches without its scheme and trailing slash, too.
func Why(dir, ask string) ([]Fate, error) {
	fates := map[string]*Fate{}
	var order []string
	at := func(id, url, file string, offset int64) *Fate {
		key := fmt.Sprint(id, "\x00", file, "\x00", offset)
		if id != "" {
			key = id
		}
		if fates[key] == nil {
			fates[key] = &Fate{ID: id, URL: url}
			order = append(order, key)
		}
		return fates[key]
	}
	for r, err := range Rows(dir) {
		if err != nil {
			return nil, err
		}
		if !asked(ask, r.ID, r.URL) || r.Rule == "record_type" && r.Note == "request" {
			continue
		}
		f := at(r.ID, r.URL, r.Record.File, r.Record.Offset)
		if r.Cut {
			f.Cuts = append(f.Cuts, r)
		} else {
			f.Dropped = &r
		}
	}
	for k, err := range Docs(dir) {
		if err != nil {
			return nil, err
		}
		if asked(ask, k.Doc.ID, k.Doc.URL) {
			f := at(k.Doc.ID, k.Doc.URL, "", 0)
			f.Kept, f.File, f.Text = true, k.File, clip(k.Doc.Text, 300)
		}
	}
	out := make([]Fate, len(order))
	for i, key := range order {
		out[i] = *fates[key]
	}
	return out, nil
}

func asked(ask, id, url string) bool {
	return id == ask || url == ask || url != "" && bare(url) == bare(ask)
}

func bare(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		rest = url
	}
	return strings.TrimSuffix(rest, "/")
}

func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

// RuleName is a rule's full name: stage or step, and rule.
func RuleName(filter, rule string) string {
	if filter == "" {
		return rule
	}
	return filter + "." + rule
}

// matches reports whether a row is of the rule asked for, by rule alone, by
// step and rule, or by stage and either.
func matches(ask string, r ledger.Row) bool {
	full := RuleName(r.Filter, r.Rule)
	return ask == "" || ask == r.Rule || ask == full || ask == r.Filter || ask == r.Stage || ask == r.Stage+"."+full
}

// knownRules lists the rules of a run, for a hint.
func knownRules(s *stats.Run) []string {
	var names []string
	for _, rep := range s.Reports {
		for _, r := range rep.Rules {
			names = append(names, RuleName(r.Filter, r.Rule))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
