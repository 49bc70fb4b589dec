package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/pipeline"
	"feilun/tokenize"
	"feilun/train"
)

type trainCmd struct {
	Text trainTextCmd `cmd:"" default:"withargs" help:"Train a model on packed tokens or on the corpus of a run (the default)."`
	SFT  trainSFTCmd  `cmd:"" name:"sft" help:"Teach a model to answer by conversations; the loss counts answers alone."`
	DPO  trainDPOCmd  `cmd:"" name:"dpo" help:"Teach a model which of two answers is preferred."`
}

// trainFlags say where training writes and what it may take.
type trainFlags struct {
	Workers int         `placeholder:"N" help:"How many calculate side by side; all processors by default. The outcome does not depend on it."`
	Memory  params.Size `default:"8GiB" help:"Limit for the whole process; what is needed is told before the start."`
	Fresh   bool        `help:"Delete an earlier run in the folder and start over."`
	Lang    string      `enum:"auto,en,zh" default:"auto" help:"Language of the page that opens first."`
	JSON    bool        `help:"Print the outcome as a line of JSON."`
}

func (f *trainFlags) options(a *app, out string) train.Options {
	return train.Options{Out: out, Workers: f.Workers, Memory: f.Memory, Fresh: f.Fresh, Lang: f.Lang, Stderr: a.stderr}
}

func (f *trainFlags) print(a *app, o *train.Outcome) error {
	if f.JSON {
		return json.NewEncoder(a.stdout).Encode(o)
	}
	valid := ""
	if o.Valid > 0 {
		valid = fmt.Sprintf("; validation loss %.4f", o.Valid)
		if o.BPB > 0 {
			valid += fmt.Sprintf(", %.4f bits a byte", o.BPB)
		}
		valid += fmt.Sprintf(" at step %d", o.Kept)
	}
	_, err := fmt.Fprintf(a.stdout, "%d steps, %d tokens, %d batches skipped%s\nmodel  %s\nlog    %s\npage   %s\n", o.Steps, o.Tokens, o.Skipped, valid, o.Model, o.Log, o.Page)
	return err
}

// trainHelp explains parameters, but for one.
func trainHelp(ptr any, but string) string {
	ps, err := params.Describe(ptr, train.Source)
	if err != nil {
		panic(err) // the embedded source does not parse
	}
	help := ""
	for _, p := range ps {
		if p.Name != but {
			help += fmt.Sprintf("--%s (%s): %s\n\n", strings.ReplaceAll(p.Name, "_", "-"), p.Default, p.Help)
		}
	}
	return help
}

type trainTextCmd struct {
	train.Params
	trainFlags
	Out   string `placeholder:"MODEL" help:"Folder of the model; DIR/model for a run folder. The same command on it goes on where it stopped."`
	Vocab *int   `placeholder:"N" help:"Tokens of the vocabulary, where a run folder has none yet; 8192 by default."`
	Input string `arg:"" name:"dir" help:"Folder of packed tokens (feilun tokenize pack), or a run folder, whose corpus is packed into DIR/tokens first."`
}

func (c *trainTextCmd) Help() string { return trainHelp(&c.Params, "") }

func (c *trainTextCmd) Run(a *app) error {
	if err := checkRanges(&c.Params); err != nil {
		return err
	}
	tokens, out := c.Input, c.Out
	if _, err := os.Stat(filepath.Join(c.Input, "stats.json")); err == nil {
		tokens = filepath.Join(c.Input, "tokens")
		if out == "" {
			out = filepath.Join(c.Input, "model")
		}
	}
	if err := c.pack(a, tokens); err != nil {
		return err
	}
	if out == "" {
		return hint.Usage(hint.With(errors.New("no folder for the model"), "name one with --out MODEL"))
	}
	o, err := train.Run(a.ctx, c.Params, tokens, c.options(a, out))
	if err != nil {
		return err
	}
	return c.print(a, o)
}

// usualVocab is the size of a vocabulary that is made without --vocab.
const usualVocab = 8192

// pack makes the tokens of a run folder where there are none; tokens that are there have
// the vocabulary that is asked for.
func (c *trainTextCmd) pack(a *app, tokens string) error {
	var p tokenize.Params
	if err := params.Fill(&p); err != nil {
		return err
	}
	p.Vocab = usualVocab
	if c.Vocab != nil {
		p.Vocab = *c.Vocab
	}
	b, err := os.ReadFile(filepath.Join(tokens, "manifest.json"))
	if err != nil && tokens != c.Input {
		_, err := pipeline.Tokens(a.ctx, c.Input, p, c.Memory, c.Workers, a.stderr)
		return err
	}
	var there struct{ Vocab int }
	if c.Vocab == nil || json.Unmarshal(b, &there) != nil || there.Vocab == p.Vocab {
		return nil
	}
	other := "leave --vocab out; another vocabulary is made by: feilun tokenize train"
	if tokens != c.Input {
		if same, err := pipeline.SameVocabulary(c.Input, p); same || err != nil {
			return err
		}
		other = fmt.Sprintf("leave --vocab out, or remove %s to have others made", tokens)
	}
	return hint.Usage(hint.With(fmt.Errorf("--vocab %d: %s holds tokens of a vocabulary of %d already", p.Vocab, tokens, there.Vocab), other))
}

// tuneFlags are what both ways of tuning share.
type tuneFlags struct {
	train.TuneParams
	trainFlags
	Out   string   `required:"" placeholder:"MODEL" help:"Folder of the new model. The same command on it goes on where it stopped."`
	Model string   `arg:"" name:"model" help:"Folder of the model to begin with."`
	Data  []string `arg:"" name:"data" help:"Files of conversations: lines of JSON or a list, as ShareGPT, Alpaca, messages, or prompt and completion; .zst too."`
}

func (c *tuneFlags) Help() string { return trainHelp(&c.TuneParams, "") }

func (c *tuneFlags) check() error {
	if err := checkRanges(&c.TuneParams); err != nil {
		return err
	}
	if same, err := filepath.Abs(c.Out); err == nil {
		if from, err := filepath.Abs(c.Model); err == nil && same == from {
			return hint.Usage(fmt.Errorf("--out %s is the model to begin with: take another folder", c.Out))
		}
	}
	return nil
}

type trainSFTCmd struct{ tuneFlags }

func (c *trainSFTCmd) Help() string { return trainHelp(&c.TuneParams, "beta") }

func (c *trainSFTCmd) Run(a *app) error {
	if err := noBeta(&c.TuneParams); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	o, err := train.Tune(a.ctx, c.TuneParams, c.Model, c.Data, c.options(a, c.Out))
	if err != nil {
		return err
	}
	return c.print(a, o)
}

type trainDPOCmd struct{ tuneFlags }

func (c *trainDPOCmd) Run(a *app) error {
	if err := c.check(); err != nil {
		return err
	}
	o, err := train.Prefer(a.ctx, c.TuneParams, c.Model, c.Data, c.options(a, c.Out))
	if err != nil {
		return err
	}
	return c.print(a, o)
}
