package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"feilun"
	"feilun/crawl"
	"feilun/internal/atomicfile"
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

	language func() (*language.Stage, error) // loaded once, cloned by each worker
	prepare  func() error                    // readies the recipe's filters, once
}

// Run carries the recipe out into o.Out, or goes on where an earlier process
// with the same recipe, input and version stopped. It returns what the run
// counted, which stands in Out/stats.json too.
func Run(ctx context.Context, r *Recipe, o Options) (*stats.Run, error) {
	j, err := newJob(ctx, r, o)
	if err != nil {
		return nil, err
	}
	unlock, err := j.folder.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := j.folder.open(j.plan, o.Fresh); err != nil {
		return nil, err
	}
	var finished stats.Run
	if ok, err := done(j.folder.path("stats.json"), &finished); err != nil || ok {
		return &finished, err
	}
	defer limitMemory(int64(j.Memory))()
	start, cpu := time.Now(), cpuSeconds()
	if err := atomicfile.WriteBytes(j.folder.path("recipe.yaml"), r.YAML()); err != nil {
		return nil, err
	}
	s, err := j.stages(ctx)
	if err != nil {
		return nil, err
	}
	j.times.WallSecond, j.times.CPUSecond = time.Since(start).Seconds(), cpuSeconds()-cpu
	return s, j.finish(s)
}

func newJob(ctx context.Context, r *Recipe, o Options) (*job, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Memory == 0 {
		o.Memory = 8 << 30
	}
	if least := params.Size(o.Workers)*workerMemory + 128<<20; o.Memory < least {
		return nil, hint.Usage(hint.With(fmt.Errorf("--memory %v is too little for %d workers, which need %v", o.Memory, o.Workers, least),
			"give more --memory or fewer --workers"))
	}
	source, err := crawl.New(r.Crawl)
	if err != nil {
		return nil, err
	}
	tasks, err := source.Tasks(ctx)
	if err != nil {
		return nil, err
	}
	if len(tasks) == 0 {
		return nil, hint.Usage(hint.With(fmt.Errorf("recipe %s has no input", r.Name),
			"name it with --in PATH, or as crawl.path in the recipe"))
	}
	j := &job{Options: o, recipe: r, source: source, folder: folder(o.Out), runner: run.Local{Workers: o.Workers}}
	j.language = sync.OnceValues(func() (*language.Stage, error) { return language.New(r.Language) })
	j.prepare = sync.OnceValue(r.prepare)
	units := group(tasks, r.Crawl.Range)
	j.plan = plan{Version: feilun.Version, Recipe: r.Hash(), Input: inputHash(tasks), Tasks: len(tasks), Units: units}
	j.times = stats.Times{Stages: map[string]float64{}, Started: time.Now().UTC().Format(time.RFC3339), Workers: o.Workers, Memory: int64(o.Memory)}
	for _, t := range tasks {
		j.times.InputBytes += t.End - t.Start
	}
	j.times.Predicted = predict(j.times.InputBytes, o)
	return j, nil
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

// inputHash identifies the input: which files, cut where, how long.
func inputHash(tasks []feilun.Task) string {
	b, err := json.Marshal(tasks)
	if err != nil {
		panic(err) // tasks are plain values
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
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
	p := j.times.Predicted
	j.remark("expect about %s on this machine, %s of memory, %s of disk", time.Duration(p.Seconds*1e9).Round(time.Second),
		progress.Bytes(p.Memory), progress.Bytes(p.Disk))
	pages, err := j.pages(ctx)
	if err != nil {
		return nil, err
	}
	parts, err := j.corpus(ctx, pages)
	if err != nil {
		return nil, err
	}
	return j.sum(pages, parts)
}

// pages runs the fused per-document stages over every unit.
func (j *job) pages(ctx context.Context) ([]pagesStats, error) {
	meter := progress.New(j.Stderr, "pages", j.times.InputBytes, progress.Bytes)
	defer meter.Close()
	workers := make([]*pageWorker, j.Workers)
	all := make([]pagesStats, len(j.plan.Units))
	err := j.runner.Do(ctx, len(j.plan.Units), func(ctx context.Context, worker, i int) error {
		if ok, err := done(j.folder.docsMarker(i), &all[i]); err != nil || ok {
			meter.Add(all[i].Input)
			return err
		}
		if workers[worker] == nil {
			w, err := j.newWorker()
			if err != nil {
				return err
			}
			workers[worker] = w
		}
		if err := workers[worker].run(ctx, j.folder, i, j.plan.Units[i], meter.Add); err != nil {
			return err
		}
		_, err := done(j.folder.docsMarker(i), &all[i])
		return err
	})
	return all, err
}

// finish writes the books, manifest last but for the clean-up.
func (j *job) finish(s *stats.Run) error {
	j.times.PeakMemory = peakMemory()
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
	return os.RemoveAll(j.folder.path("work", "docs"))
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
