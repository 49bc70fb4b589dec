package ngram

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// maxLine is the longest line of ARPA text that is read.
const maxLine = 1 << 20

// An arpa reads ARPA text line by line.
type arpa struct {
	in   *bufio.Scanner
	line int
	m    *Model
	want []int // n-grams by length, as the head says; not trusted
}

// ReadARPA reads a model in ARPA text. N-grams whose beginning or end is not
// listed get one without probability, as KenLM gives them; a model without
// [Unknown] gives unknown words a probability of 10^-100.
func ReadARPA(r io.Reader) (*Model, error) {
	a := &arpa{in: bufio.NewScanner(r)}
	a.in.Buffer(nil, maxLine)
	if err := a.read(); err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrFormat, a.line, err)
	}
	a.m.close()
	return a.m, nil
}

// next returns the next line that is not blank.
func (a *arpa) next() ([]byte, error) {
	for a.in.Scan() {
		a.line++
		if b := bytes.TrimSpace(a.in.Bytes()); len(b) > 0 {
			return b, nil
		}
	}
	if err := a.in.Err(); err != nil {
		return nil, err
	}
	return nil, io.ErrUnexpectedEOF
}

func (a *arpa) read() error {
	if err := a.head(); err != nil {
		return err
	}
	a.m = newModel(len(a.want))
	a.m.levels[0].fill()
	for n := 1; n <= len(a.want); n++ {
		if err := a.section(n); err != nil {
			return err
		}
	}
	if p := &a.m.levels[0].prob[unknownID]; *p != *p {
		*p = unknownLog
	}
	return a.m.marks()
}

// marks refuses models that do not say how sentences begin and end, as KenLM does.
func (m *Model) marks() error {
	for _, id := range []uint32{beginID, endID} {
		if p := m.levels[0].prob[id]; p != p {
			return fmt.Errorf("%s is not among the single words", m.words[id])
		}
	}
	return nil
}

// head reads the counts, up to the line that begins the single words.
func (a *arpa) head() error {
	for {
		b, err := a.next()
		if err != nil {
			return err
		}
		if bytes.Equal(b, []byte(`\data\`)) {
			break
		}
		if a.line > 100 {
			return errors.New(`no \data\ in the first 100 lines`)
		}
	}
	for {
		b, err := a.next()
		if err != nil {
			return err
		}
		if bytes.Equal(b, []byte(`\1-grams:`)) {
			return a.orders()
		}
		var n, count int
		if k, _ := fmt.Sscanf(string(b), "ngram %d=%d", &n, &count); k != 2 || n != len(a.want)+1 || count < 0 {
			return fmt.Errorf("%.60q: want ngram %d=COUNT", b, len(a.want)+1)
		}
		a.want = append(a.want, count)
		if n > MaxOrder {
			return fmt.Errorf("n-grams of %d words; at most %d can be read", n, MaxOrder)
		}
	}
}

func (a *arpa) orders() error {
	if len(a.want) == 0 {
		return errors.New("no counts of n-grams")
	}
	return nil
}

// section reads the n-grams of n words and the line behind them.
func (a *arpa) section(n int) error {
	end := fmt.Appendf(nil, `\%d-grams:`, n+1)
	if n == len(a.want) {
		end = []byte(`\end\`)
	}
	for got := 0; ; got++ {
		b, err := a.next()
		if err != nil {
			return err
		}
		if bytes.Equal(b, end) {
			if got != a.want[n-1] {
				return fmt.Errorf("%d n-grams of %d words, the head says %d", got, n, a.want[n-1])
			}
			return nil
		}
		if err := a.entry(b, n); err != nil {
			return err
		}
	}
}

// entry takes one n-gram: probability, words, back-off.
func (a *arpa) entry(b []byte, n int) error {
	f := bytes.Fields(b)
	if len(f) != n+1 && len(f) != n+2 {
		return fmt.Errorf("%.60q: want a probability, %d words and perhaps a back-off", b, n)
	}
	prob, err := number(f[0])
	if err == nil && prob > 0 {
		err = fmt.Errorf("%.60q: a probability above 1", b)
	}
	if err != nil {
		return err
	}
	back := float32(0)
	if len(f) == n+2 {
		if back, err = number(f[n+1]); err != nil {
			return err
		}
	}
	m := a.m
	e := uint32(0)
	for k := 1; k <= n; k++ {
		id, ok := m.ids[string(f[k])]
		switch {
		case ok:
		case n == 1:
			id = m.addWord(string(f[k]))
			m.levels[0].fill()
		default:
			return fmt.Errorf("word %.40q is not among the single words", f[k])
		}
		if k == 1 {
			e = id
		} else {
			e = m.place(k, e, id)
		}
	}
	l := &m.levels[n-1]
	if l.prob[e] == l.prob[e] {
		return fmt.Errorf("%.60q stands there twice", b)
	}
	l.prob[e], l.back[e] = prob, back
	return nil
}

// place finds an n-gram of n words, or puts it in without probability.
func (m *Model) place(n int, parent, word uint32) uint32 {
	l := &m.levels[n-1]
	e, ok := l.find(parent, word)
	if !ok {
		e = l.add(parent, word)
		l.fill()
	}
	return e
}

func number(b []byte) (float32, error) {
	v, err := strconv.ParseFloat(string(b), 32)
	if err != nil || v != v || v > 1e30 {
		return 0, fmt.Errorf("%.40q is not a logarithm", b)
	}
	return float32(max(v, -1e30)), nil
}

// close puts in the ends of all n-grams, so that a search can stop at the
// first length that is not there.
func (m *Model) close() {
	var ids []uint32
	for n := len(m.levels); n > 2; n-- {
		for e := range m.levels[n-1].word {
			ids = m.ngram(ids[:0], n, uint32(e))
			at := ids[1]
			for k := 2; k < n; k++ {
				at = m.place(k, at, ids[k])
			}
		}
	}
}

// ngram appends the words of an n-gram of n words.
func (m *Model) ngram(ids []uint32, n int, e uint32) []uint32 {
	from := len(ids)
	for range n {
		ids = append(ids, 0)
	}
	for k := n; k > 1; k-- {
		l := &m.levels[k-1]
		ids[from+k-1], e = l.word[e], l.parent[e]
	}
	ids[from] = e
	return ids
}

// WriteARPA writes the model as ARPA text, n-grams in the order they were
// first seen in.
func (m *Model) WriteARPA(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "\\data\\\n")
	for n, count := range m.Counts() {
		fmt.Fprintf(out, "ngram %d=%d\n", n+1, count)
	}
	var ids []uint32
	var line []byte
	for n := 1; n <= len(m.levels); n++ {
		fmt.Fprintf(out, "\n\\%d-grams:\n", n)
		l := &m.levels[n-1]
		for e := range l.word {
			if l.prob[e] != l.prob[e] {
				continue
			}
			line = strconv.AppendFloat(line[:0], float64(l.prob[e]), 'g', -1, 32)
			ids = m.ngram(ids[:0], n, uint32(e))
			for k, id := range ids {
				line = append(append(line, "\t "[min(k, 1)]), m.words[id]...)
			}
			if n < len(m.levels) {
				line = strconv.AppendFloat(append(line, '\t'), float64(l.back[e]), 'g', -1, 32)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	fmt.Fprintf(out, "\n\\end\\\n")
	return out.Flush()
}
