package train

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"feilun/internal/progress"
	"feilun/internal/tensor"
	"feilun/model"
)

// base is the memory of the program itself, own of it what Go's runtime holds where nothing
// came before, and each that of a worker's packed rows, in bytes.
const (
	base = 32 << 20
	own  = 8 << 20
	each = 2 << 20
)

// collectAt is the share of the memory, in percent, that may be garbage before it is
// collected: nearly all memory is taken once and holds no pointers, so that collecting
// costs little.
const collectAt = 20

// memory predicts the bytes that training takes: weights, gradients, what the
// optimizer remembers, activations, and the packed copies of what is in work.
func memory(c *model.Config, m *model.Model, p *Params, workers int) int64 {
	o := model.PassOptions{BF16: p.BF16 && tensor.Best() >= tensor.AVX512BF16}
	bytes := 8*int64(len(m.W)) + int64(workers)*each + model.PassMemory(*c, workers, p.Rows, p.Context, o)
	o.Forward = true
	bytes += model.PassMemory(*c, workers, 1, sampleRoom(p.Context), o)
	largest, side := int64(0), int64(0)
	for i := range m.Params {
		q := &m.Params[i]
		size := int64(q.To - q.From)
		bytes += 4 * size
		if p.Optimizer != Muon || !q.Matrix() {
			bytes += 4 * size
			continue
		}
		largest = max(largest, size)
		side = max(side, int64(min(q.Shape[0], q.Shape[1])))
	}
	bytes += 4 * (3*largest + 2*side*side) // in Newton–Schulz's steps
	rows := int64(p.batchRows()+p.ValidTokens/p.Context) * int64(p.Context)
	return base + (bytes+rows*24)*(100+collectAt)/100
}

// giveBack returns to the system what earlier work of this process has left, such as garbage of
// the stages of a run. What it still holds beside the model stays while training works.
func (j *job) giveBack() {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	j.extra += max(0, int64(m.Sys-m.HeapReleased)-4*int64(len(j.m.W))-own)
	j.before = progress.PeakMemory()
}

// took says what training took. Where the process took more before it, no more is known.
func (j *job) took() string {
	peak := progress.PeakMemory()
	if peak <= j.before {
		return fmt.Sprintf("training took no more than the %s of memory that this process took before it, %s were expected", progress.Bytes(peak), progress.Bytes(j.need))
	}
	return fmt.Sprintf("this process took %s of memory at most, %s were expected", progress.Bytes(peak), progress.Bytes(j.need))
}

// disk predicts the largest number of bytes of the model's folder: two checkpoints while
// one takes the other's place, and the best weights.
func disk(m *model.Model, p *Params) int64 {
	n := int64(len(m.W))
	one := 2 * n
	for i := range m.Params {
		if q := &m.Params[i]; p.Optimizer != Muon || !q.Matrix() {
			one += int64(q.To - q.From)
		}
	}
	return 4*(2*one+n) + 1<<16
}

// size returns the bytes of the files under a folder.
func size(dir string) (n int64) {
	filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if i, err := e.Info(); err == nil {
				n += i.Size()
			}
		}
		return nil
	})
	return n
}

// peakTries is how often the peak loop is measured; the best counts.
const peakTries = 20

// peak returns the operations a second that all workers reach together at most, as
// one core's peak loop has them, or 0 where there is no such loop.
func peak(cpu *tensor.CPU, bf16 bool) float64 {
	return cpu.Peak(bf16 && cpu.BF16(), peakTries) * float64(cpu.Workers())
}
