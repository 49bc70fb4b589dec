package pipeline

import (
	"fmt"
	"os"
	"runtime/debug"

	"feilun/extract"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/stats"
	"feilun/quality"
)

// workerMemory is what one worker of the fused pass may hold: the largest page,
// its tree and text, and a compression window.
const workerMemory = 192 << 20

// Measured on real pages of 20 and 200 kB (docs/LOG.md, docs/log/memory.md): a
// stored byte of a WARC costs this much time on one core, and gives this much
// output. Memory hardly depends on the input.
const (
	secondsPerByte = 250e-9
	diskPerByte    = 0.5
)

// modelMemory is what the quality models of a prepared recipe take.
func (r *Recipe) modelMemory(workers int) (n int64) {
	for _, s := range r.Quality {
		n += quality.Memory(s.Params, workers)
	}
	return n
}

// fits reports a memory limit below what workers and quality models need.
func (r *Recipe) fits(o Options) error {
	models := params.Size(r.modelMemory(o.Workers))
	least := params.Size(o.Workers)*workerMemory + 128<<20
	if o.Memory >= least+models {
		return nil
	}
	err := fmt.Errorf("--memory %v is too little for %d workers, which need %v", o.Memory, o.Workers, least)
	if models > 0 {
		err = fmt.Errorf("%w, and for quality models, which need %v", err, models)
	}
	return hint.Usage(hint.With(err, "give more --memory or fewer --workers"))
}

// predict says what a run over so many stored bytes, with quality models of so
// many bytes, will take.
func predict(input, models int64, o Options) stats.Prediction {
	memory := int64(o.Workers)*56<<20 + 64<<20 + input/2048 + models
	return stats.Prediction{
		Seconds: 1 + float64(input)*secondsPerByte/float64(o.Workers),
		Memory:  min(memory, int64(o.Memory)),
		Disk:    1<<20 + int64(float64(input)*diskPerByte),
	}
}

// collectAt is how much garbage, in percent of the live heap, may gather before it is
// collected. The stages make little, so that collecting twice as often as usual costs no
// time that could be measured, and peaks stay lower and closer together (docs/log/memory.md).
const collectAt = 50

// limitMemory holds the Go heap under nine tenths of the limit, collects sooner than
// usual, and returns what undoes both. GOGC, where set, decides instead.
func limitMemory(limit int64) func() {
	old := debug.SetMemoryLimit(limit / 10 * 9)
	if os.Getenv("GOGC") != "" {
		return func() { debug.SetMemoryLimit(old) }
	}
	percent := debug.SetGCPercent(collectAt)
	return func() { debug.SetMemoryLimit(old); debug.SetGCPercent(percent) }
}

// newWorker builds one worker's own extractor, language stage and steps.
func (j *job) newWorker() (*pageWorker, error) {
	x, err := extract.New(j.recipe.Extract)
	if err != nil {
		return nil, err
	}
	steps, err := j.recipe.live()
	return &pageWorker{source: j.source, extractor: x, language: j.language.Clone(), steps: steps, judges: j.recipe.judges(), sample: j.recipe.Output.Sample,
		scores: j.recipe.Output.Scores}, err
}
