package pipeline

import (
	"context"
	"fmt"

	"feilun/internal/params"
	"feilun/mix"
)

// mix mixes the corpus of this run, which is finished, with the recipe's other
// sources into the folder mix, if the recipe says so.
func (j *job) mix(ctx context.Context) error {
	if j.recipe.Mix == nil {
		return nil
	}
	defer limitMemory(int64(j.Memory))()
	r, err := mix.Run(ctx, j.recipe.Mix.In(j.Out), mix.Options{
		Out: j.folder.path("mix"), Workers: j.Workers, Memory: j.Memory, Stderr: j.Stderr, Do: j.runner.Do,
	})
	if err != nil {
		return err
	}
	p := r.Plan
	j.remark("mix: %d documents, %v tokens by %s, shares within %.3g %% of the plan, in %s", p.Docs, mix.Amount(p.Mixed), p.Count, p.Off*100, j.folder.path("mix"))
	for _, w := range p.Warnings {
		j.remark("mix: warning: %s", w)
	}
	if c := r.Contamination; c != nil {
		j.remark("mix: %d of %d documents hold traces of test sets; %s", c.Touched, c.Docs, fmt.Sprintf("%d cut, %d dropped", c.Cut, c.Dropped))
	}
	return nil
}

// mix writes the mix section of a recipe.
func (p *printer) mix(m *mix.Spec) {
	p.key(0, "mix", false)
	p.open()
	for i, name := range params.Names(&m.Params) {
		v, _ := params.Value(&m.Params, name)
		p.key(1, name, i == 0)
		p.value(v)
	}
	p.key(1, "sources", false)
	p.open()
	for i := range m.Sources {
		name := m.Sources[i].Name
		if !p.json { // a name may be any text
			name = string(encoded(name))
		}
		p.section(2, name, &m.Sources[i].SourceParams, i == 0)
	}
	p.shut()
	if m.Decontaminate != nil {
		p.section(1, "decontaminate", m.Decontaminate, false)
	}
	p.section(1, "output", &m.Output, false)
	p.shut()
}
