package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"time"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/tensor"
	"feilun/model"
	"feilun/train"
)

type benchTrainCmd struct {
	Depth      int      `default:"6" help:"Layers of the model; the width is 64 for each."`
	KVHeads    int      `default:"0" help:"Heads of keys and values; 0 takes as many as of queries."`
	Vocab      int      `default:"4096" help:"Its vocabulary."`
	Context    int      `default:"256" help:"Tokens of a row."`
	Rows       int      `default:"8" help:"Rows of a step."`
	Optimizers []string `default:"adamw" enum:"adamw,muon" help:"Optimizers."`
	Types      []string `default:"bf16" enum:"f32,bf16" help:"Types of numbers in products."`
	Workers    []int    `default:"1,0" help:"How many calculate side by side; 0 is one for each processor."`
	Runs       int      `default:"15" help:"Rounds, in each of which every kind makes a step beside the peak loop."`
	JSON       bool     `help:"Print a line of JSON for each kind."`
}

// A trainLine is the speed of the whole step: forward, back, clipping, optimizer. With
// one worker times are of the processor, with more they are those that pass.
type trainLine struct {
	Type      string  `json:"type"`
	Optimizer string  `json:"optimizer"`
	Workers   int     `json:"workers"`
	Weights   int     `json:"weights"`
	Tokens    float64 `json:"tokens_per_second"` // of the best step
	Median    float64 `json:"median_tokens_per_second"`
	GFLOPs    float64 `json:"gflops"`
	Peak      float64 `json:"peak_gflops"` // of all workers' peak loops, in the same run
	Share     float64 `json:"share"`       // of the best step and the best loop
	MedianOf  float64 `json:"median_share"`
	Scaling   float64 `json:"scaling,omitempty"`      // over the same with one worker, by time that passes; median of rounds
	PeakScale float64 `json:"peak_scaling,omitempty"` // what the peak loop itself gains
}

// A trainKind is a kind of step with what was measured of it, round by round.
type trainKind struct {
	line       trainLine
	cpu        *tensor.CPU
	bf16       bool
	trial      *train.Trial
	step, loop []float64 // seconds a step, operations a second of the peak loop
	wall, peak []float64 // both by time that passes
}

// maxBenchWeights bounds memory: weights, gradients and what optimizers remember take 16 bytes each.
const maxBenchWeights = 1 << 28

func (c *benchTrainCmd) Run(a *app) error {
	if c.Runs < 1 || len(c.Workers) == 0 || c.Context < 1 || c.Rows < 1 || c.Depth < 1 || c.Depth > 64 || c.Rows > 1<<20/c.Context || slices.Min(c.Workers) < 0 || slices.Max(c.Workers) > 1024 {
		return hint.Usage(fmt.Errorf("runs, context, rows and depth are 1 or more, the depth 64 at most, rows times context %d, workers 0 to 1024", 1<<20))
	}
	config := model.FromDepth(c.Depth, c.Vocab)
	if config.Context, config.KVHeads = max(config.Context, c.Context), c.KVHeads; c.KVHeads == 0 {
		config.KVHeads = config.Heads
	}
	if err := benchable(&config, maxBenchWeights); err != nil {
		return err
	}
	kinds, err := c.kinds(a, config)
	if err != nil {
		return err
	}
	for range c.Runs {
		for _, k := range kinds {
			if err := a.ctx.Err(); err != nil {
				return err
			}
			k.round()
		}
	}
	flops := config.FLOPs(c.Context) * float64(c.Rows*c.Context)
	if !c.JSON {
		fmt.Fprintf(a.stdout, "%-5s %-6s %8s %9s %9s %8s %8s %7s %7s %s\n", "type", "by", "workers", "tokens/s", "GFLOP/s", "peak", "share", "median", "scaling", "of the peak loop")
	}
	for _, k := range kinds {
		if err := c.print(a, k.sum(flops, float64(c.Rows*c.Context), kinds)); err != nil {
			return err
		}
	}
	return nil
}

// benchable refuses a model that cannot be, or has more weights than most.
func benchable(c *model.Config, most int) error {
	n, err := c.Weights()
	if err == nil && n > most {
		err = fmt.Errorf("a model of %d weights: at most %d are measured", n, most)
	}
	return hint.Usage(err)
}

// kinds makes what is measured.
func (c *benchTrainCmd) kinds(a *app, config model.Config) (all []*trainKind, err error) {
	workers := slices.Clone(c.Workers)
	for i, w := range workers {
		if w == 0 {
			workers[i] = runtime.GOMAXPROCS(0)
		}
	}
	slices.Sort(workers)
	workers = slices.Compact(workers)
	for _, kind := range c.Types {
		for _, optimizer := range c.Optimizers {
			for _, w := range workers {
				k := &trainKind{cpu: tensor.New(w), bf16: kind == "bf16", line: trainLine{Type: kind, Optimizer: optimizer, Workers: w}}
				if k.bf16 && !k.cpu.BF16() {
					fmt.Fprintln(a.stderr, "no products of bfloat16 on this processor")
					break
				}
				var p train.Params
				if err := params.Fill(&p); err != nil {
					return nil, err
				}
				p.Optimizer, p.BF16, p.Context, p.Rows, p.Batch = optimizer, k.bf16, c.Context, c.Rows, c.Rows*c.Context
				if k.trial, err = train.NewTrial(config, p, k.cpu); err != nil {
					return nil, hint.Usage(err)
				}
				k.line.Weights = k.trial.Weights()
				k.trial.Step() // memory and matrices are there afterwards
				all = append(all, k)
			}
		}
	}
	return all, nil
}

// round measures the peak loop and a step.
func (k *trainKind) round() {
	loop, peak := 0.0, 0.0
	for range 5 {
		from := time.Now()
		ops := 0.0
		s := tensor.Seconds(k.line.Workers, func() { ops = k.turns() })
		loop, peak = max(loop, ops/s), max(peak, ops/time.Since(from).Seconds())
	}
	from := time.Now()
	k.step = append(k.step, tensor.Seconds(k.line.Workers, func() { k.trial.Step() }))
	k.wall = append(k.wall, time.Since(from).Seconds())
	k.loop, k.peak = append(k.loop, loop), append(k.peak, peak)
}

// turns runs the peak loop in all workers and returns how many operations that were.
func (k *trainKind) turns() float64 {
	const turns = 1_000_000 // some milliseconds
	all := make([]float64, k.line.Workers)
	k.cpu.Do(len(all), func(_, i int) {
		if k.bf16 {
			all[i] = k.cpu.PeakBF16(turns)
		} else {
			all[i] = k.cpu.PeakF32(turns)
		}
	})
	sum := 0.0
	for _, ops := range all {
		sum += ops
	}
	return sum
}

// sum fills in the line of a kind, whose steps have so many operations and tokens.
func (k *trainKind) sum(flops, tokens float64, all []*trainKind) *trainLine {
	l := &k.line
	best := slices.Min(k.step)
	l.Tokens, l.GFLOPs, l.Peak = tokens/best, flops/best/1e9, slices.Max(k.loop)/1e9
	l.Median = tokens / middle(len(k.step), func(i int) float64 { return k.step[i] })
	if l.Peak > 0 {
		l.Share = l.GFLOPs / l.Peak
		l.MedianOf = middle(len(k.step), func(i int) float64 { return flops / k.step[i] / k.loop[i] })
	}
	for _, o := range all {
		if o.line.Type == l.Type && o.line.Optimizer == l.Optimizer && o.line.Workers == 1 && l.Workers > 1 {
			l.Scaling = middle(len(k.wall), func(i int) float64 { return o.wall[i] / k.wall[i] })
			if l.Peak > 0 {
				l.PeakScale = middle(len(k.peak), func(i int) float64 { return k.peak[i] / o.peak[i] })
			}
		}
	}
	return l
}

// middle is the median of n numbers.
func middle(n int, x func(i int) float64) float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = x(i)
	}
	slices.Sort(all)
	return all[n/2]
}

func (c *benchTrainCmd) print(a *app, l *trainLine) error {
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(l)
	}
	text := fmt.Sprintf("%-5s %-6s %8d %9.0f %9.1f %8.1f %8.3f %7.3f", l.Type, l.Optimizer, l.Workers, l.Tokens, l.GFLOPs, l.Peak, l.Share, l.MedianOf)
	if l.Scaling > 0 {
		text += fmt.Sprintf(" %7.2f %.2f", l.Scaling, l.PeakScale)
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}
