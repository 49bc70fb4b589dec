package plan

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"feilun/internal/charset"
	"feilun/internal/hint"
)

// A row is one line of a CSV table by column name.
type row struct {
	line   int
	cells  map[string]string
	unread *[]string // optional cells that are no numbers, taken as blank
}

func (r row) text(name string) string { return strings.TrimSpace(r.cells[name]) }

// num returns a cell as a number; blank is 0. A cell that is not a finite,
// non-negative number is an error that names the column.
func (r row) num(name string) (float64, error) {
	s := strings.ReplaceAll(r.text(name), ",", "")
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		v, err = ParseCount(s) // 175B, 300亿
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0, fmt.Errorf("line %d: %s is %q, not a number of at least 0", r.line, name, s)
	}
	return v, nil
}

// readTable reads a CSV table with a header line that has the wanted columns.
func readTable(in io.Reader, want ...string) ([]row, error) {
	c := csv.NewReader(charset.Unmarked(in))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, hint.With(fmt.Errorf("no header line: %w", err), "the first line names the columns, as in docs/formats/plan-tables.md")
	}
	seen := map[string]bool{}
	for i, h := range head {
		head[i] = strings.ToLower(strings.TrimSpace(h))
		seen[head[i]] = true
	}
	for _, w := range want {
		if !seen[w] {
			return nil, hint.With(fmt.Errorf("the table has no column %q", w), "the columns are described in docs/formats/plan-tables.md")
		}
	}
	var rows []row
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		r := row{line: line, cells: make(map[string]string, len(head)), unread: new([]string)}
		for i, cell := range cells {
			if i < len(head) {
				r.cells[head[i]] = cell
			}
		}
		rows = append(rows, r)
	}
}

// numOr is [row.num] for a column that may be blank: a cell that is no number
// is blank too, and noted.
func (r row) numOr(name string, most float64) float64 {
	v, err := r.num(name)
	if err != nil || v > most {
		if !slices.Contains(*r.unread, name) {
			*r.unread = append(*r.unread, name)
		}
		return 0
	}
	return v
}

// ints reads several whole-number columns that may be blank.
func (r row) ints(names ...string) map[string]int {
	out := make(map[string]int, len(names))
	for _, n := range names {
		out[n] = int(r.numOr(n, math.MaxInt32))
	}
	return out
}

// note says which cells were not read.
func (r row) note() string {
	if len(*r.unread) == 0 {
		return ""
	}
	return "taken as blank, no number: " + strings.Join(*r.unread, ", ")
}

// modelOf builds the model a row describes. Blank heads take the usual head
// size; gated and tied are whichever explains the stated parameter count.
func (r row) modelOf(total float64) (Model, error) {
	n := r.ints("layers", "hidden", "heads", "kv_heads", "ffn", "vocab", "seq_len")
	m := Model{Name: r.text("model"), Layers: n["layers"], Hidden: n["hidden"], Heads: n["heads"], KVHeads: n["kv_heads"],
		FFN: n["ffn"], Vocab: n["vocab"], SeqLen: n["seq_len"], Stated: total, StatedActive: total}
	if m.SeqLen == 0 {
		m.SeqLen = 2048
	}
	if m.Vocab == 0 {
		m.Vocab = 50304
	}
	if m.Layers == 0 || m.Hidden == 0 {
		if total < 1e6 || total > 1e14 {
			return m, hint.With(fmt.Errorf("line %d: neither layers and hidden nor a parameter count between 1M and 100T", r.line), "fill params_total or layers and hidden")
		}
		d := Derive(total, m.Vocab, m.SeqLen, true)
		d.Name = m.Name
		return d, nil
	}
	if m.Hidden > 1<<20 || m.Layers > 10_000 {
		return m, fmt.Errorf("line %d: %d layers of %d cannot be", r.line, m.Layers, m.Hidden)
	}
	if m.Heads == 0 {
		m.Heads = usualHeads(m.Hidden)
	}
	if m.KVHeads == 0 {
		m.KVHeads = m.Heads
	}
	if m.FFN == 0 {
		m.FFN = 4 * m.Hidden
	}
	m.HeadDim = max(1, m.Hidden/m.Heads)
	m.settle(total)
	return m, m.Validate()
}

// settle picks gated and tied so that the computed count comes nearest the
// stated one.
func (m *Model) settle(total float64) {
	m.Tied = true
	m.Gated = m.FFN < 3*m.Hidden
	if total <= 0 {
		return
	}
	best := math.Inf(1)
	for _, c := range []struct{ gated, tied bool }{{false, true}, {false, false}, {true, false}, {true, true}} {
		trial := *m
		trial.Gated, trial.Tied = c.gated, c.tied
		if gap := math.Abs(math.Log(trial.Params() / total)); gap < best-1e-3 {
			best, m.Gated, m.Tied = gap, c.gated, c.tied
		}
	}
}

// usualHeads returns the head count whose head size lies nearest 128 and is a
// multiple of 8.
func usualHeads(hidden int) int {
	best, gap := 1, math.Inf(1)
	for heads := 1; heads <= hidden; heads++ {
		if hidden%heads != 0 || hidden/heads%8 != 0 {
			continue
		}
		if g := math.Abs(math.Log(float64(hidden) / float64(heads) / 128)); g < gap {
			best, gap = heads, g
		}
	}
	return best
}

// precisionOf reads the precision cell; blank takes what the chip trains in.
func (r row) precisionOf(c *Chip) Precision {
	switch p := Precision(strings.ToLower(r.text("precision"))); p {
	case FP16, BF16, FP8:
		return p
	}
	if c.NoBF16 {
		return FP16
	}
	return BF16
}

// recomputeOf reads the recompute cell; ok is false when it is blank.
func (r row) recomputeOf() (rec Recompute, sequence, ok bool) {
	s := strings.ToLower(r.text("recompute"))
	sequence = strings.Contains(s, "sp")
	switch {
	case strings.HasPrefix(s, "full"):
		return RecomputeFull, sequence, true
	case strings.HasPrefix(s, "sel"):
		return RecomputeSelective, sequence, true
	case s == "":
		return RecomputeNone, false, false
	}
	return RecomputeNone, sequence, true
}

// fusedStack guesses whether a stack has fused attention, which tables do not
// say. Volta never had it and chips since 2022 never ran without it. Between
// them a run that says it recomputes everything, in FP16 or under tensor or
// pipeline parallelism, or that recomputes the attention core, is of the years
// before: fused attention removed the reason.
func fusedStack(c *Chip, p Precision, rec Recompute, known bool, tp, pp int) bool {
	switch {
	case c.Family == "volta" || c.Family == "pascal":
		return false
	case c.Year >= 2022 && c.Family != "ampere":
		return true
	case known && rec == RecomputeFull:
		return p != FP16 && tp*pp <= 1
	case known && rec == RecomputeSelective:
		return false
	}
	return true
}

// fastStack guesses whether a fused stack runs the chip maker's attention
// kernels: Megatron-like stacks on chips since 2022 do; fully sharded data
// parallelism with nothing else marks the portable kernels of 2023.
func fastStack(c *Chip, l *Layout, zeroKnown bool) bool {
	return c.Year >= 2022 && c.Family != "ampere" && !(zeroKnown && l.Zero >= 2 && l.TP*l.PP <= 1)
}
