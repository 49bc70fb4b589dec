package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"feilun/crawl"
	"feilun/pipeline"
)

type recipesCmd struct {
	List recipesListCmd `cmd:"" default:"withargs" help:"List the shipped recipes."`
	Show recipesShowCmd `cmd:"" help:"Print a recipe with every value decided."`
}

type recipesListCmd struct {
	JSON bool `help:"Print one line of JSON for each recipe."`
}

func (c *recipesListCmd) Run(a *app) error {
	for _, name := range pipeline.Names() {
		r, err := pipeline.Load(name)
		about, problem := "", ""
		needs, lacking := map[string]string{}, 0
		if err != nil {
			problem = err.Error()
		} else {
			about = strings.Join(strings.Fields(r.About), " ")
			lacking = len(r.Lacking())
			for _, n := range r.Needs {
				needs[n.Key] = n.What
			}
			if len(needs) > 0 {
				problem = fmt.Sprintf(" (you bring %d files: feilun check %s)", len(needs), name)
			}
		}
		if c.JSON {
			line := map[string]any{"name": name, "about": about, "runnable": err == nil && lacking == 0, "needs": needs}
			if err != nil {
				line["problem"] = problem
			}
			if err := json.NewEncoder(a.stdout).Encode(line); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(a.stdout, "%-18s %s%s\n", name, about, problem); err != nil {
			return err
		}
	}
	return nil
}

type recipesShowCmd struct {
	Recipe string   `arg:"" help:"Shipped recipe or YAML file."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a key."`
	JSON   bool     `help:"Print it as a line of JSON, which is a recipe too; steps stand in their order."`
}

func (c *recipesShowCmd) Run(a *app) error {
	r, err := pipeline.Load(c.Recipe, c.Set...)
	if err != nil {
		return err
	}
	if c.JSON {
		_, err = a.stdout.Write(r.JSON())
		return err
	}
	_, err = a.stdout.Write(r.YAML())
	return err
}

type checkCmd struct {
	Recipe string   `arg:"" help:"Shipped recipe or YAML file."`
	Set    []string `placeholder:"KEY=VALUE" sep:"none" help:"Override a key."`
	JSON   bool     `help:"Print the outcome as a line of JSON."`
}

func (c *checkCmd) Run(a *app) error {
	r, err := pipeline.Load(c.Recipe, c.Set...)
	if err != nil {
		return err
	}
	if err := r.Check(crawl.WithRemarks(a.ctx, func(s string) { fmt.Fprintln(a.stderr, s) })); err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"recipe": r.Name, "sha256": r.Hash(), "ok": true})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: ok, %d filter steps, %d dedup steps, sha256 %s\n", r.Name, len(r.Filter), len(r.Dedup), r.Hash()[:16])
	return err
}
