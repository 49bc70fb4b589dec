package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/tensor"
	"feilun/model"
)

type benchDecodeCmd struct {
	Width   int      `default:"768" help:"Width of a Llama-shaped model with weights out of nothing."`
	Layers  int      `default:"12" help:"Its layers."`
	Hidden  int      `default:"2048" help:"Its feed-forward width."`
	Vocab   int      `default:"32000" help:"Its vocabulary."`
	Types   []string `default:"f32,bf16,int8,int4" enum:"f32,bf16,f16,int8,int4,q4_k" help:"Types of weights."`
	Group   int      `default:"1" help:"Queries for each head of keys and values."`
	Prompt  int      `default:"128" help:"Tokens of the prompt, which is read in one go."`
	Tokens  int      `default:"4" help:"Tokens a turn."`
	Runs    int      `default:"10" help:"Turns; the best counts, and beside it the best of as many turns of each way to read the same weights, keys and values and do nothing else."`
	Batch   int      `default:"1" help:"Sequences side by side."`
	Workers int      `default:"1" help:"How many calculate side by side."`
	JSON    bool     `help:"Print a line of JSON for each type."`
}

// A decodeLine is the speed of generation.
type decodeLine struct {
	Type      string  `json:"type"`
	Workers   int     `json:"workers"`
	Batch     int     `json:"batch"`
	Weights   int     `json:"weight_bytes"`
	Bytes     int     `json:"step_bytes"` // of weights, keys and values that a step reads, on average
	Tokens    float64 `json:"tokens_per_second"`
	GBs       float64 `json:"gb_per_second"`      // of these
	Bandwidth float64 `json:"read_gb_per_second"` // of the best loop that does nothing but read the same, in the same run
	Share     float64 `json:"share"`
	Median    float64 `json:"median_share"`      // of the medians
	Rest      float64 `json:"rest_microseconds"` // of a step beside its products with weights, by the medians
	RestShare float64 `json:"rest_share"`
	Prefill   float64 `json:"prefill_gflops"`
	Peak      float64 `json:"peak_gflops"` // of one core
}

func (c *benchDecodeCmd) Run(a *app) error {
	if c.Tokens < 1 || c.Runs < 1 || c.Batch < 1 || c.Prompt < 1 || c.Width < 64 || c.Width%64 != 0 {
		return hint.Usage(fmt.Errorf("tokens, runs, batch and prompt are 1 or more; the width is a multiple of 64"))
	}
	if c.Group < 1 || c.Width/64%c.Group != 0 {
		return hint.Usage(fmt.Errorf("heads are %d, 64 numbers wide: --group divides them", c.Width/64))
	}
	if n := c.Batch * (c.Prompt + c.Runs*c.Tokens); max(c.Batch, c.Prompt, c.Runs, c.Tokens) > 1<<16 || n > 1<<16 {
		return hint.Usage(fmt.Errorf("all sequences together have at most %d tokens: fewer --batch, --prompt, --runs or --tokens", 1<<16))
	}
	config := model.Config{Arch: model.Llama, Vocab: c.Vocab, Width: c.Width, Layers: c.Layers, Heads: c.Width / 64, KVHeads: c.Width / 64 / c.Group, HeadDim: 64,
		Hidden: c.Hidden, Context: 1 << 20, Eps: 1e-5, Theta: 10_000, Tied: true}
	if err := benchable(&config, 4*maxBenchWeights); err != nil {
		return err
	}
	m, err := model.New(config)
	if err != nil {
		return hint.Usage(err)
	}
	for i := range m.W {
		m.W[i] = float32(i%61-30) / 2000
	}
	for _, kind := range c.Types {
		l, err := c.measure(a, m, kind)
		if err != nil {
			return err
		}
		if c.JSON {
			err = json.NewEncoder(a.stdout).Encode(l)
		} else {
			_, err = fmt.Fprintf(a.stdout, "%-5s %.0f MB of weights: %.1f tokens/s, %.1f GB/s of weights, keys and values; reading alone %.1f GB/s; share %.3f, median %.3f; beside products %.0f µs, %.3f; prefill %.0f GFLOP/s, peak %.0f a core\n",
				l.Type, float64(l.Weights)/1e6, l.Tokens, l.GBs, l.Bandwidth, l.Share, l.Median, l.Rest, l.RestShare, l.Prefill, l.Peak)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *benchDecodeCmd) measure(a *app, m *model.Model, kind string) (*decodeLine, error) {
	cpu := tensor.New(max(1, c.Workers))
	weights, err := model.ParseWeights(kind)
	if err != nil {
		return nil, hint.Usage(err)
	}
	e, err := model.NewEngine(m, cpu, model.EngineOptions{Weights: weights})
	if err != nil {
		return nil, err
	}
	l := &decodeLine{Type: kind, Workers: cpu.Workers(), Batch: c.Batch, Weights: e.Bytes()}
	all, err := c.prefill(a, cpu, e, l)
	if err != nil {
		return nil, err
	}
	l.Bytes = e.TokenBytes(0) + c.Batch*(e.TokenBytes(c.Prompt+c.Runs*c.Tokens/2)-e.TokenBytes(0))
	ways := cpu.ReadWays()
	speeds := make([][]float64, ways+2) // of reading in each way; of products alone, and of steps
	for turn := range c.Runs {
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
		for k := range speeds { // each comes behind each: what was before warms caches, and clocks
			i := (k + turn) % len(speeds)
			s, bytes, err := c.once(e, all, i, ways, l)
			if err != nil {
				return nil, err
			}
			speeds[i] = append(speeds[i], float64(bytes)/1e9/s)
		}
	}
	steps := speeds[ways+1]
	l.GBs, l.Bandwidth, l.Share, l.Median = shares(steps, speeds[:ways])
	l.Tokens = l.GBs * 1e9 / float64(l.Bytes) * float64(c.Batch)
	if c.Batch == 1 {
		_, step := ranks(steps)
		_, product := ranks(speeds[ways])
		each := float64(l.Bytes) / 1e9 / step
		l.Rest = 1e6 * (each - float64(e.Bytes())/1e9/product)
		l.RestShare = l.Rest / 1e6 / each
	}
	return l, nil
}

// once reads what a step reads in one of the ways, or multiplies with them, or takes steps, and
// returns how long that takes for how many bytes.
func (c *benchDecodeCmd) once(e *model.Engine, all []model.Extension, i, ways int, l *decodeLine) (seconds float64, bytes int, err error) {
	seconds = tensor.Seconds(l.Workers, func() {
		for range c.Tokens {
			switch {
			case i < ways:
				bytes += e.ReadStep(i, all)
			case i == ways:
				bytes += e.Bytes()
				e.Products()
			case err == nil:
				bytes += l.Bytes
				_, err = e.Step(all)
			}
		}
	})
	return seconds, bytes, err
}

// shares compares speeds of turns with those of reading in each way: the best with the best
// of all ways, and the median turn with the way whose median is the best.
func shares(turns []float64, ways [][]float64) (speed, read, best, median float64) {
	speed, middle := ranks(turns)
	usual := 0.0
	for _, w := range ways {
		r, m := ranks(w)
		read, usual = max(read, r), max(usual, m)
	}
	return speed, read, speed / read, middle / usual
}

// ranks returns the best and the median of x. Of ten or more the best is the one that a tenth
// reaches: a clock that is wrong once in a while does not decide.
func ranks(x []float64) (best, median float64) {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[len(x)-1-len(x)/10], x[len(x)/2]
}

// prefill reads prompts, as often as turns are made, and returns the last sequences.
func (c *benchDecodeCmd) prefill(a *app, cpu *tensor.CPU, e *model.Engine, l *decodeLine) (all []model.Extension, err error) {
	flops := e.Config().FLOPs(c.Prompt)/3 - 2*float64(c.Width*c.Vocab) // the head sees the last token alone
	for range c.Runs {
		all = all[:0]
		for range c.Batch {
			all = append(all, model.Extension{Sequence: e.NewSequence(), Tokens: make([]uint32, c.Prompt)})
		}
		l.Peak = max(l.Peak, cpu.Peak(l.Type != "f32" && l.Type != "f16" && cpu.BF16(), 3)/1e9)
		s := tensor.Seconds(l.Workers, func() { _, err = e.Step(all) })
		if err = errors.Join(err, a.ctx.Err()); err != nil {
			return nil, err
		}
		l.Prefill = max(l.Prefill, flops*float64(c.Batch*c.Prompt)/s/1e9)
	}
	for i := range all {
		all[i].Tokens = []uint32{1}
	}
	return all, nil
}
