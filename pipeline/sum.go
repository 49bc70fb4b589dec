package pipeline

import (
	"feilun"
	"feilun/internal/params"
	"feilun/internal/stats"
)

// A total gathers the books of a run's units and parts.
type total struct {
	run              *stats.Run
	languages, hosts stats.Shares
	histograms       map[string]*stats.Histogram
	seconds          []float64 // by per-document stage, writing last
}

// hostsSummed bounds the hosts that are counted at once; of more, the largest
// half goes on and the others are one sum. Units are added in their order, so
// that the outcome does not depend on who did them.
const hostsSummed = 100_000

// sum closes the books over all units and parts, from their markers.
func (j *job) sum(units, parts int) (*stats.Run, error) {
	t := &total{
		run:       &stats.Run{Recipe: j.recipe.Name, About: j.recipe.About, Version: feilun.Version, RecipeHash: j.plan.Recipe, InputHash: j.plan.Input},
		languages: stats.Shares{}, hosts: stats.Shares{}, histograms: map[string]*stats.Histogram{},
		seconds: make([]float64, perDocument+1),
	}
	t.run.Reports = make([]feilun.Report, perDocument, perDocument+1)
	for i := range units {
		var p pagesStats
		if err := readJSON(j.folder.docsMarker(i), &p); err != nil {
			return nil, err
		}
		t.page(p)
	}
	last := feilun.Report{Stage: "dedup"}
	for i := range parts {
		var p partStats
		if err := readJSON(j.folder.partMarker(i), &p); err != nil {
			return nil, err
		}
		stats.AddReport(&last, p.Report)
		t.part(p)
	}
	s := t.run
	if len(j.recipe.Quality) == 0 { // a stage that takes and gives the same says nothing
		s.Reports = s.Reports[:atQuality]
	}
	s.Reports = append(s.Reports, last)
	s.Measures = j.measures(t.histograms)
	s.Quality = j.scores(t.histograms)
	s.Languages, s.Hosts = t.languages.Top(100), t.hosts.Top(100)
	j.times.Stages["write"] = t.seconds[perDocument]
	for i, st := range Stages()[:len(s.Reports)-1] {
		j.times.Stages[st.Word] = t.seconds[i]
	}
	j.times.Pages = s.Reports[atCrawl].Kept.Docs
	return s, conserved(s.Reports)
}

func (t *total) page(p pagesStats) {
	for i, r := range p.Reports {
		stats.AddReport(&t.run.Reports[i], r)
	}
	for i, x := range p.Seconds {
		t.seconds[i] += x
	}
	for _, l := range p.Languages {
		t.languages.Add(l.Name, l.In, 0)
	}
	for _, h := range p.Hosts {
		t.hosts.Add(h.Name, h.In, 0)
	}
	t.hosts.Trim(hostsSummed)
	for name, h := range p.Histograms {
		if t.histograms[name] == nil {
			t.histograms[name] = &stats.Histogram{}
		}
		t.histograms[name].Merge(h)
	}
}

func (t *total) part(p partStats) {
	t.run.Files = append(t.run.Files, p.File)
	t.run.Samples = lowest(append(t.run.Samples, p.Samples...), samplesKept)
	for _, l := range p.Languages {
		t.languages.Add(l.Name, 0, l.Kept)
	}
	for _, h := range p.Hosts {
		t.hosts.Add(h.Name, 0, h.Kept)
	}
	t.hosts.Trim(hostsSummed)
	t.seconds[perDocument] += p.Seconds
}

// measures lists the histograms in the recipe's order, with their limits.
func (j *job) measures(hists map[string]*stats.Histogram) []stats.Measure {
	var out []stats.Measure
	for _, st := range j.recipe.Filter {
		for _, rule := range params.Names(st.Params) {
			h := hists[st.Key+"."+rule]
			if h == nil {
				continue
			}
			m := stats.Measure{Step: st.Key, Rule: rule, Histogram: h}
			switch v, _ := params.Value(st.Params, rule); x := v.(type) {
			case float64:
				m.Limit = &x
			case int:
				f := float64(x)
				m.Limit = &f
			}
			out = append(out, m)
		}
	}
	return out
}
