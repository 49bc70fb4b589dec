package inspect

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"
)

// A Label is what a person calls a document. The file of labels is JSON lines,
// written one line a keypress; the last line about a document counts.
type Label struct {
	ID    string `json:"id"` // or record's file@offset, for a document without one
	URL   string `json:"url"`
	Label string `json:"label"` // good, bad, or none where one was taken back
	When  string `json:"when"`  // RFC 3339, UTC
}

// labelWord returns the word of a label's number; 0 is no label.
func labelWord(l uint8) string { return [...]string{"none", "good", "bad"}[l] }

func labelNumber(word string) (uint8, bool) {
	for l := range uint8(3) {
		if labelWord(l) == word {
			return l, true
		}
	}
	return 0, false
}

// LabelsName is where the labels of the run in dir stand.
func LabelsName(dir string) string { return filepath.Join(dir, "labels.jsonl") }

// labels are the labels of a run, in step with their file, to which other
// inspectors may write as well.
type labels struct {
	mu    sync.Mutex
	name  string
	read  int64       // bytes of the file that are read
	last  []byte      // the last line of them
	seen  fs.FileInfo // the file when it was read, nil before
	bad   int         // lines that are no labels
	torn  bool        // the file ends in half a line
	order []string
	by    map[string]Label
	keys  map[uint64]uint8
}

func openLabels(name string) (*labels, error) {
	l := &labels{name: name}
	l.reset()
	return l, l.refresh()
}

func (l *labels) reset() {
	l.read, l.last, l.seen, l.bad, l.torn, l.order = 0, nil, nil, 0, false, nil
	l.by, l.keys = map[string]Label{}, map[uint64]uint8{}
}

// refresh reads what was added to the file.
func (l *labels) refresh() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tail()
}

func (l *labels) tail() error {
	f, err := os.Open(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		l.reset()
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if l.seen != nil && info.Size() == l.read && os.SameFile(info, l.seen) && info.ModTime().Equal(l.seen.ModTime()) {
		return nil
	}
	if !l.grown(f, info) { // somebody wrote it anew
		l.reset()
	}
	l.seen = info
	if _, err := f.Seek(l.read, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			l.torn = len(line) > 0 // read again when it is whole
			return nil
		}
		if err != nil {
			return err
		}
		l.read, l.last = l.read+int64(len(line)), line
		l.line(line)
	}
}

// grown reports whether the file is the one that was read, with more behind it:
// not another in its place, as editors leave, nor other bytes in the same one.
func (l *labels) grown(f *os.File, info fs.FileInfo) bool {
	if l.seen == nil || !os.SameFile(info, l.seen) || info.Size() <= l.read {
		return false
	}
	last := make([]byte, len(l.last))
	_, err := f.ReadAt(last, l.read-int64(len(last)))
	return err == nil && bytes.Equal(last, l.last)
}

func (l *labels) line(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	var row Label
	n, ok := uint8(0), false
	if err := json.Unmarshal(line, &row); err == nil && row.ID != "" {
		n, ok = labelNumber(row.Label)
	}
	if !ok {
		l.bad++
		return
	}
	if _, known := l.by[row.ID]; !known {
		l.order = append(l.order, row.ID)
	}
	l.by[row.ID] = row
	l.keys[xxh3.HashString(row.ID)] = n
}

// set writes a label, and returns once the disk has it.
func (l *labels) set(id, url, word string, now time.Time) error {
	if _, ok := labelNumber(word); !ok || id == "" {
		return fmt.Errorf("label %q of %q: must be good, bad or none", word, id)
	}
	b, err := json.Marshal(Label{id, url, word, now.UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.tail(); err != nil {
		return err
	}
	if l.torn { // of a process that was killed: its half line must not spoil this one
		b = append([]byte("\n"), b...)
	}
	f, err := os.OpenFile(l.name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	if _, err = f.Write(append(b, '\n')); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return l.tail()
}

// rows returns the labels that stand, in the order in which documents got their first.
func (l *labels) rows() []Label {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []Label{}
	for _, id := range l.order {
		if row := l.by[id]; row.Label != "none" {
			out = append(out, row)
		}
	}
	return out
}

// snapshot returns the labels by key, not to be changed later.
func (l *labels) snapshot() map[uint64]uint8 {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[uint64]uint8, len(l.keys))
	for k, v := range l.keys {
		out[k] = v
	}
	return out
}

// Labels returns the labels of the run in dir, one for each document.
func Labels(dir string) ([]Label, error) {
	l, err := openLabels(LabelsName(dir))
	if err != nil {
		return nil, err
	}
	return slices.Clip(l.rows()), nil
}
