package crawl

import (
	"bytes"
	"io"
)

// gzip reads the segments of a gzip file that start within the task.
func (j *job) gzip() error {
	g := &gzipFile{job: j, m: newMembers(j.file, warcFormat{}), find: newFinder(j.file, warcFormat{})}
	g.p = parser{format: warcFormat{}, maxBlock: j.src.maxBlock(), whole: true}
	at := int64(0)
	if j.task.Start > 0 {
		var err error
		if at, err = g.first(); err != nil || at < 0 || at >= j.task.End {
			return err
		}
	}
	return g.read(at)
}

type gzipFile struct {
	*job
	m    *members
	find *finder
	p    parser
}

// read reads segments from offset at, where one starts, to the first that
// belongs to the next task.
func (g *gzipFile) read(at int64) error {
	g.m.at(at)
	for open := g.m.next(); g.err == nil; {
		if !open {
			if done, err := g.gap(); done || err != nil {
				return err
			}
			open = true
		}
		if g.m.start >= g.task.End && g.m.begins() {
			g.src.remember(place{g.task.File, g.task.End}, g.m.start)
			return nil
		}
		var err error
		if open, err = g.segment(); err != nil {
			return err
		}
	}
	return g.err
}

// gap handles a place where no member starts: the end of the file, zero
// padding, or garbage, which is reported. It opens the next member that begins
// a record.
func (g *gzipFile) gap() (done bool, err error) {
	from := g.m.offset()
	b, err := g.m.in.Peek(1)
	for len(b) > 0 && b[0] == 0 {
		g.m.in.Discard(1)
		b, err = g.m.in.Peek(1)
	}
	if len(b) == 0 {
		if err == io.EOF {
			err = nil
		}
		return true, err
	}
	if g.m.next() {
		return false, nil
	}
	to, err := g.resync(g.m.offset())
	if err != nil {
		return true, err
	}
	if !g.emit(event{wrong: "no gzip member starts here", lost: to - from}, from, 0) {
		return true, nil
	}
	g.m.at(to)
	return !g.m.next(), nil
}

// resync returns the next place at or after off where a record's member
// starts, or the file's size.
func (g *gzipFile) resync(off int64) (int64, error) {
	to, err := g.find.next(off, g.size)
	if to < 0 {
		to = g.size
	}
	return to, err
}

// segment reads the open segment and opens the member behind it; open is false
// if none starts there.
func (g *gzipFile) segment() (open bool, err error) {
	start := g.m.start
	g.m.segEnd = false
	g.p.win.reset(g.m, 0)
	var broken *event
	g.p.run(func(e event) bool {
		if e.ended {
			broken = &event{wrong: e.wrong, lost: e.lost}
			return true
		}
		return g.emit(e, start, e.pos)
	})
	if g.err != nil || g.m.raw.err != nil {
		return false, g.m.raw.err
	}
	if g.m.segEnd {
		return true, nil
	}
	off, bad := g.m.end()
	if !bad {
		return g.m.next(), nil
	}
	return g.recover(start, off, broken)
}

// recover goes on behind a member that is damaged, at the next one that begins
// a record at off or later.
func (g *gzipFile) recover(start, off int64, broken *event) (open bool, err error) {
	to, err := g.resync(off)
	if err != nil {
		return false, err
	}
	if broken != nil {
		broken.lost = max(broken.lost, to-g.m.start)
		if !g.emit(*broken, g.m.start, 0) {
			return false, nil
		}
	}
	g.m.at(to)
	return g.m.next(), nil
}

// first returns the place where the first segment at or behind the task's start
// begins, as a reader from the file's start would find it.
func (g *gzipFile) first() (int64, error) {
	if off, ok := g.src.remembered(place{g.task.File, g.task.Start}); ok {
		return off, nil
	}
	off, err := g.find.next(g.task.Start, g.task.End)
	if err != nil || off < 0 || g.find.chained(off) {
		return off, err
	}
	return g.walk()
}

// walk reads members from the file's start without looking at their records.
func (g *gzipFile) walk() (int64, error) {
	scratch := make([]byte, 1<<16)
	m := g.m
	m.at(0)
	for {
		if !m.next() {
			b, err := m.in.Peek(1)
			if len(b) == 0 {
				return -1, ignoreEOF(err)
			}
			if b[0] == 0 {
				m.in.Discard(1)
				continue
			}
			to, err := g.resync(m.offset())
			if err != nil || to == g.size {
				return -1, err
			}
			m.at(to)
			continue
		}
		if m.start >= g.task.Start && m.begins() {
			return m.start, nil
		}
		for m.err == nil {
			_, m.err = m.zip.Read(scratch)
		}
		if off, bad := m.end(); bad {
			to, err := g.resync(off)
			if err != nil || to == g.size {
				return -1, err
			}
			m.at(to)
		}
	}
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// peekMagic reports whether a gzip member may start in what is next, or
// nothing is.
func (m *members) peekMagic() bool {
	b, _ := m.in.Peek(len(gzipMagic))
	return len(b) == 0 || bytes.Equal(b, gzipMagic)
}
