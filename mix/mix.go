// Package mix makes one corpus of several: each source with its share of the
// tokens or its number of epochs, cleaned of traces of test sets, shuffled as a
// whole, every document with its origin. Start with [Load] and [Run], or with
// [Decontaminate] for a corpus alone. Memory is bounded: the texts are sorted
// in runs on disk. Tokens are estimated; no tokenizer is asked.
package mix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/stats"
)

// Options say where to work and with what means. They do not change what is
// written.
type Options struct {
	Out     string
	Workers int         // files worked on at a time; 0 means 1
	Memory  params.Size // limit for buffers and tables; 0 means 8GiB
	Fresh   bool        // delete an earlier mix in Out first
	DryRun  bool        // make the plan alone; Out is scratch and emptied afterwards
	Stderr  io.Writer   // progress and remarks; nil for none
	Printed func(*Plan) // called with the plan before the texts are written; nil for none

	// Do calls task for 0 … n-1, Workers at a time, each with its worker's number.
	Do func(ctx context.Context, n int, task func(ctx context.Context, worker, i int) error) error
}

// An input is one file of a source.
type input struct {
	Source int    `json:"source"` // index in Spec.Sources
	File   string `json:"file"`
	Size   int64  `json:"size"`
	Ends   string `json:"ends"` // hash of both ends of the file
}

// A job is one mix in progress.
type job struct {
	Options
	spec   *Spec
	folder folder
	inputs []input
	grams  *grams     // nil when there is no decontamination
	scans  []scanMark // by input
	base   []uint64   // number of documents before each input
	extra  bitmap     // by number: comes once more than its source's whole epochs
	gone   bitmap     // by number: dropped by decontamination
	rows   []Row      // by source
}

// A Result is what a mix made; it stands in Out/stats.json and Out/mix.json.
type Result struct {
	Plan          *Plan          `json:"plan"`
	Contamination *Contamination `json:"contamination,omitempty"`
	Run           *stats.Run     `json:"-"`
}

// Run carries the mix out into o.Out, or goes on where an earlier process with
// the same mix, input and version stopped.
func Run(ctx context.Context, s *Spec, o Options) (*Result, error) {
	j, unlock, err := open(s, o, "mix")
	if err != nil {
		return nil, err
	}
	defer unlock()
	var finished Result
	if ok, err := done(j.folder.path("mix.json"), &finished); err != nil || ok && !o.DryRun {
		return &finished, err
	}
	defer limitMemory(int64(j.Memory))()
	r, start := &Result{}, time.Now()
	if r.Contamination, err = j.traces(ctx); err != nil {
		return nil, err
	}
	if r.Plan, err = j.choose(); err != nil {
		return nil, err
	}
	if j.Printed != nil {
		j.Printed(r.Plan)
	}
	if o.DryRun {
		return r, j.folder.clear(true)
	}
	j.expect(r.Plan, time.Since(start))
	reports, err := j.writeRuns(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := j.merge(ctx, r.Plan)
	if err != nil {
		return nil, err
	}
	return r, j.finish(r, reports, parts)
}

// expect says what the rest of the mix will take: the texts are read again,
// written once compressed lightly and once as the corpus.
func (j *job) expect(p *Plan, scan time.Duration) {
	read := int64(1)
	for _, s := range j.scans {
		read += s.Bytes
	}
	left := time.Duration(float64(scan) * (1 + 2*float64(p.Bytes)/float64(read)))
	j.remark("expect about %v more, up to %v of memory, and up to %s of disk, half of it for the time of the mix",
		left.Round(time.Second), j.Memory, progress.Bytes(p.Bytes*6/5))
}

// limitMemory holds the Go heap under nine tenths of the limit and returns what
// lifts the limit again.
func limitMemory(limit int64) func() {
	old := debug.SetMemoryLimit(limit / 10 * 9)
	return func() { debug.SetMemoryLimit(old) }
}

// open finds the input, reads the test sets and makes the folder ready.
func open(s *Spec, o Options, what string) (*job, func(), error) {
	if err := s.Check(); err != nil {
		return nil, nil, err
	}
	if o.Out == "" {
		return nil, nil, hint.Usage(errors.New("no output folder: name one with --out DIR"))
	}
	o.Workers = max(o.Workers, 1)
	if o.Memory == 0 {
		o.Memory = 8 << 30
	}
	if least := params.Size(192<<20 + o.Workers*(64<<20)); o.Memory < least {
		return nil, nil, hint.Usage(hint.With(fmt.Errorf("--memory %v is too little for %d workers, which need %v", o.Memory, o.Workers, least),
			"give more --memory or fewer --workers"))
	}
	j := &job{Options: o, spec: s, folder: folder(o.Out)}
	var err error
	if j.inputs, err = findInputs(s, o.Out); err != nil {
		return nil, nil, err
	}
	plan := folderPlan{Kind: what, Version: feilun.Version, Recipe: s.Hash(), Input: inputHash(j.inputs)}
	if s.Decontaminate != nil {
		if plan.Sets, err = setsHash(s.Decontaminate); err != nil {
			return nil, nil, err
		}
		if j.grams, err = newGrams(s.Decontaminate); err != nil {
			return nil, nil, err
		}
	}
	unlock, err := atomicfile.Lock(j.folder.path("work", "lock"), o.Out)
	if err != nil {
		return nil, nil, err
	}
	if err := j.folder.open(plan, o.Fresh); err != nil {
		unlock()
		return nil, nil, err
	}
	return j, unlock, nil
}

func (j *job) remark(format string, args ...any) {
	if j.Stderr != nil {
		fmt.Fprintf(j.Stderr, format+"\n", args...)
	}
}

// traces reads all documents once, and where test sets are given decides about
// those that hold traces of them.
func (j *job) traces(ctx context.Context) (*Contamination, error) {
	if err := j.scan(ctx); err != nil {
		return nil, err
	}
	if j.grams == nil {
		return nil, nil
	}
	found, err := j.found()
	if err != nil {
		return nil, err
	}
	if err := j.settle(ctx, found); err != nil {
		return nil, err
	}
	return j.contamination(found)
}

// each spreads n pieces of work and shows their progress.
func (j *job) each(ctx context.Context, what string, n int, f func(worker, i int) (weight int64, err error)) error {
	total := int64(0)
	for _, in := range j.inputs {
		total += in.Size
	}
	unit := progress.Bytes
	if what == "parts" {
		total, unit = int64(n), progress.Count("file")
	}
	meter := progress.New(j.Stderr, what, total, unit)
	defer meter.Close()
	return j.Do(ctx, n, func(_ context.Context, worker, i int) error {
		weight, err := f(worker, i)
		if err == nil {
			meter.Add(weight)
		}
		return err
	})
}

// finish writes the books, the result last but for the clean-up.
func (j *job) finish(r *Result, reports []feilun.Report, parts []partMark) error {
	run := &stats.Run{Recipe: "mix", About: j.about(), Version: feilun.Version, RecipeHash: j.spec.Hash(), InputHash: inputHash(j.inputs)}
	report := feilun.Report{Stage: "mix"}
	for _, x := range reports {
		stats.AddReport(&report, x)
	}
	if report.In.Docs != report.Kept.Docs+report.Dropped.Docs || report.In.Bytes != report.Kept.Bytes+report.Cut+report.Dropped.Bytes {
		panic(fmt.Sprintf("mix: books do not balance: %+v", report))
	}
	run.Reports = []feilun.Report{report}
	for _, p := range parts {
		run.Files = append(run.Files, p.File)
		run.Samples = append(run.Samples, p.Samples...)
	}
	run.Samples = lowest(run.Samples, samplesKept)
	r.Run = run
	var inputs []map[string]any
	for i, in := range j.inputs {
		inputs = append(inputs, map[string]any{"source": j.spec.Sources[in.Source].Name, "file": in.File, "size": in.Size,
			"sha256": j.scans[i].SHA256, "docs": j.scans[i].Docs})
	}
	manifest := map[string]any{"format": "feilun.mix/1", "version": feilun.Version, "mix_sha256": j.spec.Hash(), "seed": j.spec.Seed,
		"input": inputs, "lineage": lineage(j.inputs), "plan": r.Plan, "files": run.Files, "reports": run.Reports}
	if err := atomicfile.WriteBytes(j.folder.path("mix.yaml"), j.spec.YAML()); err != nil {
		return err
	}
	for _, x := range []struct {
		name string
		v    any
	}{{"manifest.json", manifest}, {"stats.json", run}, {"mix.json", r}} {
		if err := writeJSON(j.folder.path(x.name), x.v); err != nil {
			return err
		}
	}
	return j.folder.clean()
}

func (j *job) about() string {
	var names []string
	for _, s := range j.spec.Sources {
		names = append(names, s.Name)
	}
	return "A mix of " + strings.Join(names, ", ") + "."
}

// lineage collects the manifests of the runs that sources are, by folder.
func lineage(inputs []input) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	for _, in := range inputs {
		dir := filepath.Dir(filepath.Dir(in.File))
		if _, ok := all[dir]; ok || filepath.Base(filepath.Dir(in.File)) != "corpus" {
			continue
		}
		var m struct {
			Format string          `json:"format"`
			Name   json.RawMessage `json:"recipe"`
			Recipe json.RawMessage `json:"recipe_sha256"`
			Mix    json.RawMessage `json:"mix_sha256"`
			Input  json.RawMessage `json:"input_sha256"`
		}
		b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil || json.Unmarshal(b, &m) != nil {
			continue // a folder without manifest has no lineage to tell
		}
		short := map[string]any{"format": m.Format, "recipe": m.Name, "recipe_sha256": m.Recipe, "mix_sha256": m.Mix, "input_sha256": m.Input}
		for k, v := range short {
			if raw, ok := v.(json.RawMessage); ok && raw == nil {
				delete(short, k)
			}
		}
		if text, err := json.Marshal(short); err == nil {
			all[dir] = text
		}
	}
	return all
}
