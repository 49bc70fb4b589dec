package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"feilun/internal/progress"
)

// How often what people watch is drawn anew.
const (
	drawTerminal = 300 * time.Millisecond
	drawLine     = 10 * time.Second
	drawPage     = 5 * time.Second
)

// A show tells people how training goes: a line in the terminal, a curve at each
// measurement, and a page.
type show struct {
	w        io.Writer // nil for nobody
	terminal bool
	page     *page // nil for none
	flops    float64
	peak     float64 // operations a second of all workers, 0 if not known

	history []Row // before this process
	recent  []Row // the last steps of this process, for the pace
	drawn   time.Time
	paged   time.Time
	bpb     float64
	stopped string // why training ended early
}

func newShow(w io.Writer) *show { return &show{w: w, terminal: w != nil && progress.IsTerminal(w)} }

func (s *show) line(text string) {
	if s.w == nil {
		return
	}
	if s.terminal {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
	fmt.Fprintln(s.w, text)
}

func (s *show) remark(format string, args ...any) { s.line(fmt.Sprintf(format, args...)) }

// paceOver is how many steps the pace is a mean of.
const paceOver = 20

// pace returns tokens a second over the last steps, and what share of the
// machine's peak the arithmetic of the model is of that.
func (s *show) pace() (tokens, mfu float64) {
	n, seconds := int64(0), 0.0
	for _, r := range s.recent {
		n, seconds = n+r.Tokens, seconds+r.Seconds
	}
	if seconds == 0 {
		return 0, 0
	}
	tokens = float64(n) / seconds
	if s.peak > 0 {
		mfu = tokens * s.flops / s.peak
	}
	return tokens, mfu
}

func (s *show) step(l *loop, r Row) {
	if s.recent = append(s.recent, r); len(s.recent) > paceOver {
		s.recent = s.recent[1:]
	}
	now := time.Now()
	every := drawLine
	if s.terminal {
		every = drawTerminal
	}
	if s.w != nil && (now.Sub(s.drawn) >= every || l.s.Step == l.steps) {
		s.drawn = now
		text := s.status(l, r)
		if s.terminal {
			fmt.Fprint(s.w, "\r\x1b[K\x1b[?7l", text, "\x1b[?7h") // not onto a second row, which could not be drawn anew
		} else {
			fmt.Fprintln(s.w, text)
		}
	}
	if s.page != nil && now.Sub(s.paged) >= drawPage {
		s.paged = now
		s.page.draw(l, s) // a page that cannot be written is no reason to stop
	}
}

// status is the line that is drawn anew. A narrow terminal cuts its end off, so what is
// left of the time comes first there.
func (s *show) status(l *loop, r Row) string {
	tokens, mfu := s.pace()
	text, left := fmt.Sprintf("step %d/%d", l.s.Step, l.steps), ""
	if d := l.left(); d > 0 && tokens > 0 {
		left = "  " + short(d) + " left"
	}
	if s.terminal {
		text, left = text+left, ""
	}
	if r.Skipped != "" {
		text += "  skipped"
	} else {
		text += fmt.Sprintf("  loss %.3f", r.Loss)
	}
	if s.bpb > 0 {
		text += fmt.Sprintf("  valid %.3f bits/byte", s.bpb)
	}
	text += "  " + thousands(tokens) + " tok/s"
	if mfu > 0 {
		text += fmt.Sprintf("  %.0f %% of peak", 100*mfu)
	}
	return text + left
}

// left returns the time that the steps to come take at the pace of the last ones.
func (l *loop) left() time.Duration {
	seconds := 0.0
	for _, r := range l.show.recent {
		seconds += r.Seconds
	}
	if len(l.show.recent) == 0 {
		return 0
	}
	return time.Duration(seconds / float64(len(l.show.recent)) * float64(l.steps-l.s.Step) * 1e9)
}

func thousands(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.2fM", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.1fk", x/1e3)
	}
	return fmt.Sprintf("%.0f", x)
}

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Size of the curve in characters.
const (
	curveCols = 64
	curveRows = 8
)

func (s *show) valid(l *loop, r Row) {
	s.bpb = r.BPB
	what := fmt.Sprintf("%.4f bits/byte", r.BPB)
	if r.BPB == 0 { // of pairs
		what = fmt.Sprintf("the preferred answer is likelier in %.1f %%", 100*r.Preferred)
	}
	s.remark("step %d: validation loss %.4f, %s", r.Step, r.Valid, what)
	if s.terminal || r.Step == l.steps {
		if text := curve(losses(l.log.history), curveCols, curveRows); text != "" {
			s.line(strings.TrimRight(text, "\n"))
		}
	}
	s.paged = time.Time{}
}

// interrupted is what the page says of a run that was.
const interrupted = "interrupted; the same command goes on"

// stop draws the page of a run that ends early.
func (s *show) stop(l *loop, err error) {
	s.stopped = strings.TrimPrefix(err.Error(), errBad.Error()+": ")
	if errors.Is(err, context.Canceled) {
		s.stopped = interrupted
	}
	if s.page != nil {
		s.page.draw(l, s) // what stopped training matters more than a page that cannot be written
	}
}

// finish ends the line and draws the page for the last time.
func (s *show) finish(l *loop) {
	if s.terminal {
		fmt.Fprintln(s.w)
	}
	if s.page != nil {
		if err := s.page.draw(l, s); err != nil {
			s.remark("the page could not be written: %v", err)
		}
	}
}

func (s *show) sample(at int, x Sample) {
	s.remark("step %d: %s → %s", at, strconv.QuoteToGraphic(x.Prompt), strconv.QuoteToGraphic(x.Text))
}

// losses returns the loss of each step.
func losses(rows []Row) []point {
	var all []point
	for _, r := range rows {
		if r.Loss != 0 && r.Skipped == "" {
			all = append(all, point{float64(r.Step), r.Loss})
		}
	}
	return all
}

// A point of a curve.
type point struct{ x, y float64 }

// curve draws points with the dots of Braille characters, two by four in each,
// and the highest and lowest value beside it.
func curve(points []point, cols, rows int) string {
	means := columns(points, 2*cols)
	if len(means) < 2 {
		return ""
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range means {
		low, high = min(low, p.y), max(high, p.y)
	}
	if high == low {
		high = low + 1
	}
	grid := make([]rune, cols*rows)
	// bits of a Braille character (U+2800) by row and column of its dots
	dots := [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}
	for _, p := range means {
		x := int(p.x)
		y := int(math.Round((high - p.y) / (high - low) * float64(4*rows-1)))
		grid[y/4*cols+x/2] |= dots[y%4][x%2]
	}
	var b strings.Builder
	for r := range rows {
		label := ""
		switch r {
		case 0:
			label = fmt.Sprintf("%.3f", high)
		case rows - 1:
			label = fmt.Sprintf("%.3f", low)
		}
		fmt.Fprintf(&b, "%8s ", label)
		for c := range cols {
			b.WriteRune(0x2800 + grid[r*cols+c])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// columns returns the means of points over so many columns.
func columns(points []point, n int) []point {
	if len(points) == 0 {
		return nil
	}
	first, last := points[0].x, points[len(points)-1].x
	span := cmp.Or(last-first, 1)
	sums, counts := make([]float64, n), make([]int, n)
	for _, p := range points {
		c := min(n-1, int((p.x-first)/span*float64(n)))
		sums[c], counts[c] = sums[c]+p.y, counts[c]+1
	}
	var all []point
	for c := range n {
		if counts[c] > 0 {
			all = append(all, point{float64(c), sums[c] / float64(counts[c])})
		}
	}
	return all
}
