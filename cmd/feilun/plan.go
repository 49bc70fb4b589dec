package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/plan"
)

// planCmd is `feilun plan`; without a further word it plans one run.
type planCmd struct {
	One     planOneCmd     `cmd:"" name:"run" default:"withargs" help:"Plan one run: what feilun plan does without a further word."`
	Compare planCompareCmd `cmd:"" help:"Put inventories side by side."`
	Sweep   planSweepCmd   `cmd:"" help:"Chips against days, cost and energy."`
	Study   planStudyCmd   `cmd:"" help:"Ready studies: quantity, slower, gpt4."`
	Runs    planRunsCmd    `cmd:"" help:"Predict every row of a table of runs."`
	Steps   planStepsCmd   `cmd:"" help:"Predict every row of a table of measured steps."`
	Chips   planChipsCmd   `cmd:"" help:"List the known chips and topologies."`
	Models  planModelsCmd  `cmd:"" help:"List the known models."`
}

// planFlags are the flags that describe a run.
type planFlags struct {
	Model      string  `help:"Published model, parameter count (13B) or path to a config.json." placeholder:"NAME"`
	Tokens     string  `help:"Training tokens, such as 300B." placeholder:"N"`
	Batch      string  `help:"Global batch in tokens; by default what models of this size use." placeholder:"N"`
	Seq        int     `help:"Sequence length; by default the model's."`
	Precision  string  `help:"fp16, bf16 or fp8; by default what chip and stack use." enum:"fp16,bf16,fp8," default:""`
	Stack      string  `help:"Software: modern, 2021, or auto by model and chip." enum:"auto,modern,2021" default:"auto"`
	Topology   string  `help:"Links by name (feilun plan chips --topologies); by default the chip's own."`
	TP         int     `name:"tp" help:"Fix tensor parallelism."`
	PP         int     `name:"pp" help:"Fix pipeline stages."`
	VP         int     `name:"vp" help:"Fix interleaved chunks."`
	DP         int     `name:"dp" help:"Fix data parallelism."`
	CP         int     `name:"cp" help:"Fix context parallelism."`
	EP         int     `name:"ep" help:"Fix expert parallelism."`
	MicroBatch int     `help:"Fix the micro-batch, sequences."`
	Zero       int     `help:"Fix the ZeRO stage, 1 to 3."`
	Recompute  string  `help:"Fix recomputation: none, selective or full." enum:"none,selective,full," default:""`
	PUE        float64 `name:"pue" help:"Power usage effectiveness (default 1.2)."`
	Grid       string  `help:"Grid (china, yunnan, sichuan, france, us, …) or kg CO₂ per kWh." default:"china"`
	Tariff     float64 `help:"Electricity, CNY per kWh (default 0.65)."`
	Rent       float64 `help:"Rent, CNY per chip-hour; by default the chip table's."`
	Price      float64 `help:"Purchase price, USD per chip; by default the chip table's."`
	Exchange   float64 `help:"CNY per USD (default 7.2)."`
	Life       float64 `help:"Years of depreciation (default 4)."`
	Use        float64 `help:"Share of its life a chip works (default 0.8)."`
	Failures   float64 `help:"Chip-days per failure (default 2112)."`
	ChipFile   string  `help:"YAML file with further chips." type:"path"`
	Lang       string  `help:"en or zh; by default from LANG."`
	JSON       bool    `help:"Print JSON."`
}

// lang is the output language.
func (f *planFlags) lang() string { return plan.Language(f.Lang, os.Getenv("LANG")) }

// table is the chip table with the user's chips.
func (f *planFlags) table() (*plan.ChipTable, error) {
	t, err := plan.Chips()
	if err != nil || f.ChipFile == "" {
		return t, err
	}
	text, err := os.ReadFile(f.ChipFile)
	if err != nil {
		return nil, err
	}
	return t, t.AddYAML(text)
}

// request reads the flags; the chips are added by the caller. A missing model
// or token count is left open.
func (f *planFlags) request() (r plan.Request, err error) {
	if f.Model != "" {
		if r.Model, err = readModel(f.Model); err != nil {
			return r, err
		}
	}
	if f.Tokens != "" {
		if r.Tokens, err = plan.ParseCount(f.Tokens); err != nil {
			return r, fmt.Errorf("--tokens: %w", err)
		}
	}
	if f.Batch != "" {
		if r.BatchTokens, err = plan.ParseCount(f.Batch); err != nil {
			return r, fmt.Errorf("--batch: %w", err)
		}
	}
	if err := f.check(); err != nil {
		return r, err
	}
	r.Seq, r.Precision, r.Stack, r.Topology = f.Seq, plan.Precision(f.Precision), f.Stack, f.Topology
	r.Fixed = plan.Layout{TP: f.TP, PP: f.PP, VP: f.VP, DP: f.DP, CP: f.CP, EP: f.EP, MicroBatch: f.MicroBatch, Zero: f.Zero, Recompute: plan.Recompute(f.Recompute)}
	r.Money = plan.Prices{CNYPerUSD: f.Exchange, Tariff: f.Tariff, Rent: f.Rent, Price: f.Price, Years: f.Life, Use: f.Use}
	r.Reliability = plan.DefaultReliability()
	if f.Failures > 0 {
		r.Reliability.ChipDays = f.Failures
	}
	r.Power, err = plan.ParseGrid(f.Grid, f.PUE)
	return r, err
}

func (f *planFlags) check() error {
	if err := plan.CheckTopology(f.Topology); err != nil {
		return err
	}
	if f.Lang != "" && !strings.HasPrefix(strings.ToLower(f.Lang), "zh") && !strings.HasPrefix(strings.ToLower(f.Lang), "en") {
		return hint.With(fmt.Errorf("no language %q", f.Lang), "write --lang en or --lang zh")
	}
	for _, v := range []struct {
		flag     string
		is       float64
		low, top float64
	}{
		{"seq", float64(f.Seq), 1, 1 << 24}, {"tp", float64(f.TP), 1, 4096}, {"pp", float64(f.PP), 1, 4096}, {"vp", float64(f.VP), 1, 4096},
		{"dp", float64(f.DP), 1, 1e7}, {"cp", float64(f.CP), 1, 4096}, {"ep", float64(f.EP), 1, 4096}, {"micro-batch", float64(f.MicroBatch), 1, 1e6},
		{"zero", float64(f.Zero), 1, 3}, {"pue", f.PUE, 1, 10}, {"tariff", f.Tariff, 0, 1e6}, {"rent", f.Rent, 0, 1e6}, {"price", f.Price, 0, 1e9},
		{"exchange", f.Exchange, 0, 1e6}, {"life", f.Life, 0, 100}, {"use", f.Use, 0, 1}, {"failures", f.Failures, 1, 1e9},
	} {
		if v.is != 0 && !(v.is >= v.low && v.is <= v.top) {
			return hint.With(fmt.Errorf("--%s %v is not between %v and %v", v.flag, v.is, v.low, v.top), "leave the flag out to have it chosen")
		}
	}
	return nil
}

func readModel(name string) (plan.Model, error) {
	if !strings.HasSuffix(name, ".json") {
		return plan.ParseModel(name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return plan.Model{}, err
	}
	return plan.ReadConfig(text)
}

// planFailed marks an error as the user's and puts it into their language.
func planFailed(err error, lang string) error {
	if err == nil {
		return nil
	}
	if lang == "zh" {
		err = hint.With(errors.New(plan.Translate(lang, err.Error())), plan.Translate(lang, hint.Of(err)))
	}
	return hint.Usage(err)
}

func writeJSON(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

func writeFile(name string, fill func(io.Writer) error) error { return atomicfile.Write(name, fill) }

// repeatedFlag refuses a flag of `feilun plan` that is given twice, of which
// only the last would count.
func repeatedFlag(args []string) error {
	if len(args) == 0 || args[0] != "plan" {
		return nil
	}
	seen := map[string]bool{}
	for _, a := range args {
		name, _, _ := strings.Cut(a, "=")
		if !strings.HasPrefix(name, "--") || len(name) == 2 {
			continue
		}
		if seen[name] {
			return hint.With(fmt.Errorf("%s is given twice", name), "keep one; several kinds of chips go into one list, as in --chips 256xH20,512xV100")
		}
		seen[name] = true
	}
	return nil
}

// joinNegative writes "--days -5d" as "--days=-5d", so that a negative value
// reaches the flag's own check instead of being taken for another flag.
func joinNegative(args []string) []string {
	var out []string
	for _, a := range args {
		if n := len(out); n > 0 && len(a) > 1 && a[0] == '-' && a[1] >= '0' && a[1] <= '9' &&
			strings.HasPrefix(out[n-1], "--") && len(out[n-1]) > 2 && !strings.Contains(out[n-1], "=") {
			out[n-1] += "=" + a
			continue
		}
		out = append(out, a)
	}
	return out
}
