package plan

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

// pageText is the page's template; everything it shows is inside the file.
//
//go:embed page.html
var pageText string

type page struct {
	Lang, Title, Sub, TableTitle, NotesTitle string
	Cards                                    []card
	Figures                                  []figure
	Head                                     []string
	Cases                                    bool // the table's first two columns are names
	Rows                                     []pageRow
	Notes                                    []string
}

type card struct{ Label, Value, More string }

type figure struct {
	Title, Caption string
	SVG            template.HTML
}

type pageRow struct {
	Here  bool // the plan asked for
	Off   bool // not feasible
	Cells []string
}

// Frontier plans p's run on other numbers of its chips, a sixteenth to sixteen
// times as many (in whole doublings for a mix), up to the fastest.
func Frontier(p *Plan) []*Plan {
	var out []*Plan
	fastest := 0
	for k := -8; k <= 8; k++ { // halves and doubles, with three quarters between
		if len(p.req.Groups) > 1 && (k%2 != 0 || k < -4 || k > 4) {
			continue
		}
		q := p.req
		q.Groups = nil
		for _, g := range p.req.Groups {
			if n := scaled(g, k); n > 0 {
				q.Groups = append(q.Groups, Group{N: n, Chip: g.Chip, Name: g.Name})
			}
		}
		if len(q.Groups) < len(p.req.Groups) || len(out) > 0 && out[len(out)-1].chips() == q.chips() {
			continue
		}
		if o, err := Make(q); err == nil && o.Feasible {
			out = append(out, o)
			if o.Days < out[fastest].Days {
				fastest = len(out) - 1
			}
		}
	}
	if len(out) == 0 {
		return []*Plan{p}
	}
	out, fastest = undominated(out, p.chips(), fastest)
	for fastest < len(out)-1 && out[fastest].chips() < p.chips() {
		fastest++ // the asked-for number stays in the picture
	}
	return out[:fastest+1]
}

// undominated drops plans that are no faster than one with fewer chips, except
// the one that was asked for; it returns the new place of the fastest.
func undominated(all []*Plan, asked, fastest int) ([]*Plan, int) {
	var out []*Plan
	place := 0
	best := math.Inf(1)
	for i, o := range all {
		if o.Days >= best && o.chips() != asked {
			continue
		}
		best = min(best, o.Days)
		if out = append(out, o); i == fastest {
			place = len(out) - 1
		}
	}
	return out, place
}

// scaled is the group's number of chips times √2^k on whole nodes, 0 if that is
// no number of chips.
func scaled(g Group, k int) int {
	n := g.N
	switch {
	case k%2 != 0 && k > 0:
		n = n * 3 / 2
	case k%2 != 0:
		n = n * 3 / 4
	}
	if k >= 0 {
		n <<= k / 2
	} else {
		n >>= -k / 2
	}
	if node := min(g.Chip.PerNode, 64); n > node {
		n = n / node * node
	}
	if n > maxChips {
		return 0
	}
	return n
}

// WriteHTML writes one self-contained page: no script, font or image comes from
// elsewhere. curve are plans of the same run on other numbers of chips.
func WriteHTML(w io.Writer, p *Plan, curve []*Plan, d *DataNeed, lang string) error {
	tr := func(s string) string { return Translate(lang, s) }
	var chips []string
	for _, c := range p.Chips {
		chips = append(chips, fmt.Sprintf("%d× %s", c.N, c.Chip))
	}
	g := page{Lang: lang, Title: fmt.Sprintf("%s · %s %s", p.Model.Name, Count(p.Tokens), tr("tokens")), Sub: strings.Join(chips, " + ") + " — " + p.Layout.String(),
		TableTitle: tr("cost and time"), NotesTitle: tr("assumptions and sources")}
	g.Cards = cards(p, tr)
	draw := chart{tr}
	g.Figures = []figure{
		{tr("cost and time"), tr("more chips are faster; the band is p10–p90"), draw.frontier(p, curve)},
		{tr("memory per chip"), fmt.Sprintf("%.1f / %.0f GiB", p.MemoryGiB, p.capacity), draw.memory(p)},
		{tr("where the time goes"), fmt.Sprintf("%.2f s", p.Seconds), draw.times(p)},
		{tr("one step of the pipeline"), fmt.Sprintf("PP%d, %d × b%d — %s", p.Layout.PP, p.Layout.Micros, p.Layout.MicroBatch, tr("plain 1F1B; interleaved chunks are not drawn")), draw.timeline(p)},
	}
	g.Head = planHead(tr)
	for _, o := range curve {
		g.Rows = append(g.Rows, pageRow{Here: o.chips() == p.chips(), Cells: planCells(o, tr)})
	}
	g.Notes = pageNotes(p, d, tr)
	return render(w, &g)
}

func cards(p *Plan, tr func(string) string) []card {
	f := fmt.Sprintf
	return []card{
		{tr("Days"), daysText(p.Days), "p10–p90 " + daysText(p.DaysP10) + "–" + daysText(p.DaysP90)},
		{tr("Rent"), "¥" + Count(p.Cost.Rent), f("¥%.2f %s", p.Cost.RentHour, tr("a chip-hour"))},
		{tr("Own"), "¥" + Count(p.Cost.Own), tr("buying them") + " ¥" + Count(p.Cost.Purchase)},
		{tr("Energy"), energyText(p.EnergyKWh), f("%s, PUE %.2f", powerText(1000*p.KWatts), p.req.Power.PUE)},
		{"CO₂", massText(p.CO2), f("%.3f kg/kWh", p.req.Power.Factor)},
		{"MFU", f("%.1f%%", 100*p.MFU), f("%.0f TFLOP/s %s", p.tflops(), tr("a chip"))},
		{tr("Goodput"), f("%.1f%%", 100*p.Goodput.Share), f("%s %.1f h", tr("a failure every"), p.Goodput.MTBFHours)},
		{tr("Loss"), f("%.3f", p.Loss), f("%.2e FLOP", p.FLOPs)},
	}
}

func pageNotes(p *Plan, d *DataNeed, tr func(string) string) []string {
	var out []string
	for _, n := range p.Notes {
		out = append(out, tr(n))
	}
	for _, t := range []string{"days", "goodput", "energy", "cost", "band"} {
		lines, _ := p.explain(t)
		for _, l := range lines {
			if head, rest, ok := strings.Cut(l, ": "); ok && (head == "source" || head == "formula") {
				out = append(out, tr(head)+tr(" (")+tr(t)+tr(")")+tr(": ")+tr(rest))
			}
		}
	}
	if d != nil {
		for _, a := range d.Assumed {
			out = append(out, tr("assumed")+tr(": ")+tr(a))
		}
	}
	for _, g := range p.req.Groups {
		out = append(out, g.Name+tr(": ")+g.Chip.Source)
	}
	return append(out, tr(credit))
}
