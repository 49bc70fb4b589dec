package wikitext

import (
	"bytes"
)

// A table is a table being read.
type table struct {
	cells   [][]byte
	caption bool // cells holds the caption
	open    bool // the last cell goes on
	deep    bool // below maxTables: its content is dropped
}

// maxCells is how many cells a row may have before it is written.
const maxCells = 10_000

// tableLine takes a line that starts, ends or goes on with a table.
func (l *lineReader) tableLine(line []byte) bool {
	start := bytes.TrimLeft(line, ":\x02 ")
	if bytes.HasPrefix(start, []byte("{|")) {
		l.endPara()
		if len(l.tables) < maxTables {
			l.tables = append(l.tables, table{})
		} else {
			l.tables[len(l.tables)-1].deep = true
		}
		return true
	}
	line = bytes.TrimLeft(line, "\x02")
	if len(line) == 0 || line[0] != '|' && line[0] != '!' {
		return false
	}
	if len(l.tables) == 0 {
		return l.strayLine(line)
	}
	t := &l.tables[len(l.tables)-1]
	switch {
	case bytes.HasPrefix(line, []byte("|}")):
		l.endTable()
		if rest := bytes.TrimSpace(line[2:]); len(rest) > 0 {
			l.line(rest)
		}
	case bytes.HasPrefix(line, []byte("|-")):
		l.endRow()
	case bytes.HasPrefix(line, []byte("|+")):
		l.endRow()
		t.cells = append(t.cells, append([]byte(nil), attributed(line[2:])...))
		t.open, t.caption = true, true
	default:
		if t.caption {
			l.endRow()
		}
		if len(t.cells) >= maxCells {
			l.endRow()
		}
		if !t.deep {
			l.cells(t, line)
		}
	}
	return true
}

// strayLine drops the marks of a table whose start is missing.
func (l *lineReader) strayLine(line []byte) bool {
	if line[0] != '|' {
		return false
	}
	l.endPara()
	if bytes.HasPrefix(line, []byte("|-")) || bytes.HasPrefix(line, []byte("|}")) {
		if rest := bytes.TrimSpace(bytes.TrimLeft(line, "|-}")); len(rest) > 0 && line[1] == '}' {
			l.line(rest)
		}
		return true
	}
	if rest := bytes.TrimLeft(line, "| "); len(rest) > 0 {
		l.body(blockText, l.finish(rest, ' '))
	}
	return true
}

// cells reads a line of cells: "| a || b" or "! a !! b".
func (l *lineReader) cells(t *table, line []byte) {
	head := line[0] == '!'
	rest, from := line[1:], 0
	for i := 0; i+1 < len(rest); i++ {
		if c := rest[i]; c == rest[i+1] && (c == '|' || head && c == '!') {
			t.cells = append(t.cells, append([]byte(nil), attributed(rest[from:i])...))
			i++
			from = i + 1
		}
	}
	t.cells = append(t.cells, append([]byte(nil), attributed(rest[from:])...))
	t.open = true
}

// attributed drops the attributes before a cell's text.
func attributed(cell []byte) []byte {
	if i := bytes.IndexByte(cell, '|'); i >= 0 {
		cell = cell[i+1:]
	}
	return bytes.TrimSpace(cell)
}

// cellLine adds a line to the open cell.
func (l *lineReader) cellLine(line []byte) {
	t := &l.tables[len(l.tables)-1]
	line = bytes.TrimLeft(line, "*#:; ")
	if level, text, ok := headingLine(line); ok && level > 1 {
		line = text
	}
	if !t.open || len(t.cells) == 0 || len(line) == 0 {
		return
	}
	last := &t.cells[len(t.cells)-1]
	if len(*last) > 0 && !(wideEnd(*last) && wideStart(line)) {
		*last = append(*last, ' ')
	}
	*last = append(*last, line...)
}

// endRow writes the row that is being read.
func (l *lineReader) endRow() {
	t := &l.tables[len(l.tables)-1]
	if len(t.cells) == 0 {
		return
	}
	var row []byte
	for _, c := range t.cells {
		if words := l.finish(c, ' '); len(words) > 0 {
			if len(row) > 0 {
				row = append(row, " | "...)
			}
			row = append(row, words...)
		}
	}
	t.cells, t.open, t.caption = t.cells[:0], false, false
	if !l.p.DropTables && !t.deep {
		l.body(blockRow, row)
	}
}

func (l *lineReader) endTable() {
	l.endRow()
	l.tables = l.tables[:len(l.tables)-1]
	if len(l.tables) == 0 {
		l.last = blockText
	}
}
