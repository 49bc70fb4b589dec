package plan

import "io"

// Frontier plans p's run on other numbers of its chips.
func Frontier(p *Plan, _ *ChipTable) []*Plan {
	if len(p.req.Groups) != 1 {
		return []*Plan{p}
	}
	g := p.req.Groups[0]
	plans, err := Sweep(p.req, []*Chip{g.Chip}, max(1, g.N/16), min(maxChips, g.N*16), 1.5)
	if err != nil {
		return []*Plan{p}
	}
	return plans
}

func WriteHTML(w io.Writer, p *Plan, curve []*Plan, d *DataNeed, lang string) error { return nil }
