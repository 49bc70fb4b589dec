// Package progress shows how far long work is: a bar that is redrawn on a
// terminal, a plain line now and then otherwise. Start with New; Add from any
// goroutine; Close when done. It writes to stderr only what a person reads.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	barEvery  = 200 * time.Millisecond
	lineEvery = 10 * time.Second
	barWidth  = 28
)

// A Meter shows one piece of long work.
type Meter struct {
	w        io.Writer
	terminal bool
	what     string
	unit     func(int64) string
	total    int64
	start    time.Time

	mu      sync.Mutex
	done    int64
	skipped int64 // of done, by an earlier process
	drawn   time.Time
	written bool
}

// New returns a meter for total units of work, which unit puts into words. A
// nil writer shows nothing.
func New(w io.Writer, what string, total int64, unit func(int64) string) *Meter {
	now := time.Now()
	return &Meter{w: w, terminal: isTerminal(w), what: what, unit: unit, total: total, start: now, drawn: now}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// Add says that n more units are done.
func (m *Meter) Add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	every := lineEvery
	if m.terminal {
		every = barEvery
	}
	if now := time.Now(); m.w != nil && now.Sub(m.drawn) >= every {
		m.drawn = now
		m.draw(now)
	}
}

// Skip says that n units were done before: they tell nothing about the pace.
func (m *Meter) Skip(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	m.skipped += n
}

// SetTotal says how much work there is, once that is known.
func (m *Meter) SetTotal(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = n
}

// Close ends the work's line.
func (m *Meter) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.w == nil {
		return
	}
	if m.terminal && m.written {
		fmt.Fprint(m.w, "\r\x1b[K")
	}
	word := "in"
	if m.total > 0 && m.done < m.total {
		word = "of " + m.unit(m.total) + ", stopped after"
	}
	fmt.Fprintf(m.w, "%-10s %s %s %s\n", m.what, m.unit(m.done), word, short(time.Since(m.start)))
}

// now is the share done of what this process has to do.
func (m *Meter) now() float64 {
	if m.total <= m.skipped {
		return 1
	}
	return min(1, float64(m.done-m.skipped)/float64(m.total-m.skipped))
}

func (m *Meter) draw(at time.Time) {
	if m.total <= 0 { // nobody knows how much there is
		line := fmt.Sprintf("%-10s %s", m.what, m.unit(m.done))
		if !m.terminal {
			fmt.Fprintln(m.w, line)
			return
		}
		fmt.Fprint(m.w, "\r\x1b[K", line)
		m.written = true
		return
	}
	share := min(1, float64(m.done)/float64(m.total))
	left := "…"
	if now := m.now(); now > 0.01 {
		left = short(time.Duration(float64(at.Sub(m.start))*(1-now)/now)) + " left"
	}
	if !m.terminal {
		fmt.Fprintf(m.w, "%-10s %3.0f %%  %s of %s  %s\n", m.what, share*100, m.unit(m.done), m.unit(m.total), left)
		return
	}
	full := int(share * barWidth)
	fmt.Fprintf(m.w, "\r\x1b[K%-10s [%s%s] %3.0f %%  %s  %s", m.what,
		strings.Repeat("█", full), strings.Repeat("·", barWidth-full), share*100, m.unit(m.done), left)
	m.written = true
}

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// Bytes puts a number of bytes into words.
func Bytes(n int64) string {
	switch x := float64(n); {
	case x >= 1e12:
		return fmt.Sprintf("%.2f TB", x/1e12)
	case x >= 1e9:
		return fmt.Sprintf("%.2f GB", x/1e9)
	case x >= 1e6:
		return fmt.Sprintf("%.1f MB", x/1e6)
	case x >= 1e3:
		return fmt.Sprintf("%.1f kB", x/1e3)
	}
	return fmt.Sprintf("%d B", n)
}

// Count puts a number of things into words: 1 shard, 2 shards.
func Count(thing string) func(int64) string {
	return func(n int64) string {
		if n == 1 {
			return "1 " + thing
		}
		return fmt.Sprintf("%d %ss", n, thing)
	}
}
