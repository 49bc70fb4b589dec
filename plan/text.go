package plan

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A screen writes one plan in one language.
type screen struct {
	w    io.Writer
	lang string
}

func (s *screen) tr(text string) string { return Translate(s.lang, text) }

// row prints a label padded to a column by display width, then text.
func (s *screen) row(label, format string, args ...any) {
	label = s.tr(label)
	fmt.Fprintf(s.w, "%s%s %s\n", label, strings.Repeat(" ", max(0, 12-width(label))), fmt.Sprintf(format, args...))
}

// width counts display columns: Han and full-width characters take two.
func width(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x2E80 {
			n++
		}
	}
	return n
}

// WriteText prints a plan as one screen. lang is "en" or "zh".
func WriteText(w io.Writer, p *Plan, lang string) {
	s := &screen{w, lang}
	var chips []string
	for _, c := range p.Chips {
		chips = append(chips, fmt.Sprintf("%d× %s", c.N, c.Chip))
	}
	fmt.Fprintf(w, "%s · %s %s · %s\n", p.Model.Name, Count(p.Tokens), s.tr("tokens"), strings.Join(chips, " + "))
	if !p.Feasible {
		s.row("Feasible", "%s", s.tr("no")+": "+s.tr(p.Why))
		if p.Hint != "" {
			s.row("", "→ %s", s.tr(p.Hint))
		}
		s.notes(p)
		return
	}
	s.row("Feasible", "%s (%s %d %s, %d %s)", s.tr("yes"), s.tr("best of"), p.Considered, s.tr("layouts"), p.Fitting, s.tr("fit in memory"))
	s.result(p)
	s.layout(p)
	s.parts(s.tr("Memory"), fmt.Sprintf("%.1f %s %.0f GiB", p.MemoryGiB, s.tr("of"), p.capacity), p.Memory, "GiB")
	s.parts(s.tr("Step"), fmt.Sprintf("%.2f s", p.Seconds), p.Times, "s")
	g := p.Goodput
	s.row("Goodput", "%.1f%%: %s %.1f h, %s %.0f s (%.0f GB), %s %.0f min; %s %.1f%%", 100*g.Share, s.tr("a failure every"), g.MTBFHours,
		s.tr("a checkpoint takes"), g.WriteSeconds, g.CheckpointGB, s.tr("best every"), g.Interval/60, s.tr("all losses leave"), 100*p.Kept)
	s.notes(p)
	fmt.Fprintf(w, "%s\n", s.tr("Open any number: --explain days|step|mfu|memory|goodput|energy|co2|cost|flops|loss|band|layout|data"))
}

func (s *screen) result(p *Plan) {
	s.row("Days", "%s%s  (p10–p90 %s–%s)", daysText(p.Days), s.hours(p.Days), daysText(p.DaysP10), daysText(p.DaysP90))
	if p.ModernDays > 0 {
		s.row("", "%s: %s", s.tr("with today's software (--stack modern)"), daysText(p.ModernDays))
	}
	s.row("MFU", "%.1f%%  (%.0f TFLOP/s %s)", 100*p.MFU, p.tflops(), s.tr("a chip"))
	c := p.Cost
	s.row("Rent", "¥%s ($%s; p10–p90 ¥%s–%s; ¥%.2f %s)", Count(c.Rent), Count(c.RentUSD), Count(c.RentP10), Count(c.RentP90), c.RentHour, s.tr("a chip-hour"))
	s.row("Own", "¥%s (%s ¥%s; %s ¥%s)", Count(c.Own), s.tr("buying them"), Count(c.Purchase), s.tr("electricity"), Count(c.Electric))
	s.row("Energy", "%s, %s (PUE %.2f), %s CO₂ (%.3f kg/kWh)", energyText(p.EnergyKWh), powerText(1000*p.KWatts), p.req.Power.PUE, massText(p.CO2), p.req.Power.Factor)
	s.row("Loss", "%.3f nats; %.2e FLOP; %.0f %s", p.Loss, p.FLOPs, p.Tokens/p.Active, s.tr("tokens a parameter"))
}

// hours are given beside days of a short run.
func (s *screen) hours(days float64) string {
	if days >= 2 {
		return ""
	}
	return fmt.Sprintf(" = %.2g %s", days*24, s.tr("hours"))
}

func (p *Plan) tflops() float64 {
	n := 0
	for _, c := range p.Chips {
		n += c.N
	}
	return p.Model.FLOPs(p.Seq) * float64(p.Batch) * float64(p.Seq) / p.Seconds / float64(n) / 1e12
}

func (s *screen) layout(p *Plan) {
	l := p.Layout
	s.row("Layout", "%s, %s %d %s %d, %s, %s", l.String(), s.tr("batch"), p.Batch, s.tr("× sequence"), p.Seq, p.Precision, s.tr(stackName(p.Stack)))
	if p.Mixed == nil {
		return
	}
	for _, m := range p.Mixed.Parts {
		detail := m.Layout
		if m.Stages > 0 {
			detail = fmt.Sprintf("%d %s, %s %v", m.Stages, s.tr("stages"), s.tr("layers"), m.Layers)
		} else {
			detail += fmt.Sprintf(", %d %s", m.Sequences, s.tr("sequences"))
		}
		s.row("", "%s: %s, %.1f GiB, %s %.2f s", m.Chip, detail, m.MemoryGiB, s.tr("busy"), m.Seconds)
	}
	if p.Mixed.OtherSeconds > 0 {
		s.row("", "%s (%s): %.2f s", s.tr("the other way"), s.tr(p.Mixed.Other), p.Mixed.OtherSeconds)
	}
	if p.Mixed.Alone > 0 {
		s.row("", "%s %s: %.2f s; %s: %.2f s", s.tr("alone"), p.Mixed.AloneChip, p.Mixed.Alone, s.tr("if speeds added up"), p.Mixed.Ideal)
	}
}

func stackName(stack string) string {
	if stack == "2021" {
		return "software of 2021"
	}
	return "today's software"
}

// parts prints a total and its larger parts with bars.
func (s *screen) parts(label, total string, parts map[string]float64, unit string) {
	s.row(label, "%s", total)
	var sum float64
	names := make([]string, 0, len(parts))
	for k, v := range parts {
		sum += v
		names = append(names, k)
	}
	slices.SortFunc(names, func(a, b string) int {
		if parts[a] != parts[b] {
			if parts[a] > parts[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, k := range names {
		if v := parts[k]; v > 0.004*sum {
			name := s.tr(strings.ReplaceAll(k, "_", " "))
			fmt.Fprintf(s.w, "  %s%s %8.2f %-3s %5.1f%% %s\n", name, strings.Repeat(" ", max(0, 20-width(name))), v, unit, 100*v/sum, strings.Repeat("█", int(30*v/sum+0.5)))
		}
	}
}

func (s *screen) notes(p *Plan) {
	for _, n := range p.Notes {
		s.row("Note", "%s", s.tr(n))
	}
}

// WriteTable prints plans side by side.
func WriteTable(w io.Writer, plans []*Plan, lang string) {
	s := &screen{w, lang}
	rows := [][]string{planHead(s.tr)}
	for _, p := range plans {
		rows = append(rows, planCells(p, s.tr))
	}
	align(w, rows)
}

// WriteStudy prints a study as a table.
func WriteStudy(w io.Writer, lines []StudyLine, lang string) {
	s := &screen{w, lang}
	rows := [][]string{studyHead(s.tr)}
	for _, l := range lines {
		rows = append(rows, studyCells(&l, s.tr))
	}
	align(w, rows)
}

// align prints rows in columns by display width.
func align(w io.Writer, rows [][]string) {
	var wide []int
	for _, r := range rows {
		for i, c := range r {
			if i >= len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], width(c))
		}
	}
	for _, r := range rows {
		var b strings.Builder
		for i, c := range r {
			b.WriteString(c)
			if i < len(r)-1 {
				b.WriteString(strings.Repeat(" ", wide[i]-width(c)+2))
			}
		}
		fmt.Fprintln(w, b.String())
	}
}

// WriteData prints the data side of a plan.
func WriteData(w io.Writer, d *DataNeed, lang string) {
	s := &screen{w, lang}
	s.row("Data", "%s %s, %s %s, %s; %s %s", Count(d.Tokens), s.tr("tokens"), Count(d.Documents), s.tr("documents"), bytesText(d.TextTB), Count(d.CPUHours), s.tr("CPU core-hours to prepare"))
	for _, e := range d.Sources {
		s.row("", "%s: %s %s × %.2f %s", e.Name, Count(e.Tokens), s.tr("tokens"), e.Times, s.tr("passes"))
	}
	if d.Warning != "" {
		s.row("Note", "%s", s.tr(d.Warning))
	}
	for _, a := range d.Assumed {
		s.row("Note", "%s: %s", s.tr("assumed"), s.tr(a))
	}
}
