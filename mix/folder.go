package mix

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"

	"github.com/zeebo/xxh3"
)

// A folder is the output folder of a mix:
//
//	mix.yaml  mix.json  manifest.json  stats.json
//	corpus/part-00000.parquet …   ledger/mix-00000.jsonl.zst …
//	work/plan.json  work/scan/…  work/runs/…  work/parts/…     what a resumed mix goes on from
type folder string

func (f folder) path(elem ...string) string {
	return filepath.Join(append([]string{string(f)}, elem...)...)
}

func (f folder) scan(i int, ext string) string {
	return f.path("work", "scan", fmt.Sprintf("%05d.%s", i, ext))
}
func (f folder) run(i, k int) string {
	return f.path("work", "runs", fmt.Sprintf("%05d-%05d.run", i, k))
}
func (f folder) runMark(i int) string  { return f.path("work", "runs", fmt.Sprintf("%05d.json", i)) }
func (f folder) partMark(i int) string { return f.path("work", "parts", fmt.Sprintf("%05d.json", i)) }
func (f folder) ledger(i int) string {
	return f.path("ledger", fmt.Sprintf("mix-%05d.jsonl.zst", i))
}
func (f folder) part(i int, ext string) string {
	return f.path("corpus", fmt.Sprintf("part-%05d%s", i, ext))
}

// folderPlan says what the folder is about; another mix may not resume it.
type folderPlan struct {
	Kind    string `json:"kind"` // mix or decontaminate
	Version string `json:"version"`
	Recipe  string `json:"recipe"` // hash
	Input   string `json:"input"`  // hash of names, sizes and ends of the files
	Sets    string `json:"sets,omitempty"`
}

// owned lists what a mix writes into its folder, the books first.
func owned() []string {
	return []string{"mix.json", "contamination.json", "stats.json", "manifest.json", "mix.yaml", "corpus", "ledger",
		"work/plan.json", "work/scan", "work/runs", "work/parts"}
}

// open makes the folder ready for p, or says why it cannot be.
func (f folder) open(p folderPlan, fresh bool) error {
	var old folderPlan
	known, err := done(f.path("work", "plan.json"), &old)
	if err != nil {
		return err
	}
	if fresh {
		if err := f.clear(known && old.Kind != ""); err != nil {
			return err
		}
		known = false
	}
	if known && old != p {
		what := "input"
		switch {
		case old.Kind != p.Kind:
			what = "kind"
		case old.Version != p.Version:
			what = "version"
		case old.Recipe != p.Recipe:
			what = "recipe"
		case old.Sets != p.Sets:
			what = "test set"
		}
		return hint.Usage(hint.With(fmt.Errorf("%s holds a run of another %s", string(f), what),
			"take another --out, or add --fresh to delete that run and start over"))
	}
	for _, dir := range []string{"corpus", "ledger", "work/scan", "work/runs", "work/parts"} {
		if err := os.MkdirAll(f.path(filepath.FromSlash(dir)), 0o777); err != nil {
			return err
		}
	}
	if known {
		return nil
	}
	return writeJSON(f.path("work", "plan.json"), p)
}

// clear removes an earlier mix. A folder that holds none of ours but files
// under our names is left alone.
func (f folder) clear(ours bool) error {
	for _, name := range owned() {
		name = f.path(filepath.FromSlash(name))
		if ours {
			if err := os.RemoveAll(name); err != nil {
				return err
			}
		} else if _, err := os.Stat(name); err == nil {
			return hint.Usage(hint.With(fmt.Errorf("%s is there, but no mix of feilun: --fresh deletes only those", name),
				"take another --out, or remove it yourself"))
		}
	}
	return nil
}

// clean removes the scratch of a finished mix.
func (f folder) clean() error {
	for _, dir := range []string{"scan", "runs", "parts"} {
		if err := os.RemoveAll(f.path("work", dir)); err != nil {
			return err
		}
	}
	return nil
}

// done reports whether a marker is there and reads it into v.
func done(name string, v any) (bool, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return true, nil
}

func writeJSON(name string, v any) error { return atomicfile.WriteJSON(name, " ", v) }

func hashText(b []byte) string {
	h := xxh3.Hash128(b).Bytes()
	return hex.EncodeToString(h[:])
}

// A bitmap is a set of numbers below a fixed bound.
type bitmap []uint64

func newBitmap(n uint64) bitmap    { return make(bitmap, n/64+1) }
func (b bitmap) set(i uint64)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) clear(i uint64)    { b[i/64] &^= 1 << (i % 64) }
func (b bitmap) has(i uint64) bool { return b[i/64]>>(i%64)&1 != 0 }
