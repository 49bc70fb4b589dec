package plan

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A chart draws one figure as SVG in the page's colours.
type chart struct{ tr func(string) string }

const wide, tall = 1000.0, 340.0

func colour(i int) string { return "var(--" + string(rune('a'+i%9)) + ")" }

func svg(height float64, body string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %.0f %.0f" role="img">%s</svg>`, wide, height, body))
}

func mark(shape, title string) string {
	return `<g class="mark">` + strings.Replace(shape, "/>", "><title>"+html.EscapeString(title)+"</title>"+closing(shape), 1) + "</g>"
}

func closing(shape string) string {
	name, _, _ := strings.Cut(shape[1:], " ")
	return "</" + name + ">"
}

func label(x, y float64, anchor, class, text string) string {
	return fmt.Sprintf(`<text x="%.1f" y="%.1f" text-anchor="%s" class="%s">%s</text>`, x, y, anchor, class, html.EscapeString(text))
}

// ticks are 1, 2 and 5 times powers of ten that span lo to hi, more where that
// gives fewer than four.
func ticks(lo, hi float64) []float64 {
	for _, steps := range [][]float64{{1, 2, 5}, {1, 1.5, 2, 3, 4, 5, 6, 8}, {1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9}} {
		var out []float64
		for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
			for _, m := range steps {
				if v := roundTo(m*math.Pow(10, e), 3); v >= lo*0.999 && v <= hi*1.001 {
					out = append(out, v)
				}
			}
		}
		if len(out) >= 4 || len(steps) > 9 {
			return out
		}
	}
	return nil
}

// An axis maps values to the page on a logarithmic scale.
type axis struct{ lo, hi, from, to float64 }

func (a axis) at(v float64) float64 {
	return a.from + (a.to-a.from)*math.Log(v/a.lo)/math.Log(a.hi/a.lo)
}

// frontier draws days with their band against rent, one point a number of chips.
func (c chart) frontier(p *Plan, curve []*Plan) template.HTML {
	if len(curve) == 0 {
		curve = []*Plan{p}
	}
	x, y := frame(curve)
	var b strings.Builder
	c.grid(&b, x, y)
	var rent, own []string
	for _, o := range curve {
		rent = append(rent, fmt.Sprintf("%.1f,%.1f", x.at(o.Days), y.at(o.Cost.Rent/1e6)))
		own = append(own, fmt.Sprintf("%.1f,%.1f", x.at(o.Days), y.at(o.Cost.Own/1e6)))
	}
	for i, line := range [][]string{rent, own} {
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`, strings.Join(line, " "), colour(i))
	}
	for i, o := range curve {
		c.point(&b, p, o, x, y, len(curve) < 9 || i%2 == len(curve)%2 || o.chips() == p.chips())
	}
	b.WriteString(label(wide-24, 14, "end", "", "● "+c.tr("rent")+"   ○ "+c.tr("own")))
	return svg(tall, b.String())
}

func (c chart) point(b *strings.Builder, p, o *Plan, x, y axis, named bool) {
	r := 4.0
	if o.chips() == p.chips() {
		r = 8
	}
	yr, yo := y.at(o.Cost.Rent/1e6), y.at(o.Cost.Own/1e6)
	title := c.tr(fmt.Sprintf("%d chips: %s days (%s–%s), rent ¥%s, own ¥%s", o.chips(), daysText(o.Days), daysText(o.DaysP10), daysText(o.DaysP90), Count(o.Cost.Rent), Count(o.Cost.Own)))
	if r > 4 {
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="var(--a)" stroke-width="9" opacity=".22"/>`, x.at(o.DaysP10), x.at(o.DaysP90), yr, yr)
	}
	b.WriteString(mark(fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="%.0f" fill="var(--a)"/>`, x.at(o.Days), yr, r), title))
	b.WriteString(mark(fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="%.0f" fill="var(--paper)" stroke="var(--b)" stroke-width="2"/>`, x.at(o.Days), yo, r-1), title))
	if !named {
		return
	}
	b.WriteString(label(x.at(o.Days), min(yr, yo)-11, "middle", "soft", fmt.Sprint(o.chips())))
}

// memory draws the parts of the fullest chip against its capacity.
func (c chart) memory(p *Plan) template.HTML {
	have := p.capacity
	full := max(have, p.MemoryGiB)
	return c.stack(p.Memory, full, "GiB", have)
}

// times draws the parts of a step.
func (c chart) times(p *Plan) template.HTML { return c.stack(p.Times, 0, "s", 0) }

func (c chart) stack(parts map[string]float64, full float64, unit string, limit float64) template.HTML {
	names := make([]string, 0, len(parts))
	sum := 0.0
	for k, v := range parts {
		names = append(names, k)
		_ = v
	}
	slices.SortFunc(names, func(a, b string) int {
		if parts[a] != parts[b] {
			return int(math.Copysign(1, parts[b]-parts[a]))
		}
		return strings.Compare(a, b)
	})
	for _, k := range names {
		sum += parts[k]
	}
	full = max(full, sum)
	var b strings.Builder
	at, row := 0.0, 0
	for i, k := range names {
		v := parts[k]
		if v < 0.002*sum {
			continue
		}
		title := fmt.Sprintf("%s %.2f %s, %.1f%%", c.tr(strings.ReplaceAll(k, "_", " ")), v, unit, 100*v/sum)
		b.WriteString(mark(fmt.Sprintf(`<rect x="%.1f" y="10" width="%.1f" height="44" fill="%s"/>`, 10+at/full*(wide-20), max(1, v/full*(wide-20)-1), colour(i)), title))
		lx, ly := 14+float64(row%4)*245, 84+float64(row/4)*22
		fmt.Fprintf(&b, `<rect x="%.0f" y="%.0f" width="12" height="12" fill="%s"/>%s`, lx, ly-10, colour(i), label(lx+18, ly, "start", "", title))
		at += v
		row++
	}
	if limit > 0 {
		x := 10 + limit/full*(wide-20)
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="4" y2="60" stroke="var(--e)" stroke-width="3"/>%s`, x-1.5, x-1.5, label(x-6, 70, "end", "soft", fmt.Sprintf("%.0f %s", limit, unit)))
	}
	return svg(96+float64((row+3)/4)*22-18, b.String())
}

// timeline draws 1F1B of at most eight stages and twelve micro-batches: each
// block starts when its input and its stage are ready.
func (c chart) timeline(p *Plan) template.HTML {
	stages, micros := min(8, p.Layout.PP), min(12, p.Layout.Micros)
	blocks, end := schedule(stages, micros)
	var b strings.Builder
	unit := (wide - 80) / end
	for _, k := range blocks {
		fill, name := "var(--a)", c.tr("forward")
		if k.back {
			fill, name = "var(--c)", c.tr("backward")
		}
		x, y := 70+k.start*unit, 14+float64(k.stage)*30
		b.WriteString(mark(fmt.Sprintf(`<rect x="%.1f" y="%.1f" width="%.1f" height="26" rx="2" fill="%s"/>`, x, y, max(1, k.length*unit-1), fill),
			fmt.Sprintf("%s %d%s%s %d", c.tr("stage"), k.stage+1, c.tr(", "), name, k.micro+1)))
		if k.length*unit > 16 {
			fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle" style="fill:var(--paper);pointer-events:none">%d</text>`, x+k.length*unit/2, y+17, k.micro+1)
		}
	}
	for s := range stages {
		b.WriteString(label(8, 32+float64(s)*30, "start", "soft", fmt.Sprintf("%s %d", c.tr("stage"), s+1)))
	}
	foot := 34 + float64(stages)*30
	fmt.Fprintf(&b, `<rect x="70" y="%.0f" width="12" height="12" fill="var(--a)"/>%s<rect x="190" y="%.0f" width="12" height="12" fill="var(--c)"/>%s`,
		foot-10, label(88, foot, "start", "", c.tr("forward")), foot-10, label(208, foot, "start", "", c.tr("backward")))
	b.WriteString(label(320, foot, "start", "soft", fmt.Sprintf("%d / %d %s%s%d / %d %s%s%s %.1f%%", stages, p.Layout.PP, c.tr("stages"), c.tr(", "), micros, p.Layout.Micros, c.tr("micro-batches"), c.tr("; "), c.tr("bubble"), 100*p.Times["bubble"]/p.Seconds)))
	return svg(foot+10, b.String())
}

type block struct {
	stage, micro  int
	back          bool
	start, length float64
}

// A pass is one micro-batch's forward or backward pass on one stage.
type pass struct {
	stage, micro int
	back         bool
}

// stageOrder is the order in which 1F1B runs the passes of stage s: as many
// forwards ahead as there are stages behind it, then one of each in turn.
func stageOrder(s, stages, micros int) (out []pass) {
	warm := min(micros, stages-s)
	for f := range warm {
		out = append(out, pass{s, f, false})
	}
	for b := range micros {
		out = append(out, pass{s, b, true})
		if f := warm + b; f < micros {
			out = append(out, pass{s, f, false})
		}
	}
	return out
}

// schedule lays out 1F1B. Backward takes twice as long as forward.
func schedule(stages, micros int) (out []block, end float64) {
	done := map[pass]float64{}
	free := make([]float64, stages)
	order := make([][]pass, stages)
	for s := range stages {
		order[s] = stageOrder(s, stages, micros)
	}
	for left := 2 * stages * micros; left > 0; {
		for s := range stages {
			if len(order[s]) == 0 {
				continue
			}
			k := order[s][0]
			ready, ok := 0.0, true
			switch {
			case !k.back && s > 0:
				ready, ok = done[pass{s - 1, k.micro, false}]
			case k.back && s < stages-1:
				ready, ok = done[pass{s + 1, k.micro, true}]
			}
			if !ok {
				continue
			}
			b := block{s, k.micro, k.back, max(ready, free[s]), 1}
			if k.back {
				b.length = 2
			}
			free[s] = b.start + b.length
			done[k], order[s] = free[s], order[s][1:]
			end = max(end, free[s])
			out = append(out, b)
			left--
		}
	}
	return out, end
}
