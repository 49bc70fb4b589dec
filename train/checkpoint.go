package train

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"feilun/internal/atomicfile"
	"feilun/internal/hint"
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
	Log     int64   `json:"log"`           // bytes of log.jsonl
	Seconds float64 `json:"seconds"`       // of training so far
}

// A named is a slice of numbers in a checkpoint.
type named struct {
	name  string
	shape []int
	data  []float32
}

// writeTensors writes numbers in the form of safetensors, with text for its
// metadata.
func writeTensors(w io.Writer, all []named, meta map[string]string) error {
	type entry struct {
		Dtype   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	head := map[string]any{"__metadata__": meta}
	at := int64(0)
	for _, t := range all {
		end := at + 4*int64(len(t.data))
		head[t.name] = entry{"F32", t.shape, [2]int64{at, end}}
		at = end
	}
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(b))); err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	for _, t := range all {
		if err := writeFloats(w, t.data); err != nil {
			return err
		}
	}
	return nil
}

// littleEndian reports how this machine lays out numbers.
func littleEndian() bool { x := uint16(1); return *(*byte)(unsafe.Pointer(&x)) == 1 }

func writeFloats(w io.Writer, data []float32) error {
	if littleEndian() {
		_, err := w.Write(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), 4*len(data)))
		return err
	}
	var b [4]byte
	for _, x := range data {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		if _, err := w.Write(b[:]); err != nil {
			return err
		}
	}
	return nil
}

// maxHeader is the largest header of a checkpoint that is read.
const maxHeader = 100 << 20

// readTensors fills the slices of all from what writeTensors wrote, and returns
// the metadata. Names and sizes have to be the same.
func readTensors(r io.Reader, size int64, all []named) (map[string]string, error) {
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil || n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("no header of a checkpoint (%w)", errors.Join(err, errTruncated))
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	var head map[string]json.RawMessage
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, err
	}
	var meta map[string]string
	if err := json.Unmarshal(head["__metadata__"], &meta); err != nil {
		return nil, fmt.Errorf("no metadata: %w", err)
	}
	if len(head) != len(all)+1 {
		return nil, fmt.Errorf("%d tensors, want %d", len(head)-1, len(all))
	}
	at := int64(0)
	for _, t := range all {
		var e struct {
			Offsets [2]int64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(head[t.name], &e); err != nil {
			return nil, fmt.Errorf("tensor %s: %w", t.name, err)
		}
		if want := [2]int64{at, at + 4*int64(len(t.data))}; e.Offsets != want {
			return nil, fmt.Errorf("tensor %s lies at %v, want %v", t.name, e.Offsets, want)
		}
		at += 4 * int64(len(t.data))
	}
	if size != 8+int64(n)+at {
		return nil, errTruncated
	}
	for _, t := range all {
		if err := readFloats(r, t.data); err != nil {
			return nil, err
		}
	}
	return meta, nil
}

var errTruncated = errors.New("the file is not whole")

func readFloats(r io.Reader, data []float32) error {
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), 4*len(data))
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	if !littleEndian() {
		for i := range data {
			data[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
	}
	return nil
}

// tensors lists what a checkpoint holds: weights, then means of gradients.
func (o *optimizer) tensors() []named {
	var all []named
	for i := range o.weights {
		w := &o.weights[i]
		all = append(all, named{w.Name, w.Shape, w.Data})
	}
	for i := range o.weights {
		w := &o.weights[i]
		all = append(all, named{"optimizer.m." + w.Name, w.Shape, o.m[i]})
		if o.v[i] != nil {
			all = append(all, named{"optimizer.v." + w.Name, w.Shape, o.v[i]})
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
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	err = atomicfile.Write(name, func(w io.Writer) error {
		return writeTensors(w, o.tensors(), map[string]string{"feilun": string(b)})
	})
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
	s, err = loadFile(name, o.tensors())
	if err != nil {
		return s, false, hint.With(fmt.Errorf("%s: %w", name, err), "start over with --fresh")
	}
	o.step = s.Moves
	return s, true, nil
}

func loadFile(name string, all []named) (s state, err error) {
	f, err := os.Open(name)
	if err != nil {
		return s, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, err
	}
	meta, err := readTensors(f, info.Size(), all)
	if err != nil {
		return s, err
	}
	err = json.Unmarshal([]byte(meta["feilun"]), &s)
	if err == nil && s.Format != checkpointFormat {
		err = fmt.Errorf("format %q, want %s", s.Format, checkpointFormat)
	}
	return s, err
}

// head returns the state of the newest checkpoint alone.
func head(dir string) (s state, ok bool, err error) {
	all, err := checkpoints(dir)
	if err != nil || len(all) == 0 {
		return s, false, err
	}
	f, err := os.Open(all[len(all)-1])
	if err != nil {
		return s, false, err
	}
	defer f.Close()
	var n uint64
	if err := binary.Read(f, binary.LittleEndian, &n); err != nil || n > maxHeader {
		return s, false, errors.Join(err, errTruncated)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(f, b); err != nil {
		return s, false, err
	}
	var h struct {
		Meta map[string]string `json:"__metadata__"`
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return s, false, err
	}
	return s, true, json.Unmarshal([]byte(h.Meta["feilun"]), &s)
}

// weights writes the weights alone.
func (l *loop) weights() func(io.Writer) error {
	return func(w io.Writer) error {
		b, err := json.Marshal(state{Format: checkpointFormat, Version: l.s.Version, Recipe: l.recipe, Step: l.s.Step, Best: l.s.Best, BestAt: l.s.BestAt})
		if err != nil {
			return err
		}
		return writeTensors(w, l.opt.tensors()[:len(l.opt.weights)], map[string]string{"feilun": string(b)})
	}
}
