package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"feilun"
	"feilun/crawl"
	"feilun/internal/atomicfile"
	"feilun/internal/digest"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/stats"
	"feilun/language"
	"feilun/run"
)

// Options say where a run writes and what it may take.
type Options struct {
	Out        string
	Workers    int         // 0 means one for each processor
	Memory     params.Size // limit for the whole process; 0 means 8GiB
	Fresh      bool        // delete an earlier run in Out first
	KeepStages bool        // leave the text between stages in Out/work
	Stderr     io.Writer   // progress and remarks; nil for none
}

// unitFiles bounds one piece of work of the fused pass beside crawl.range, so
// that many small files do not make as many shards.
const unitFiles = 4096

// A job is one run in progress.
type job struct {
	Options
	recipe *Recipe
	source crawl.Source
	folder folder
	plan   plan
	runner run.Runner
	times  stats.Times

	language *language.Stage // cloned by each worker
}

// Run carries the recipe out into o.Out, or goes on where an earlier process
// with the same recipe, input and version stopped. It returns what the run
// counted, which stands in Out/stats.json too.
func Run(ctx context.Context, r *Recipe, o Options) (*stats.Run, error) {
	if o.Stderr != nil {
		ctx = crawl.WithRemarks(ctx, func(s string) { fmt.Fprintln(o.Stderr, s) })
	}
	j, err := newJob(ctx, r, o)
	if err != nil {
		return nil, err
	}
	unlock, err := j.folder.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := j.folder.open(j.plan, r, o.Fresh); err != nil {
		return nil, err
	}
	defer limitMemory(int64(j.Memory))()
	var finished stats.Run
	if ok, err := done(j.folder.path("stats.json"), &finished); err != nil {
		return nil, err
	} else if ok {
		return &finished, j.after(ctx)
	}
	start, cpu := time.Now(), cpuSeconds()
	if err := atomicfile.WriteBytes(j.folder.path("recipe.yaml"), r.YAML()); err != nil {
		return nil, err
	}
	s, err := j.stages(ctx)
	if err != nil {
		return nil, err
	}
	j.times.WallSecond, j.times.CPUSecond = time.Since(start).Seconds(), cpuSeconds()-cpu
	if kept := s.Reports[len(s.Reports)-1].Kept.Docs; kept == 0 {
		j.remark("no documents were kept: records read %d, dropped by crawl %d; feilun stats %s tells by which rules",
			s.Reports[atCrawl].In.Docs, s.Reports[atCrawl].Dropped.Docs, o.Out)
	}
	if err := j.finish(s); err != nil {
		return nil, err
	}
	return s, j.after(ctx)
}

// after does what follows the corpus.
func (j *job) after(ctx context.Context) error {
	if err := j.mix(ctx); err != nil {
		return err
	}
	if err := j.model(ctx); err != nil {
		return err
	}
	if j.recipe.Tokenize != nil || j.recipe.Train != nil {
		j.remark("this process took %s of memory at most", progress.Bytes(progress.PeakMemory()))
	}
	return nil
}

func newJob(ctx context.Context, r *Recipe, o Options) (*job, error) {
	if o.Out == "" {
		return nil, hint.Usage(errors.New("no output folder: name one with --out DIR"))
	}
	if o.Workers < 0 || o.Memory < 0 {
		return nil, hint.Usage(fmt.Errorf("--workers %d, --memory %v: neither can be below zero", o.Workers, o.Memory))
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Memory == 0 {
		o.Memory = 8 << 30
	}
	l, err := r.prepare()
	if err != nil {
		return nil, err
	}
	if err := r.modelFiles(); err != nil {
		return nil, err
	}
	if err := r.fits(o); err != nil {
		return nil, err
	}
	source, tasks, err := input(ctx, r, o.Out)
	if err != nil {
		return nil, err
	}
	j := &job{Options: o, recipe: r, source: source, language: l, folder: folder(o.Out), runner: run.Local{Workers: o.Workers}}
	units := group(tasks, r.Crawl.Range)
	input, err := inputHash(ctx, source, tasks)
	if err != nil {
		return nil, err
	}
	j.plan = plan{Version: feilun.Version, Recipe: r.meaning(), Input: input, Tasks: len(tasks), Units: units}
	j.times = stats.Times{Stages: map[string]float64{}, Started: time.Now().UTC().Format(time.RFC3339), Workers: o.Workers, Memory: int64(o.Memory)}
	for _, t := range tasks {
		j.times.InputBytes += t.End - t.Start
	}
	j.times.Predicted = predict(j.times.InputBytes, r.modelMemory(o.Workers), o)
	return j, nil
}

// input opens the recipe's source and lists its tasks. Files below out, the
// run's own, are none.
func input(ctx context.Context, r *Recipe, out string) (crawl.Source, []feilun.Task, error) {
	source, err := crawl.New(r.Crawl)
	if err != nil {
		return nil, nil, r.inCrawl(err)
	}
	if s, ok := source.(interface{ Without(dir string) error }); ok {
		if err := s.Without(out); err != nil {
			return nil, nil, err
		}
	}
	tasks, err := source.Tasks(ctx)
	if err == nil && len(tasks) == 0 {
		err = hint.Usage(hint.With(fmt.Errorf("recipe %s has no input", r.Name),
			"name it with --in PATH, or as crawl.path in the recipe"))
	}
	return source, tasks, r.inCrawl(err)
}

// group puts consecutive tasks together, up to so many bytes.
func group(tasks []feilun.Task, most int64) []unit {
	var units []unit
	held := int64(0)
	for _, t := range tasks {
		if n := len(units); n == 0 || held+t.End-t.Start > most || len(units[n-1].Tasks) == unitFiles {
			units = append(units, unit{})
			held = 0
		}
		last := &units[len(units)-1]
		last.Tasks = append(last.Tasks, t)
		held += t.End - t.Start
	}
	return units
}

// inputHash identifies the input: which files, cut where, how long, and what
// the source itself says of their content.
func inputHash(ctx context.Context, source crawl.Source, tasks []feilun.Task) (string, error) {
	b, err := json.Marshal(tasks)
	if err != nil {
		return "", err
	}
	if f, ok := source.(interface {
		Fingerprint(context.Context) (string, error)
	}); ok {
		print, err := f.Fingerprint(ctx)
		if err != nil {
			return "", err
		}
		b = append(b, print...)
	}
	return digest.Of(b), nil
}

func (j *job) remark(format string, args ...any) {
	if j.Stderr != nil {
		fmt.Fprintf(j.Stderr, format+"\n", args...)
	}
}

// stages does the work; what is done already is left as it is.
func (j *job) stages(ctx context.Context) (*stats.Run, error) {
	j.remark("recipe %s: %s of input in %s; %s, memory limit %v", j.recipe.Name, progress.Bytes(j.times.InputBytes),
		progress.Count("shard")(int64(len(j.plan.Units))), progress.Count("worker")(int64(j.Workers)), j.Memory)
	for _, step := range j.recipe.Idle() {
		j.remark("%s", step)
	}
	p := j.times.Predicted
	j.remark("expect about %s on this machine, %s of memory, %s of disk for the corpus", time.Duration(p.Seconds*1e9).Round(time.Second),
		progress.Bytes(p.Memory), progress.Bytes(p.Disk))
	kept, err := j.pages(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := j.corpus(ctx, kept)
	if err != nil {
		return nil, err
	}
	return j.sum(len(kept), parts)
}

// finish writes the books, manifest last but for the clean-up.
func (j *job) finish(s *stats.Run) error {
	j.times.PeakMemory = progress.PeakMemory()
	if !j.KeepStages {
		if err := os.RemoveAll(j.folder.path("work", "dedup")); err != nil {
			return err
		}
	}
	if err := writeJSON(j.folder.path("manifest.json"), j.manifest(s)); err != nil {
		return err
	}
	err := filepath.WalkDir(string(j.folder), func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			j.times.Disk += info.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := writeJSON(j.folder.path("run.json"), j.times); err != nil {
		return err
	}
	if err := writeJSON(j.folder.path("stats.json"), s); err != nil {
		return err
	}
	if j.KeepStages {
		return nil
	}
	return errors.Join(os.RemoveAll(j.folder.path("work", "docs")), os.RemoveAll(j.folder.path("work", "parts")))
}

// manifest says what the corpus is made of and by what.
func (j *job) manifest(s *stats.Run) map[string]any {
	return map[string]any{
		"format": "feilun.corpus/1", "version": feilun.Version, "recipe": j.recipe.Name,
		"recipe_sha256": j.plan.Recipe, "input_sha256": j.plan.Input, "input": inputFiles(j.plan.Units),
		"files": s.Files, "reports": s.Reports,
	}
}

func inputFiles(units []unit) []string {
	var files []string
	for _, u := range units {
		for _, t := range u.Tasks {
			if n := len(files); n == 0 || files[n-1] != t.File {
				files = append(files, t.File)
			}
		}
	}
	return files
}
