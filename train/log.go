package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// A Row is a line of train.log: a step, a measurement, or a sample.
type Row struct {
	Step    int     `json:"step"`
	Loss    float64 `json:"loss,omitempty"` // mean of the batch, in nats a token
	Norm    float64 `json:"norm,omitempty"` // of the gradient, before it is clipped
	Rate    float64 `json:"rate,omitempty"` // share of the highest learning rate
	Tokens  int64   `json:"tokens,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
	Skipped string  `json:"skipped,omitempty"` // why the batch did not move the weights

	Valid float64 `json:"valid_loss,omitempty"` // nats a token
	BPB   float64 `json:"valid_bpb,omitempty"`  // bits a byte
	// Preferred is the share of validation pairs of which the chosen answer became likelier than the other.
	Preferred float64 `json:"preferred,omitempty"`

	Sample *Sample `json:"sample,omitempty"`
}

// A Sample is what the model writes behind a prompt.
type Sample struct {
	Prompt string `json:"prompt"`
	Text   string `json:"text"`
}

// A logFile appends rows to train.log.
type logFile struct {
	f       *os.File
	w       *bufio.Writer
	size    int64
	history []Row
}

// openLog opens a log of which the first keep bytes belong to the checkpoint; the
// rest is of steps that will be made again.
func openLog(name string, keep int64) (*logFile, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	l := &logFile{f: f, size: keep}
	if err := l.read(keep); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	l.w = bufio.NewWriter(f)
	return l, nil
}

func (l *logFile) read(keep int64) error {
	info, err := l.f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < keep {
		return errors.New("shorter than the checkpoint says")
	}
	if err := l.f.Truncate(keep); err != nil {
		return err
	}
	if l.history, err = decodeRows(l.f); err != nil {
		return err
	}
	_, err = l.f.Seek(keep, io.SeekStart)
	return err
}

func decodeRows(r io.Reader) (all []Row, err error) {
	d := json.NewDecoder(bufio.NewReader(r))
	for {
		var r Row
		if err := d.Decode(&r); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
}

// readLog returns the rows of a log.
func readLog(name string) ([]Row, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return decodeRows(f)
}

func (l *logFile) write(r Row) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	l.history = append(l.history, r)
	l.size += int64(len(b)) + 1
	l.w.Write(b)
	l.w.WriteByte('\n')
	return l.w.Flush()
}

// sync returns the size once the disk has it.
func (l *logFile) sync() (int64, error) { return l.size, l.f.Sync() }

func (l *logFile) close() error { return l.f.Close() }
