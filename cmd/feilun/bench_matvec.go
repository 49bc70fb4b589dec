package main

import (
	"encoding/json"
	"fmt"

	"feilun/internal/hint"
	"feilun/internal/tensor"
)

type benchMatvecCmd struct {
	Shapes  []string `default:"768x768,4096x4096" placeholder:"RxC" help:"Rows and columns of the matrices."`
	Types   []string `default:"bf16,int8,int4" enum:"bf16,f16,int8,int4,q4_k" help:"How the weights are held."`
	Vectors int      `default:"1" help:"Vectors that a matrix is multiplied with."`
	Size    int      `default:"192" placeholder:"MIB" help:"MiB of weights of each shape: more than the caches hold."`
	Runs    int      `default:"15" help:"How often all weights are gone through; the best stretch of 8 MiB counts."`
	Workers int      `default:"1" help:"How many calculate side by side."`
	Level   string   `placeholder:"L" help:"Instructions: generic, avx2, avx512, avx512bf16, amx, or neon on arm64; by default the best."`
	JSON    bool     `help:"Print a line of JSON for each shape."`
}

// A matvecLine is a shape's speed: bytes of weights that products went through in a
// second, beside bytes that the same workers read in the same run in the best of several ways.
type matvecLine struct {
	Type    string  `json:"type"`
	Level   string  `json:"level"`
	Rows    int     `json:"rows"`
	Cols    int     `json:"cols"`
	Vectors int     `json:"vectors"`
	Workers int     `json:"workers"`
	GBs     float64 `json:"gb_per_s"`
	Read    float64 `json:"read_gb_per_s"`
	Share   float64 `json:"share"`
	Median  float64 `json:"median_share"` // of the medians
}

func (c *benchMatvecCmd) Run(a *app) error {
	cpu, err := benchCPU(c.Level, c.Workers)
	if err != nil {
		return err
	}
	if c.Runs < 1 || c.Vectors < 1 || c.Vectors > 64 || c.Size < 1 || c.Size > 1<<14 {
		return hint.Usage(fmt.Errorf("runs are 1 or more, vectors 1 to 64, the size 1 to %d MiB", 1<<14))
	}
	if !c.JSON {
		fmt.Fprintf(a.stdout, "%-5s %-13s %9s %9s %8s %8s\n", "type", "rows x cols", "GB/s", "read", "share", "median")
	}
	for _, name := range c.Types {
		kind, _ := tensor.ParseWeights(name) // one of the flag's
		for _, shape := range c.Shapes {
			l := matvecLine{Type: name, Level: cpu.Level().String(), Vectors: c.Vectors, Workers: cpu.Workers()}
			if _, err := fmt.Sscanf(shape, "%dx%d", &l.Rows, &l.Cols); err != nil || l.Rows < 1 || l.Cols < 1 || l.Rows > 1<<17 || l.Cols > 1<<17 {
				return hint.Usage(hint.With(fmt.Errorf("shape %q: want rows x columns, each 1 to %d", shape, 1<<17), "for example 4096x4096"))
			}
			if err := a.ctx.Err(); err != nil {
				return err
			}
			if err := c.measure(cpu, kind, &l); err != nil {
				return err
			}
			if err := c.print(a, &l); err != nil {
				return err
			}
		}
	}
	return nil
}

// benchCPU returns a CPU of the level of that name, the best for "".
func benchCPU(name string, workers int) (*tensor.CPU, error) {
	if name == "" {
		return tensor.New(max(1, workers)), nil
	}
	level, err := tensor.ParseLevel(name)
	if err == nil && !tensor.Has(level) {
		err = fmt.Errorf("this processor has no %s, its best is %s", level, tensor.Best())
	}
	if err != nil {
		return nil, hint.Usage(err)
	}
	return tensor.NewLevel(level, max(1, workers)), nil
}

// stretch is how many bytes a measurement goes through: short enough to fall between
// other programs' turns.
const stretch = 8 << 20

// measure takes turns between products and reading.
func (c *benchMatvecCmd) measure(cpu *tensor.CPU, kind tensor.Weights, l *matvecLine) error {
	w := tensor.Floats(l.Rows * l.Cols)
	for i := range w {
		w[i] = float32(i%29-14) / 29
	}
	first, err := cpu.Quantize(kind, w, l.Rows, l.Cols)
	if err != nil {
		return err
	}
	all := []*tensor.QuantMatrix{first}
	for len(all)*first.Bytes() < c.Size<<20 {
		all = append(all, first.Clone())
	}
	x, y := tensor.Floats(c.Vectors*l.Cols), tensor.Floats(c.Vectors*l.Rows)
	for i := range x {
		x[i] = float32(i%31-15) / 31
	}
	group := min(len(all), max(1, stretch/first.Bytes()))
	bytes := float64(group * first.Bytes())
	groups := len(all) / group
	part := func(i int) []*tensor.QuantMatrix { return all[i%groups*group:][:group] }
	speed := func(f func()) float64 { return bytes / 1e9 / tensor.Seconds(l.Workers, f) }
	var products []float64
	reads := make([][]float64, cpu.ReadWays())
	for i := range c.Runs * groups {
		products = append(products, speed(func() {
			for _, m := range part(i) {
				cpu.MatVecs(y, m, x, c.Vectors)
			}
		}))
		for way := range reads { // of what was not gone through for long
			reads[way] = append(reads[way], speed(func() {
				for _, m := range part(i + (way+1)*groups/(len(reads)+1)) {
					m.Read(cpu, way)
				}
			}))
		}
	}
	l.GBs, l.Read, l.Share, l.Median = shares(products, reads)
	return nil
}

func (c *benchMatvecCmd) print(a *app, l *matvecLine) error {
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(l)
	}
	_, err := fmt.Fprintf(a.stdout, "%-5s %-13s %9.1f %9.1f %8.3f %8.3f\n", l.Type, fmt.Sprintf("%d x %d", l.Rows, l.Cols), l.GBs, l.Read, l.Share, l.Median)
	return err
}
