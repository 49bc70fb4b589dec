package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
	"feilun/internal/safetensors"
)

// checkpointFormat names the form of a checkpoint, with its version; see
// docs/formats/checkpoint.md.
const checkpointFormat = "feilun.checkpoint/1"

// A state is all that a run remembers beside weights and means of gradients.
type state struct {
	Format  string  `json:"format"`
	Version string  `json:"version"`
	Recipe  string  `json:"recipe_sha256"` // of everything that decides the outcome
	Level   string  `json:"level"`         // instructions of the processor, which decide rounding
	Step    int     `json:"step"`          // steps done, skipped batches among them
	Moves   int     `json:"moves"`         // steps that moved the weights
	Bad     int     `json:"bad"`           // batches skipped in a row
	Skipped int     `json:"skipped"`       // batches skipped in all
	Norm    float64 `json:"norm"`          // running mean of the gradient's norm
	Best    float64 `json:"best"`          // lowest validation loss so far, 0 before the first
	BestAt  int     `json:"best_at"`       // its step
	Log     int64   `json:"log"`           // bytes of train.log
	Seconds float64 `json:"seconds"`       // of training so far
}

// write writes numbers in the form of safetensors, the state as its metadata.
func write(w io.Writer, all []safetensors.Entry, s *state) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return safetensors.Write(w, all, map[string]string{metaKey: string(b)}, false)
}

// metaKey is where the state stands in the metadata of a file.
const metaKey = "feilun"

// read fills the slices of all from a file that write made, and returns its state.
// Without slices it reads the state alone. Names and sizes have to be the same.
func read(name string, all []safetensors.Entry) (s state, err error) {
	f, err := safetensors.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if err := json.Unmarshal([]byte(f.Metadata[metaKey]), &s); err != nil {
		return s, fmt.Errorf("%s: no state of a run: %w", name, err)
	}
	if s.Format != checkpointFormat {
		return s, fmt.Errorf("%s: format %q, want %s", name, s.Format, checkpointFormat)
	}
	for _, e := range all {
		if err := f.F32(e.Data, e.Name); err != nil {
			return s, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

// tensors lists what a checkpoint holds: weights, then means of gradients.
func (o *optimizer) tensors() []safetensors.Entry {
	var all []safetensors.Entry
	for i := range o.weights {
		w := &o.weights[i]
		all = append(all, safetensors.Entry{Name: w.Name, Shape: w.Shape, Data: w.Data})
	}
	for i := range o.weights {
		w := &o.weights[i]
		all = append(all, safetensors.Entry{Name: "optimizer.m." + w.Name, Shape: w.Shape, Data: o.m[i]})
		if o.v[i] != nil {
			all = append(all, safetensors.Entry{Name: "optimizer.v." + w.Name, Shape: w.Shape, Data: o.v[i]})
		}
	}
	return all
}

const checkpointName = "step-%09d.safetensors"

// checkpoints lists the checkpoints of a folder, oldest first.
func checkpoints(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		if n := e.Name(); strings.HasPrefix(n, "step-") && strings.HasSuffix(n, ".safetensors") {
			all = append(all, filepath.Join(dir, n))
		}
	}
	slices.Sort(all)
	return all, nil
}

// save writes a checkpoint and then removes the older ones.
func save(dir string, o *optimizer, s *state) error {
	old, err := checkpoints(dir)
	if err != nil {
		return err
	}
	name := filepath.Join(dir, fmt.Sprintf(checkpointName, s.Step))
	err = atomicfile.Write(name, func(w io.Writer) error { return write(w, o.tensors(), s) })
	if err != nil {
		kept := "there is no checkpoint yet"
		if len(old) > 0 {
			kept = "the last checkpoint, " + old[len(old)-1] + ", is whole"
		}
		return hint.With(fmt.Errorf("the checkpoint of step %d could not be written: %w", s.Step, err),
			kept+"; free some space, and the same command goes on from there")
	}
	for _, o := range old {
		if o != name {
			if err := os.Remove(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// load reads the newest checkpoint of a folder into the weights; ok is false
// when there is none.
func load(dir string, o *optimizer) (s state, ok bool, err error) {
	all, err := checkpoints(dir)
	if err != nil || len(all) == 0 {
		return s, false, err
	}
	name := all[len(all)-1]
	if s, err = read(name, o.tensors()); err != nil {
		return s, false, hint.With(err, "start over with --fresh")
	}
	o.step = s.Moves
	return s, true, nil
}

// weights writes the weights alone.
func (l *loop) weights(w io.Writer) error {
	s := state{Format: checkpointFormat, Version: l.s.Version, Recipe: l.recipe, Step: l.s.Step, Best: l.s.Best, BestAt: l.s.BestAt}
	return write(w, l.opt.tensors()[:len(l.opt.weights)], &s)
}
