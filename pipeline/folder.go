package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
)

// A folder is the output folder of one run:
//
//	recipe.yaml  manifest.json  run.json  report.html
//	corpus/part-00000.parquet …
//	ledger/pages-00000.jsonl.zst …  ledger/dedup-00000.jsonl.zst …
//	work/plan.json  work/docs/…  work/dedup/…     what a resumed run goes on from
type folder string

func (f folder) path(elem ...string) string {
	return filepath.Join(append([]string{string(f)}, elem...)...)
}

func (f folder) docs(i int) string       { return f.path("work", "docs", fmt.Sprintf("%05d.jsonl.zst", i)) }
func (f folder) docsMarker(i int) string { return f.path("work", "docs", fmt.Sprintf("%05d.json", i)) }
func (f folder) pagesLedger(i int) string {
	return f.path("ledger", fmt.Sprintf("pages-%05d.jsonl.zst", i))
}
func (f folder) dedupLedger(i int) string {
	return f.path("ledger", fmt.Sprintf("dedup-%05d.jsonl.zst", i))
}
func (f folder) part(i int, ext string) string {
	return f.path("corpus", fmt.Sprintf("part-%05d%s", i, ext))
}
func (f folder) partMarker(i int) string { return f.path("work", "parts", fmt.Sprintf("%05d.json", i)) }

// owned lists what a run writes into its folder, and --fresh removes: all but
// the lock, which the caller holds. The books go first, so that a folder half
// removed is no finished run.
func owned() []string {
	return []string{"stats.json", "report.html", "run.json", "manifest.json", "recipe.yaml", "evaluation.json", "heldout", "model", "tokens", "mix", "corpus", "ledger",
		"work/plan.json", "work/docs", "work/parts", "work/dedup", "work/inspect.index"}
}

// plan says what a run in this folder is about; another one may not resume it.
type plan struct {
	Version string `json:"version"`
	Recipe  string `json:"recipe"` // hash
	Input   string `json:"input"`  // hash of the tasks and of their files' sizes and ends
	Tasks   int    `json:"tasks"`
	Units   []unit `json:"units"`
}

// unit is one piece of work of the fused pass: consecutive tasks.
type unit struct {
	Tasks []feilun.Task `json:"tasks"`
}

// open makes the folder ready for the run p, or says why it cannot be.
func (f folder) open(p plan, r *Recipe, fresh bool) error {
	var old plan
	err := readJSON(f.path("work", "plan.json"), &old)
	known := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if fresh {
		if err := f.clear(known); err != nil {
			return err
		}
		known = false
	}
	if known {
		if err := f.same(old, p, r); err != nil {
			return err
		}
	}
	for _, dir := range []string{"corpus", "ledger", "work/docs", "work/parts", "work/dedup"} {
		if err := os.MkdirAll(f.path(filepath.FromSlash(dir)), 0o777); err != nil {
			return err
		}
	}
	if known {
		return nil
	}
	return writeJSON(f.path("work", "plan.json"), p)
}

// lock keeps a second process out of the folder until the returned function is
// called or the process ends.
func (f folder) lock() (unlock func(), err error) {
	unlock, err = atomicfile.Lock(f.path("work", "lock"), string(f))
	if err != nil && hint.Of(err) == "" {
		err = f.shut(err)
	}
	return unlock, err
}

// shut says what to do when nothing can be written in the folder.
func (f folder) shut(err error) error {
	return hint.Usage(hint.With(fmt.Errorf("cannot write in %s: %w", string(f), err), "name another folder with --out, one that may be written"))
}

// same refuses to go on with another run's work.
func (f folder) same(old, p plan, r *Recipe) error {
	for _, d := range []struct{ what, old, now string }{
		{"recipe", old.Recipe, p.Recipe}, {"input", old.Input, p.Input}, {"version", old.Version, p.Version},
	} {
		if d.old != d.now {
			what := d.what
			if text, err := os.ReadFile(f.path("recipe.yaml")); err == nil && what == "recipe" {
				what += differs(string(text), string(r.YAML()))
			}
			return hint.Usage(hint.With(fmt.Errorf("%s holds a run of another %s", string(f), what),
				"take another --out, or add --fresh to delete that run and start over"))
		}
	}
	return nil
}

// differs names the first key in which two printed recipes differ, or is "" when
// none does.
func differs(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	var keys []string
	for i, line := range b {
		depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
		key, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		keys = append(keys[:min(depth, len(keys))], key)
		if i >= len(a) || a[i] != line {
			if key = strings.Join(keys, "."); key == "" {
				return ""
			}
			return " (first difference: " + key + ")"
		}
	}
	return ""
}

// clear removes an earlier run. A folder that holds no run of ours but files
// under our names is left alone.
func (f folder) clear(ours bool) error {
	for _, name := range owned() {
		name = f.path(filepath.FromSlash(name))
		if !ours {
			if _, err := os.Stat(name); err == nil {
				return hint.Usage(hint.With(fmt.Errorf("%s is there, but no run of feilun: --fresh deletes only those", name),
					"take another --out, or remove it yourself"))
			}
			continue
		}
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

func readJSON(name string, v any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func writeJSON(name string, v any) error { return atomicfile.WriteJSON(name, " ", v) }

// done reports whether the marker is there and reads it into v.
func done(name string, v any) (bool, error) {
	err := readJSON(name, v)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
