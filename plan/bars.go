package plan

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A bar is one line of a bar chart: a value, where known its p10 and p90, and
// what stands behind it.
type bar struct {
	name             string
	value, low, high float64
	text             string
	off              bool // drawn grey: not feasible
}

// barScale is the value at the right end of a chart: the largest of the feasible
// rows, or of all where none is; longer bars are cut there.
func barScale(rows []bar) float64 {
	most, any := 0.0, 0.0
	for _, r := range rows {
		any = max(any, r.value, r.high)
		if !r.off {
			most = max(most, r.value, r.high)
		}
	}
	if most == 0 {
		most = any
	}
	return min(any, 1.25*max(most, math.SmallestNonzeroFloat64))
}

// bars draws values on one linear scale from zero, with a mark at limit where
// the scale reaches it.
func (c chart) bars(rows []bar, limit float64) template.HTML {
	left := 150.0
	for _, r := range rows {
		left = max(left, 24+8*float64(width(r.name)))
	}
	left = min(left, 480)
	most := barScale(rows)
	unit := (wide - left - 250) / max(most, math.SmallestNonzeroFloat64)
	high := 10 + float64(len(rows))*26
	var b strings.Builder
	if limit > 0 && limit <= most {
		x := left + limit*unit
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="4" y2="%.1f" stroke="var(--e)" stroke-width="2" stroke-dasharray="5 4"/>`, x, x, high)
	}
	for i, r := range rows {
		c.bar(&b, r, left, 10+float64(i)*26, unit, most)
	}
	return svg(high+6, b.String())
}

func (c chart) bar(b *strings.Builder, r bar, left, y, unit, most float64) {
	fill := "var(--a)"
	if r.off {
		fill = "var(--f)"
	}
	b.WriteString(label(left-8, y+14, "end", "", clip(r.name, 56)))
	if r.value > 0 {
		b.WriteString(mark(fmt.Sprintf(`<rect x="%.1f" y="%.1f" width="%.1f" height="18" rx="2" fill="%s"/>`, left, y, max(1, min(r.value, most)*unit), fill), r.name+c.tr(": ")+r.text))
	}
	end := left + min(most, max(r.value, r.high))*unit
	if r.high > 0 {
		from := r.value
		if r.low > 0 {
			from = r.low
		}
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="var(--ink)" stroke-width="2"/>`, left+min(from, most)*unit, end, y+9, y+9)
	}
	text := r.text
	if max(r.value, r.high) > most {
		text = "→ " + text
	}
	b.WriteString(label(end+8, y+14, "start", "soft", text))
}

// clip shortens text to a number of display columns.
func clip(text string, columns int) string {
	if width(text) <= columns {
		return text
	}
	var b strings.Builder
	n := 0
	for _, r := range text {
		if n += width(string(r)); n >= columns {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// families draws rent against days, one line a kind of chip, its points the
// numbers of chips.
func (c chart) families(plans []*Plan) template.HTML {
	var x, y axis
	x, y = frame(plans)
	var b strings.Builder
	c.grid(&b, x, y)
	var names []string
	lines := map[string][]*Plan{}
	for _, p := range plans {
		if lines[p.kinds()] == nil {
			names = append(names, p.kinds())
		}
		lines[p.kinds()] = append(lines[p.kinds()], p)
	}
	for i, name := range names {
		own := lines[name]
		slices.SortStableFunc(own, func(p, q *Plan) int { return p.chips() - q.chips() })
		var points []string
		for _, p := range own {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x.at(p.Days), y.at(p.Cost.Rent/1e6)))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(points, " "), colour(i))
		for j, p := range own {
			px, py := x.at(p.Days), y.at(p.Cost.Rent/1e6)
			b.WriteString(mark(fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="5" fill="%s"/>`, px, py, colour(i)),
				c.tr(fmt.Sprintf("%s: %s days (%s–%s), rent ¥%s", p.inventory(), daysText(p.Days), daysText(p.DaysP10), daysText(p.DaysP90), Count(p.Cost.Rent)))))
			if len(own) < 8 || j%2 == 0 {
				b.WriteString(label(px, py-10+26*float64(i%2), "middle", "soft", fmt.Sprint(p.chips())))
			}
		}
	}
	return svg(tall+float64((len(names)+2)/3)*20, b.String()+legend(names, tall+14))
}

// legend names the lines' colours, three to a row.
func legend(names []string, y float64) string {
	var b strings.Builder
	for i, n := range names {
		lx, ly := 70+float64(i%3)*310, y+float64(i/3)*20
		fmt.Fprintf(&b, `<rect x="%.0f" y="%.0f" width="12" height="12" fill="%s"/><text x="%.0f" y="%.0f">%s</text>`, lx, ly-10, colour(i), lx+18, ly, html.EscapeString(clip(n, 40)))
	}
	return b.String()
}

// frame returns axes that hold every plan's days and costs.
func frame(plans []*Plan) (x, y axis) {
	lo, hi, cheap, dear := math.Inf(1), 0.0, math.Inf(1), 0.0
	for _, o := range plans {
		lo, hi = min(lo, o.DaysP10), max(hi, o.DaysP90)
		cheap, dear = min(cheap, o.Cost.Rent, o.Cost.Own), max(dear, o.Cost.Rent, o.Cost.Own)
	}
	return axis{lo * 0.9, hi * 1.1, 70, wide - 20}, axis{cheap * 0.85 / 1e6, dear * 1.2 / 1e6, tall - 40, 24}
}

// grid draws both logarithmic axes with their names.
func (c chart) grid(b *strings.Builder, x, y axis) {
	for _, t := range ticks(x.lo, x.hi) {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="24" y2="%.0f" stroke="var(--line)"/>%s`, x.at(t), x.at(t), tall-40, label(x.at(t), tall-22, "middle", "soft", fmt.Sprintf("%g", t)))
	}
	for _, t := range ticks(y.lo, y.hi) {
		fmt.Fprintf(b, `<line x1="70" x2="%.0f" y1="%.1f" y2="%.1f" stroke="var(--line)"/>%s`, wide-20, y.at(t), y.at(t), label(64, y.at(t)+4, "end", "soft", fmt.Sprintf("%g", t)))
	}
	b.WriteString(label(wide/2, tall-4, "middle", "", c.tr("days")) + label(8, 14, "start", "", c.tr("million CNY")))
}
