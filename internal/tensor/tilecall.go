package tensor

// A tileCall is what the kernels of tiles are told. Tiles of A lie below one another, tileA bytes
// apart, in each rows lda bytes apart and steps stepA; panels of B, k steps of tileDepth each,
// one behind the other. C begins as what lies at from, or zero, and goes to c; what lies at
// touch is fetched a tile ahead. Steps from panel to panel, and from row to row, are in bytes.
//
// Places are numbers, since the kernels leave some behind the end of a matrix. What they are
// in is held by the product and the scratch until a kernel returns.
type tileCall struct {
	k, n, panels      int
	a                 uintptr
	lda, stepA, tileA int
	b, from           uintptr
	ldfrom, fromStep  int
	c                 uintptr
	ldc, cStep        int
	touch             uintptr
	ldtouch           int
	few               int // 1: few rows share a panel
	ahead             tileFetch
	copy              tileCopy
	_                 [5]uintptr // the kernel's own
}

// A tileFetch is what the kernels ask for ahead of its use, step bytes in each step of theirs:
// from p on, left times.
type tileFetch struct {
	p          uintptr
	left, step int
}

// Bytes fetched in a step: so few that other things come through too, and twice as many where
// fewer than tileFetchRows share a panel. Where fewer than tileFewRows do, the first tile of
// them fetches it step by step instead.
const (
	tileFetchBytes = 128
	tileFetchRows  = 384
	tileFewRows    = 96
)

// fetchStep returns the bytes fetched in a step where so many rows share a panel.
func fetchStep(rows int) int {
	if rows < tileFetchRows {
		return 2 * tileFetchBytes
	}
	return tileFetchBytes
}

// A tileCopy is C on its way past the caches: rows of 32 numbers from p on, one behind the
// other, up to one, two or three in each step of the kernels while p lies before these ends.
type tileCopy struct {
	p     uintptr
	ends  [3]uintptr
	to    uintptr
	ld    int
	flush int // 1: the kernel copies what is left
}

// begin sets what is copied while the next panel is multiplied.
func (t *tileCopy) begin(p uintptr, rows int, to uintptr, ld int) {
	*t = tileCopy{p: p, ends: [3]uintptr{p + 128*uintptr(rows)}, to: to, ld: ld}
}

// pace spreads the copying over steps, at the end of which the rest is copied if it is the last.
func (t *tileCopy) pace(steps int, last bool) {
	rows := int(t.ends[0]-t.p) / 128
	t.ends[1], t.ends[2], t.flush = 0, 0, 0
	if rows > steps {
		t.ends[1] = t.ends[0]
	}
	if rows > 2*steps {
		t.ends[2] = t.ends[0]
	}
	if last {
		t.flush = 1
	}
}

// inLines reports whether rows ld numbers apart begin where lines of the caches do, which is
// what goes past them.
func inLines(x []float32, ld int) bool { return ld%16 == 0 && address(&x[0])%64 == 0 }
