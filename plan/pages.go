package plan

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// render fills the page's template.
func render(w io.Writer, g *page) error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return err
	}
	return t.Execute(w, g)
}

// inventory names the chips of a plan: 256×H20+512×V100.
func (p *Plan) inventory() string {
	var out []string
	for _, c := range p.Chips {
		out = append(out, fmt.Sprintf("%d×%s", c.N, c.Chip))
	}
	return strings.Join(out, "+")
}

// kinds names the kinds of chip of a plan without their numbers.
func (p *Plan) kinds() string {
	var out []string
	for _, c := range p.Chips {
		out = append(out, c.Chip)
	}
	return strings.Join(out, "+")
}

// WritePlansHTML writes a self-contained page that puts plans of one run on
// several inventories side by side: money against days, days with their band,
// energy, and the table. It is the page of compare and sweep.
func WritePlansHTML(w io.Writer, plans []*Plan, lang string) error {
	tr := func(s string) string { return Translate(lang, s) }
	g := page{Lang: lang, TableTitle: tr("all figures"), NotesTitle: tr("assumptions and sources"), Head: planHead(tr)}
	if len(plans) == 0 {
		return render(w, &g)
	}
	g.Title = fmt.Sprintf("%s · %s %s", plans[0].Model.Name, Count(plans[0].Tokens), tr("tokens"))
	g.Sub = tr("inventories side by side")
	draw := chart{tr}
	var days, energy []bar
	var fit []*Plan
	for _, p := range plans {
		g.Rows = append(g.Rows, pageRow{Off: !p.Feasible, Cells: planCells(p, tr)})
		b := bar{name: p.inventory(), text: tr("no")}
		if !p.Feasible {
			days, energy = append(days, b), append(energy, b)
			continue
		}
		fit = append(fit, p)
		b.value, b.low, b.high, b.text = p.Days, p.DaysP10, p.DaysP90, daysText(p.Days)
		days = append(days, b)
		energy = append(energy, bar{name: b.name, value: p.EnergyKWh, text: energyText(p.EnergyKWh) + ", " + massText(p.CO2) + " CO₂"})
	}
	if len(fit) > 0 {
		g.Figures = append(g.Figures, figure{tr("cost and time"), tr("rent against days; numbers are chips"), draw.families(fit)})
	}
	g.Figures = append(g.Figures, figure{tr("days"), tr("line: p10–p90, eight of ten runs"), draw.bars(days, 0)}, figure{tr("energy"), "", draw.bars(energy, 0)})
	g.Notes = plansNotes(plans, tr)
	return render(w, &g)
}

func planHead(tr func(string) string) []string {
	var out []string
	for _, h := range []string{"chips", "days", "p10–p90", "MFU", "rent ¥", "own ¥", "energy", "power", "CO₂", "layout"} {
		out = append(out, tr(h))
	}
	return out
}

// planCells is one line of the table of plans, on the screen and on the page.
func planCells(p *Plan, tr func(string) string) []string {
	if !p.Feasible {
		return []string{p.inventory(), "–", "–", "–", "–", "–", "–", "–", "–", tr("no") + tr(": ") + tr(p.Why)}
	}
	return []string{p.inventory(), daysText(p.Days), daysText(p.DaysP10) + "–" + daysText(p.DaysP90), fmt.Sprintf("%.1f%%", 100*p.MFU),
		Count(p.Cost.Rent), Count(p.Cost.Own), energyText(p.EnergyKWh), powerText(1000 * p.KWatts), massText(p.CO2), p.Layout.String()}
}

func plansNotes(plans []*Plan, tr func(string) string) (out []string) {
	seen := map[string]bool{}
	add := func(s string) {
		if s != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, p := range plans {
		if !p.Feasible {
			add(p.inventory() + tr(": ") + tr(p.Why) + " → " + tr(p.Hint))
			continue
		}
		for _, n := range p.Notes {
			add(tr(n))
		}
		for _, g := range p.req.Groups {
			rent, from := p.req.Money.rentOf(g.Chip)
			add(g.Name + tr(": ") + tr("a chip-hour") + fmt.Sprintf(" ¥%.2f", rent) + tr(" (") + tr(from) + tr(")"))
			add(g.Name + tr(": ") + g.Chip.Source)
		}
	}
	add(tr(credit))
	return out
}

// credit names the authors of the chip table's figures, as their licences ask.
const credit = "Epoch AI, machine-learning hardware data, CC-BY; stas00/ml-engineering, CC-BY-SA"

// WriteStudyHTML writes a ready study as a self-contained page.
func WriteStudyHTML(w io.Writer, name string, lines []StudyLine, lang string) error {
	tr := func(s string) string { return Translate(lang, s) }
	g := page{Lang: lang, Title: capital(tr(studyTitle(name))), TableTitle: tr("all figures"), NotesTitle: tr("assumptions and sources")}
	var days, money, energy []bar
	one := !slices.ContainsFunc(lines, func(l StudyLine) bool { return l.Case != lines[0].Case })
	if one && len(lines) > 0 {
		g.Sub = tr(lines[0].Case)
	}
	for _, l := range lines {
		label := l.chips()
		if !one {
			label += tr(", ") + tr(l.Case)
		}
		off := !l.Feasible
		none := l.Days == 0
		show := func(v float64, text string) bar {
			if none {
				text = tr("no")
			}
			return bar{name: label, value: v, text: text, off: off}
		}
		d := show(l.Days, daysText(l.Days))
		d.high = l.DaysP90
		days = append(days, d)
		money = append(money, show(l.RentM, fmt.Sprintf("%s %.1f%s%s %.1f", tr("rent"), l.RentM, tr(", "), tr("own"), l.OwnM)))
		energy = append(energy, show(l.MW, fmt.Sprintf("%.2f MW, %.2f GWh, %.0f t CO₂", l.MW, l.GWh, l.CO2)))
		cells := studyCells(&l, tr)
		if one { // the subtitle says it
			cells = cells[1:]
		}
		g.Rows = append(g.Rows, pageRow{Off: off, Cells: cells})
	}
	draw := chart{tr}
	g.Figures = []figure{
		{tr("days"), tr("bar: middle, line: to p90; grey: not feasible"), draw.bars(days, 0)},
		{tr("rent, million CNY"), tr("limit") + tr(": ") + tr(fmt.Sprintf("%d million CNY", studyRentM)), draw.bars(money, studyRentM)},
		{tr("power, MW"), tr("limit") + tr(": ") + fmt.Sprintf("%d MW", studyMW), draw.bars(energy, studyMW)},
	}
	if g.Head, g.Cases = studyHead(tr), !one; one {
		g.Head = g.Head[1:]
	}
	g.Notes = []string{tr(studyLimits()), tr(credit)}
	return render(w, &g)
}

// capital begins a title with a capital letter.
func capital(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

func studyTitle(name string) string {
	switch name {
	case "quantity":
		return "quantity for quality: more, older chips"
	case "slower":
		return "slower training: fewer chips, longer, smaller models"
	}
	return "two orders of magnitude more compute: GPT-4's scale"
}

func (l *StudyLine) chips() string {
	if l.N == 0 {
		return l.Chip
	}
	return fmt.Sprintf("%d×%s", l.N, l.Chip)
}

func studyLimits() string {
	return fmt.Sprintf("a case is infeasible above %d MW, %d days, %d million CNY of rent, or below %.0f %% goodput; these limits are judgement",
		studyMW, studyDays, studyRentM, 100*studyGoodput)
}

func studyHead(tr func(string) string) []string {
	var out []string
	for _, h := range []string{"case", "chips", "days", "p90", "MFU %", "goodput %", "MW", "GWh", "t CO₂", "rent M¥", "own M¥", "buy M¥", "feasible"} {
		out = append(out, tr(h))
	}
	return out
}

func studyCells(l *StudyLine, tr func(string) string) []string {
	ok := tr("yes")
	if !l.Feasible {
		ok = tr("no") + tr(": ") + tr(l.Why)
	}
	f := func(v float64, digits int) string {
		if l.Days == 0 {
			return "–"
		}
		return fmt.Sprintf("%.*f", digits, v)
	}
	return []string{tr(l.Case), l.chips(), f(l.Days, 1), f(l.DaysP90, 1), f(100*l.MFU, 0), f(100*l.Goodput, 0),
		f(l.MW, 2), f(l.GWh, 2), f(l.CO2, 0), f(l.RentM, 1), f(l.OwnM, 1), f(l.Buy, 0), ok}
}
