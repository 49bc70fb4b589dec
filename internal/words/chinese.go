package words

import "unicode/utf8"

// A segmenter is the scratch space of the Chinese rules.
type segmenter struct {
	runes []rune
	at    []uint32 // byte offset of each character, and of the end
	score []float64
	next  []int32 // end of the best word from each character
	prev  [][4]uint8
	path  []uint8
}

// chinese cuts text as jieba 0.42.1 does in its default mode, and white space as
// spaCy does around it.
func (c *cutter) chinese(text string) {
	d := jieba()
	for i, start := 0, 0; i < len(text); {
		r, _ := decode(text[i:])
		_, _, j := run(text, i)
		if IsSpace(r) {
			if start < j {
				c.tokens = append(c.tokens, token{uint32(start), uint32(j), true})
			}
			start = j
		} else {
			c.blocks(d, text, i, j)
			start = j
			if j < len(text) && text[j] == ' ' {
				start++
			}
		}
		i = j
	}
}

func isHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fd5 }

// inBlock reports whether jieba looks for words at r; it emits all other
// characters one by one.
func inBlock(r rune) bool {
	switch {
	case isHan(r), r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	switch r {
	case '+', '#', '&', '.', '_', '%', '-':
		return true
	}
	return false
}

func (c *cutter) blocks(d *dictionary, text string, i, end int) {
	s := &c.jieba
	for i < end {
		s.runes, s.at = s.runes[:0], s.at[:0]
		var r rune
		var n int
		for i < end {
			if r, n = decode(text[i:end]); !inBlock(r) {
				break
			}
			s.runes = append(s.runes, r)
			s.at = append(s.at, uint32(i))
			i += n
		}
		if len(s.runes) > 0 {
			s.at = append(s.at, uint32(i))
			c.block(d)
			continue
		}
		c.tokens = append(c.tokens, token{uint32(i), uint32(i + n), false})
		i += n
	}
}

// block cuts a run of block characters along the best path, then hands runs of
// single characters to the model.
func (c *cutter) block(d *dictionary) {
	s := &c.jieba
	s.route(d)
	single := 0 // characters up to x that wait
	n := len(s.runes)
	for x := 0; x < n; {
		y := int(s.next[x])
		if y-x == 1 {
			single++
		} else {
			c.singles(d, x-single, x)
			single = 0
			c.emit(x, y)
		}
		x = y
	}
	c.singles(d, n-single, n)
}

func (c *cutter) emit(x, y int) {
	c.tokens = append(c.tokens, token{c.jieba.at[x], c.jieba.at[y], false})
}

// route finds the most probable path: s.next[x] is where the best word that
// starts at x ends. Of equal paths the one with the longer word wins.
func (s *segmenter) route(d *dictionary) {
	n := len(s.runes)
	s.score = append(s.score[:0], make([]float64, n+1)...)
	s.next = append(s.next[:0], make([]int32, n)...)
	for k := n - 1; k >= 0; k-- {
		best, to := 0.0, -1
		node := d.root[uint16(s.runes[k])]
		for i := k; node != 0; {
			if w := d.weight[node]; w != 0 {
				if v := d.weights[w] + s.score[i+1]; to < 0 || v >= best {
					best, to = v, i+1
				}
			}
			if i++; i == n {
				break
			}
			node = d.child(node, uint32(s.runes[i]))
		}
		if to < 0 {
			best, to = d.unit+s.score[k+1], k+1
		}
		s.score[k], s.next[k] = best, int32(to)
	}
}

// singles emits the characters x to y, which stand alone on the best path.
func (c *cutter) singles(d *dictionary, x, y int) {
	if y-x > 1 && !d.has(c.jieba.runes[x:y]) {
		c.unknown(d, x, y)
		return
	}
	for ; x < y; x++ {
		c.emit(x, x+1)
	}
}

func (d *dictionary) has(word []rune) bool {
	node := d.root[uint16(word[0])]
	for _, r := range word[1:] {
		if node == 0 {
			return false
		}
		node = d.child(node, uint32(r))
	}
	return node != 0 && d.weight[node] != 0
}

// unknown cuts a run of single characters: Han by the model, others into
// numbers, Latin words and what is between them.
func (c *cutter) unknown(d *dictionary, x, y int) {
	runes := c.jieba.runes
	for x < y {
		end := x
		for end < y && isHan(runes[end]) == isHan(runes[x]) {
			end++
		}
		if isHan(runes[x]) {
			c.model(d, x, end)
		} else {
			c.latin(x, end)
		}
		x = end
	}
}

func isAlnum(r rune) bool { return r < utf8.RuneSelf && class(r)&(isLetter|isDigit) != 0 }

// latin splits by [a-zA-Z0-9]+(\.\d+)?%? and keeps all pieces.
func (c *cutter) latin(x, y int) {
	runes := c.jieba.runes
	from := x
	for i := x; i < y; {
		if !isAlnum(runes[i]) {
			i++
			continue
		}
		if from < i {
			c.emit(from, i)
		}
		from = i
		for i < y && isAlnum(runes[i]) {
			i++
		}
		if i+1 < y && runes[i] == '.' && IsDigit(runes[i+1]) {
			for i++; i < y && IsDigit(runes[i]); {
				i++
			}
		}
		if i < y && runes[i] == '%' {
			i++
		}
		c.emit(from, i)
		from = i
	}
	if from < y {
		c.emit(from, y)
	}
}

// States of the model, in alphabetical order: of equal paths the one through
// the later state wins.
const (
	stateB = iota // first character of a word
	stateE        // last
	stateM        // between
	stateS        // a word by itself
)

// Transitions of jieba's model that are possible, from row to column.
const (
	transBE, transBM = -0.510825623765990, -0.916290731874155
	transEB, transES = -0.5897149736854513, -0.8085250474669937
	transME, transMM = -0.33344856811948514, -1.2603623820268226
	transSB, transSS = -0.7211965654669841, -0.6658631448798212
	startB, startS   = -0.26268660809250016, -1.4652633398537678
)

// model cuts Han characters x to y along the most probable states.
func (c *cutter) model(d *dictionary, x, y int) {
	s := &c.jieba
	n := y - x
	s.prev = append(s.prev[:0], make([][4]uint8, n)...)
	e := &d.emits[d.emit[uint16(s.runes[x])]]
	v := [4]float64{startB + e[stateB], never + e[stateE], never + e[stateM], startS + e[stateS]}
	for t := 1; t < n; t++ {
		e = &d.emits[d.emit[uint16(s.runes[x+t])]]
		p := &s.prev[t]
		v = [4]float64{
			stateB: better(p, stateB, v[stateE]+transEB+e[stateB], stateE, v[stateS]+transSB+e[stateB], stateS),
			stateE: better(p, stateE, v[stateB]+transBE+e[stateE], stateB, v[stateM]+transME+e[stateE], stateM),
			stateM: better(p, stateM, v[stateB]+transBM+e[stateM], stateB, v[stateM]+transMM+e[stateM], stateM),
			stateS: better(p, stateS, v[stateE]+transES+e[stateS], stateE, v[stateS]+transSS+e[stateS], stateS),
		}
	}
	state := uint8(stateE)
	if v[stateS] >= v[stateE] {
		state = stateS
	}
	s.path = append(s.path[:0], make([]uint8, n)...)
	for t := n - 1; t >= 0; t-- {
		s.path[t] = state
		state = s.prev[t][state]
	}
	c.follow(x, n)
}

// better keeps which of two earlier states, the second the later in the
// alphabet, leads to state best.
func better(p *[4]uint8, state int, a float64, from uint8, b float64, orFrom uint8) float64 {
	if b >= a {
		p[state] = orFrom
		return b
	}
	p[state] = from
	return a
}

func (c *cutter) follow(x, n int) {
	begin, next := 0, 0
	for i := range n {
		switch c.jieba.path[i] {
		case stateB:
			begin = i
		case stateE:
			c.emit(x+begin, x+i+1)
			next = i + 1
		case stateS:
			c.emit(x+i, x+i+1)
			next = i + 1
		}
	}
	if next < n {
		c.emit(x+next, x+n)
	}
}
