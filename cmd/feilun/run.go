package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"feilun"
	"feilun/inspect"
	"feilun/internal/hint"
	"feilun/internal/params"
	"feilun/internal/progress"
	"feilun/internal/stats"
	"feilun/pipeline"
)

type runCmd struct {
	Recipe     string      `arg:"" help:"Shipped recipe (feilun recipes lists them) or a YAML file."`
	Out        string      `required:"" placeholder:"DIR" help:"Folder for corpus, ledger and report. The same command on it resumes."`
	In         string      `placeholder:"PATH" help:"Input files, a glob or a folder: short for --set crawl.path=PATH."`
	Set        []string    `placeholder:"KEY=VALUE" sep:"none" help:"Override a key of the recipe, such as filter.length.min_words=50."`
	Workers    int         `placeholder:"N" help:"Shards worked on at once (default: one for each processor)."`
	Memory     params.Size `default:"8GiB" help:"Limit for the whole process."`
	Fresh      bool        `help:"Delete an earlier run in DIR and start over."`
	KeepStages bool        `help:"Leave the text between stages in DIR/work."`
	Lang       string      `enum:"auto,en,zh" default:"auto" help:"Language of the report that opens first."`
	JSON       bool        `help:"Print the outcome as a line of JSON."`
}

func (c *runCmd) Run(a *app) error {
	if c.Memory == 0 {
		return hint.Usage(hint.With(errors.New("--memory 0 is no limit to work in"), "write for example --memory 2GiB; without the flag it is 8GiB"))
	}
	recipe, err := loadIn(c.Recipe, c.In, c.Set)
	if err != nil {
		return err
	}
	s, err := pipeline.Run(a.ctx, recipe, pipeline.Options{
		Out: c.Out, Workers: c.Workers, Memory: c.Memory, Fresh: c.Fresh, KeepStages: c.KeepStages, Stderr: a.stderr,
	})
	if err != nil {
		return err
	}
	page := filepath.Join(c.Out, "report.html")
	if err := inspect.Report(c.Out, page, c.Lang); err != nil {
		return err
	}
	if c.JSON {
		first, last := s.Reports[0], s.Reports[len(s.Reports)-1]
		row := map[string]any{"out": c.Out, "recipe": s.Recipe, "records": first.In.Docs, "kept": last.Kept.Docs, "bytes": last.Kept.Bytes, "report": page}
		if recipe.Train != nil {
			row["model"] = filepath.Join(c.Out, "model")
			if recipe.Evaluate != nil {
				row["evaluation"] = filepath.Join(c.Out, pipeline.EvaluationFile)
			}
		}
		return json.NewEncoder(a.stdout).Encode(row)
	}
	return c.summary(a.stdout, s, page, recipe.Train != nil)
}

// loadIn loads a recipe, with the input that --in names if it does.
func loadIn(recipe, in string, set []string) (*pipeline.Recipe, error) {
	r, err := pipeline.Load(recipe, set...)
	if err != nil || in == "" {
		return r, err
	}
	if s := r.Crawl.Source; s == "sample" || s == "commoncrawl" {
		return nil, hint.Usage(hint.With(fmt.Errorf("recipe %s reads source %s, which takes no --in", r.Name, s),
			"take another recipe, such as zh-web, or add --set crawl.source=auto"))
	}
	r.SetInput(in)
	return r, nil
}

func (c *runCmd) summary(w io.Writer, s *stats.Run, page string, model bool) error {
	if err := funnel(w, s.Reports); err != nil {
		return err
	}
	if t, err := inspect.Times(c.Out); err == nil && t.WallSecond > 0 {
		fmt.Fprintf(w, "\n%s; peak memory of these stages %s, disk %s\n", pace(t), progress.Bytes(t.PeakMemory), progress.Bytes(t.Disk))
	}
	made := ""
	if model {
		made = fmt.Sprintf("model   %s\n", filepath.Join(c.Out, "model"))
	}
	_, err := fmt.Fprintf(w, `
corpus  %s
report  %s
%s
next: open the report in a browser, or ask
  feilun dropped %s --sample 5
  feilun why %s URL
  feilun serve %s
`, filepath.Join(c.Out, "corpus"), page, made, c.Out, c.Out, c.Out)
	return err
}

// pace puts into words what the last process did, and how fast. What earlier
// ones did of a resumed run is not its speed.
func pace(t *stats.Times) string {
	wall := time.Duration(t.WallSecond * 1e9).Round(10 * time.Millisecond)
	switch t.Passed {
	case t.Pages:
		return fmt.Sprintf("%d pages in %s, %.0f pages/s on %d workers", t.Pages, wall, float64(t.Pages)/t.WallSecond, t.Workers)
	case 0:
		return fmt.Sprintf("%d pages, all read before; the rest in %s on %d workers", t.Pages, wall, t.Workers)
	}
	return fmt.Sprintf("%d pages, %d of them now in %s, %.0f pages/s on %d workers", t.Pages, t.Passed, wall, float64(t.Passed)/t.WallSecond, t.Workers)
}

// funnel prints the books of the stages and the rules that took most.
func funnel(w io.Writer, reports []feilun.Report) error {
	fmt.Fprintf(w, "%-10s %9s %9s %9s %10s   %s\n", "stage", "in", "kept", "dropped", "kept text", "most by rule")
	for _, r := range reports {
		line := fmt.Sprintf("%-10s %9d %9d %9d %10s ", r.Stage, r.In.Docs, r.Kept.Docs, r.Dropped.Docs, progress.Bytes(r.Kept.Bytes))
		for i, rule := range r.Rules {
			if i == 3 || rule.Docs == 0 {
				break
			}
			line += fmt.Sprintf("  %s %d", inspect.RuleName(rule.Filter, rule.Rule), rule.Docs)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}
