package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/tensor"
)

type benchGemmCmd struct {
	M       int      `default:"4096" help:"Rows of the left matrix."`
	Sizes   []int    `default:"384,768,1536,3072" help:"Values of K and N; all pairs are measured."`
	Types   []string `default:"f32,bf16" enum:"f32,bf16" help:"Types of numbers."`
	Runs    int      `default:"15" help:"Products of each shape; the best counts, and beside it the best of as many peak loops, turn by turn."`
	Workers int      `default:"1" help:"How many calculate side by side."`
	Level   string   `placeholder:"L" help:"Instructions: generic, avx2, avx512, avx512bf16, amx, or neon on arm64; by default the best."`
	JSON    bool     `help:"Print a line of JSON for each shape."`
}

// A gemmLine is a shape's speed. The product takes float32 and gives float32; packing,
// and rounding to bfloat16, are part of it.
type gemmLine struct {
	Type    string  `json:"type"`
	Level   string  `json:"level"`
	M       int     `json:"m"`
	K       int     `json:"k"`
	N       int     `json:"n"`
	Workers int     `json:"workers"`
	GFLOPs  float64 `json:"gflops"`
	Peak    float64 `json:"peak_gflops"` // of one core's peak loop, in the same run
	Share   float64 `json:"share"`       // of the workers' peaks
	Median  float64 `json:"median_share"`
	Clock   float64 `json:"clock_share"` // median of shares of the peak loop right behind the product, at the clock that it left
}

// maxBenchNumbers bounds the memory of matrices; packed copies come on top.
const maxBenchNumbers = 1 << 28

func (c *benchGemmCmd) Run(a *app) error {
	cpu, err := benchCPU(c.Level, c.Workers)
	if err != nil {
		return err
	}
	if c.M < 1 || c.Runs < 1 || len(c.Sizes) == 0 || slices.Min(c.Sizes) < 1 || max(c.M, slices.Max(c.Sizes)) > 1<<16 {
		return hint.Usage(fmt.Errorf("sizes and runs are 1 or more, sizes %d at most", 1<<16))
	}
	if s := slices.Max(c.Sizes); 2*c.M*s+s*s > maxBenchNumbers {
		return hint.Usage(fmt.Errorf("matrices of %d numbers: at most %d are measured", 2*c.M*s+s*s, maxBenchNumbers))
	}
	if !c.JSON {
		fmt.Fprintf(a.stdout, "%-5s %-17s %9s %9s %8s %8s %10s\n", "type", "M x K x N", "GFLOP/s", "peak", "share", "median", "same clock")
	}
	for _, kind := range c.Types {
		if kind == "bf16" && !cpu.BF16() {
			fmt.Fprintln(a.stderr, "no products of bfloat16 at this level")
			continue
		}
		for _, k := range c.Sizes {
			for _, n := range c.Sizes {
				if err := a.ctx.Err(); err != nil {
					return err
				}
				if err := c.print(a, c.measure(cpu, kind, k, n)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// measure takes turns between the product and the peak loop.
func (c *benchGemmCmd) measure(cpu *tensor.CPU, kind string, k, n int) gemmLine {
	l := gemmLine{Type: kind, Level: cpu.Level().String(), M: c.M, K: k, N: n, Workers: cpu.Workers()}
	x, w, y := tensor.Floats(c.M*k), tensor.Floats(k*n), tensor.Floats(c.M*n)
	for i := range x {
		x[i] = float32(i%31) / 31
	}
	for i := range w {
		w[i] = float32(i%29) / 29
	}
	var p tensor.Panels
	ops := 2 * float64(c.M) * float64(k) * float64(n) / 1e9
	var shares, clock []float64
	for range c.Runs {
		peak := cpu.Peak(kind == "bf16", 3) / 1e9
		speed := ops / tensor.Seconds(l.Workers, func() {
			cpu.Pack(&p, tensor.Matrix(w, k).T(), k, n, kind == "bf16")
			cpu.MatMul(y, n, tensor.Matrix(x, k), &p, c.M, false)
		})
		now := cpu.PeakNow(kind == "bf16") / 1e9
		l.GFLOPs, l.Peak = max(l.GFLOPs, speed), max(l.Peak, peak)
		if peak > 0 {
			shares, clock = append(shares, speed/peak/float64(l.Workers)), append(clock, speed/now/float64(l.Workers))
		}
	}
	if l.Peak > 0 {
		_, l.Median = ranks(shares)
		_, l.Clock = ranks(clock)
		l.Share = l.GFLOPs / l.Peak / float64(l.Workers)
	}
	return l
}

func (c *benchGemmCmd) print(a *app, l gemmLine) error {
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(l)
	}
	_, err := fmt.Fprintf(a.stdout, "%-5s %-17s %9.1f %9.1f %8.3f %8.3f %10.3f\n", l.Type, fmt.Sprintf("%d x %d x %d", l.M, l.K, l.N), l.GFLOPs, l.Peak, l.Share, l.Median, l.Clock)
	return err
}
