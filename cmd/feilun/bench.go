package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"feilun/inspect"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/stats"
	"feilun/pipeline"
)

type benchCmd struct {
	Recipe benchRecipeCmd `cmd:"" default:"withargs" help:"Measure the stages of a recipe."`
	Gemm   benchGemmCmd   `cmd:"" help:"Measure matrix products beside the peak of this processor."`
	Matvec benchMatvecCmd `cmd:"" help:"Measure products of weights with a vector beside the speed of reading memory."`
	Train  benchTrainCmd  `cmd:"" help:"Measure the training step beside the peak of this processor."`
	Decode benchDecodeCmd `cmd:"" help:"Measure generation beside the speed of reading memory."`
}

type benchRecipeCmd struct {
	Recipe string   `arg:"" default:"tiny" help:"Recipe to measure (default: tiny, the sample crawl)."`
	In     string   `placeholder:"PATH" help:"Input files: short for --set crawl.path=PATH."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a key of the recipe."`
	Runs   int      `default:"3" help:"Whole runs, of which the median counts."`
	JSON   bool     `help:"Print one line of JSON for each stage."`
}

// A benchLine is one stage's speed on one core.
type benchLine struct {
	Stage   string  `json:"stage"`
	Docs    int64   `json:"docs"`    // that came in
	Bytes   int64   `json:"bytes"`   // that came in
	Seconds float64 `json:"seconds"` // median over the runs
	Share   float64 `json:"share"`   // of the whole
}

// Run measures whole runs with one worker, so that the stages stand in the
// proportion they have in work; "all" is by processor time of the process.
func (c *benchRecipeCmd) Run(a *app) error {
	if c.Runs < 1 {
		return hint.Usage(fmt.Errorf("--runs %d: a median needs one run or more", c.Runs))
	}
	recipe, err := loadIn(c.Recipe, c.In, c.Set)
	if err != nil {
		return err
	}
	var runs []*stats.Times
	var last *stats.Run
	for i := range c.Runs {
		s, t, err := c.once(a, recipe)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "run %d: %.2f s of processor time, %.0f pages/s/core\n", i+1, t.CPUSecond, float64(t.Pages)/t.CPUSecond)
		runs, last = append(runs, t), s
	}
	return c.print(a, benchLines(last, runs))
}

func (c *benchRecipeCmd) once(a *app, recipe *pipeline.Recipe) (*stats.Run, *stats.Times, error) {
	dir, err := os.MkdirTemp("", "feilun-bench-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	s, err := pipeline.Run(a.ctx, recipe, pipeline.Options{Out: filepath.Join(dir, "out"), Workers: 1, Memory: 4 * params.Size(1<<30)})
	if err != nil {
		return nil, nil, err
	}
	t, err := inspect.Times(filepath.Join(dir, "out"))
	return s, t, err
}

func benchLines(s *stats.Run, runs []*stats.Times) []benchLine {
	median := func(of func(*stats.Times) float64) float64 {
		var xs []float64
		for _, t := range runs {
			xs = append(xs, of(t))
		}
		slices.Sort(xs)
		return xs[len(xs)/2]
	}
	all := benchLine{Stage: "all", Docs: s.Reports[0].Kept.Docs, Bytes: s.Reports[0].Kept.Bytes, Share: 1,
		Seconds: median(func(t *stats.Times) float64 { return t.CPUSecond })}
	var lines []benchLine
	for _, r := range s.Reports {
		l := benchLine{Stage: r.Stage, Docs: r.In.Docs, Bytes: r.In.Bytes,
			Seconds: median(func(t *stats.Times) float64 { return t.Stages[r.Stage] })}
		lines = append(lines, l)
	}
	write := s.Reports[len(s.Reports)-1].Kept
	lines = append(lines, benchLine{Stage: "write", Docs: write.Docs, Bytes: write.Bytes,
		Seconds: median(func(t *stats.Times) float64 { return t.Stages["write"] })})
	sum := 0.0
	for _, l := range lines {
		sum += l.Seconds
	}
	for i := range lines {
		lines[i].Share = lines[i].Seconds / max(sum, 1e-9)
	}
	return append(lines, all)
}

func (c *benchRecipeCmd) print(a *app, lines []benchLine) error {
	if !c.JSON {
		fmt.Fprintf(a.stdout, "%-10s %9s %10s %12s %10s %7s\n", "stage", "docs", "MB", "docs/s/core", "MB/s/core", "share")
	}
	for _, l := range lines {
		var err error
		if c.JSON {
			err = json.NewEncoder(a.stdout).Encode(l)
		} else {
			s := max(l.Seconds, 1e-9)
			_, err = fmt.Fprintf(a.stdout, "%-10s %9d %10.1f %12.0f %10.1f %6.1f%%\n", l.Stage, l.Docs, float64(l.Bytes)/1e6,
				float64(l.Docs)/s, float64(l.Bytes)/1e6/s, l.Share*100)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
