package tensor

import (
	"fmt"
	"runtime"
	"strings"
)

// A Level is a set of instructions.
type Level uint8

// The levels: those of amd64 each with all that the ones before it have. [Has] tells
// which there are.
const (
	Generic    Level = iota // plain Go
	NEON                    // of arm64
	AVX2                    // of amd64, with FMA
	AVX512                  // F, BW, DQ, VL
	AVX512BF16              // and VDPBF16PS
	AMX                     // and TDPBF16PS, products of tiles
)

var levelNames = [...]string{"generic", "neon", "avx2", "avx512", "avx512bf16", "amx"}

// String returns the level's name.
func (l Level) String() string { return levelNames[l] }

// ParseLevel returns the level of that name.
func ParseLevel(name string) (Level, error) {
	for l, n := range levelNames {
		if n == name {
			return Level(l), nil
		}
	}
	return 0, fmt.Errorf("no level %q of instructions; known are %s", name, strings.Join(levelNames[:], ", "))
}

// A CPU is a way to calculate: which instructions, how many workers. It may be
// used by one goroutine at a time; it starts the others itself.
type CPU struct {
	level   Level
	workers int
	scratch []*scratch // by worker
	vector  []float32  // vectors made ready for [CPU.MatVecs]
	crew    *crew
}

// A scratch is a worker's own memory.
type scratch struct {
	a     [2][]float32 // slabs of A, packed: in work, and next
	c     []float32    // a tile of C at an edge
	steps []float32    // of A by columns, on their way to tiles
	fetch fetch
	tiles []float32 // C of two panels, all rows of a slab
	turn  int       // which of them is multiplied
	call  tileCall
	row   []float32 // of weights on their way to blocks, a whole number of them
	raw   []byte    // its blocks
}

// New returns a CPU of this machine's best level. Workers of 0 takes all
// processors.
func New(workers int) *CPU { return NewLevel(Best(), workers) }

// NewLevel returns a CPU of a level, which the machine must have.
func NewLevel(level Level, workers int) *CPU {
	if !Has(level) {
		panic("tensor: this machine has no " + level.String())
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	c := &CPU{level: level, workers: workers, crew: newCrew(workers)}
	for range workers {
		c.scratch = append(c.scratch, &scratch{a: [2][]float32{Floats(level.slabPairs()), Floats(packRows * takeDepth)}, c: Floats(maxRows * maxCols), steps: Floats(tileDepth * tileRowsMost), tiles: Floats(2 * tileRowsMost * maxCols)})
	}
	return c
}

// Level returns the instructions in use.
func (c *CPU) Level() Level { return c.level }

// Workers returns how many goroutines work side by side.
func (c *CPU) Workers() int { return c.workers }

// BF16 reports whether products of bfloat16 are faster than those of float32.
func (c *CPU) BF16() bool { return c.level >= AVX512BF16 }

// F16 reports whether there are kernels for weights of half precision.
func (c *CPU) F16() bool { return c.level >= AVX2 }

// Rows calls f with ranges of rows that cover n, workers side by side.
func (c *CPU) Rows(n int, f func(worker, from, to int)) {
	const block = 64
	c.Do((n+block-1)/block, func(w, i int) { f(w, i*block, min(n, (i+1)*block)) })
}

// Floats returns n zeros that begin at a multiple of 64 bytes.
func Floats(n int) []float32 {
	b := make([]float32, n+16)
	largePages(b)
	at := alignment(b)
	return b[at : at+n : at+n]
}
