package crawl

import (
	"io"
)

// An archive is a WARC or ARC file being read for one task.
type archive struct {
	*job
	m    *members // nil for files that are not compressed
	find *finder
	p    parser
}

// archive reads the records of the task's range.
func (j *job) archive() error {
	f := formatOf(j.kind)
	a := &archive{job: j, p: parser{format: f, maxBlock: j.src.p.MaxBody + 1<<16}}
	a.p.win.buf = j.scratch.window
	defer func() { j.scratch.window = a.p.win.kept() }()
	if j.storage == storedPlain {
		return a.plain()
	}
	var err error
	if a.m, err = j.members(f, j.scratch); err != nil {
		return err
	}
	defer a.m.close()
	defer a.closeFinder()
	a.p.whole = true
	at := int64(0)
	if j.task.Start > 0 {
		if at, err = a.first(); err != nil || at < 0 {
			return err
		}
		if at >= j.task.End {
			j.src.remember(place{j.task.File, j.task.End}, at)
			return nil
		}
	}
	return a.read(at)
}

// plain reads a file that is not compressed. Which bytes begin a record is
// known for sure only by reading from the file's start, so a later task passes
// over what earlier tasks read, unless one of them left word.
func (a *archive) plain() error {
	from, ok := a.src.remembered(place{a.task.File, a.task.Start})
	if !ok {
		from = 0
	}
	raw := &fileReader{file: a.file, off: from}
	a.p.win.reset(raw, from)
	a.p.run(func(e event) bool {
		switch {
		case e.pos >= a.task.End:
			a.src.remember(place{a.task.File, a.task.End}, e.pos)
			return false
		case e.pos < a.task.Start:
			return true
		}
		return a.emit(e, e.pos, 0)
	})
	return raw.err
}

// read reads segments from offset at, where one starts, to the first that
// belongs to the next task.
func (a *archive) read(at int64) error {
	a.m.at(at)
	for open := a.m.next(); a.err == nil; {
		if !open {
			if done, err := a.gap(); done || err != nil {
				return err
			}
		}
		if a.m.start >= a.task.End && a.m.begins() {
			a.src.remember(place{a.task.File, a.task.End}, a.m.start)
			return nil
		}
		var err error
		if open, err = a.segment(); err != nil {
			return err
		}
	}
	return a.err
}

// gap handles a place where no member starts: the end of the file, zero
// padding, or garbage, which is reported. It opens the next member that begins
// a record.
func (a *archive) gap() (done bool, err error) {
	from, end, err := a.m.padding()
	if end || err != nil {
		return true, err
	}
	if a.m.next() {
		return false, nil
	}
	to, err := a.resync(from)
	if err != nil || !a.emit(event{wrong: "no compressed member starts here", lost: to - from}, from, 0) {
		return true, err
	}
	a.m.at(to)
	return !a.m.next(), nil
}

// padding passes over zero bytes; end is true at the end of the file.
func (m *members) padding() (off int64, end bool, err error) {
	b, err := m.in.Peek(1)
	for len(b) > 0 && b[0] == 0 {
		m.in.Discard(1)
		b, err = m.in.Peek(1)
	}
	if err == io.EOF {
		err = nil
	}
	return m.offset(), len(b) == 0, err
}

// resync returns the next place at or behind off where a record's member
// starts, or the file's size.
func (a *archive) resync(off int64) (int64, error) {
	to, err := a.look(off, a.size)
	if to < 0 {
		to = a.size
	}
	return to, err
}

// look returns the first place in [from, to) where a record's member starts, or
// -1.
func (a *archive) look(from, to int64) (int64, error) {
	if a.find == nil {
		var err error
		if a.find, err = a.finder(a.p.format); err != nil {
			return -1, err
		}
	}
	return a.find.next(from, to)
}

func (a *archive) closeFinder() {
	if a.find != nil {
		a.find.m.close()
	}
}

// segment reads the open segment and opens the member behind it; open is false
// if none starts there.
func (a *archive) segment() (open bool, err error) {
	start := a.m.start
	a.m.segEnd = false
	if b, ok := a.m.whole(); ok {
		a.p.win.load(b)
	} else {
		a.p.win.reset(a.m, 0)
	}
	var broken *event
	a.p.run(func(e event) bool {
		if e.ended {
			broken = &e
			return true
		}
		return a.emit(e, start, e.pos)
	})
	if a.err != nil || a.m.raw.err != nil {
		return false, a.m.raw.err
	}
	if a.m.segEnd {
		return true, nil
	}
	bad := a.m.start
	to, err := a.after()
	if err != nil {
		return false, err
	}
	if broken != nil {
		broken.lost = max(broken.lost, to-bad)
		if !a.emit(*broken, bad, 0) {
			return false, nil
		}
	}
	if to != a.m.offset() {
		a.m.at(to)
	}
	return a.m.next(), nil
}

// first returns the place where the first segment at or behind the task's start
// begins, as a reader from the file's start would find it, or -1.
func (a *archive) first() (int64, error) {
	if off, ok := a.src.remembered(place{a.task.File, a.task.Start}); ok {
		return off, nil
	}
	off, err := a.look(a.task.Start, a.task.End)
	if err != nil || off < 0 || a.m.zip != nil && a.find.chained(off) {
		return off, err
	}
	return a.walk()
}

// walk passes over members from the file's start without looking at their
// records.
func (a *archive) walk() (int64, error) {
	scratch := make([]byte, 1<<16)
	m := a.m
	m.at(0)
	for open := m.next(); ; open = m.next() {
		if !open {
			off, end, err := m.padding()
			if end || err != nil {
				return -1, err
			}
			if !m.next() {
				if off, err = a.resync(off); err != nil || off == a.size {
					return -1, err
				}
				m.at(off)
				m.next()
			}
		}
		if m.start >= a.task.Start && m.begins() {
			return m.start, nil
		}
		if m.zip != nil || m.stop <= m.start {
			m.drain(scratch)
		}
		off, err := a.after()
		if err != nil || off == a.size {
			return -1, err
		}
		if off != m.offset() {
			m.at(off)
		}
	}
}

// after returns where reading goes on behind the last member that was opened.
func (a *archive) after() (int64, error) {
	to, bad := a.m.end()
	if bad {
		return a.resync(to)
	}
	return min(to, a.size), nil
}
