package tensor

// A reader is a loop that reads 1024·n bytes of each of its streams, which begin step
// bytes apart, and does nothing with them.
type reader struct {
	streams int
	read    func(n int, p pointer, step int)
}

// ReadWays returns how many ways [CPU.Read] has: streams side by side or one, fetched ahead
// or not, at several distances. Which reads fastest depends on the processor, so a measure of
// it tries them all.
func (c *CPU) ReadWays() int { return len(c.level.readers()) }

// Read reads b once, workers side by side, and does nothing with it: the measure for what
// is bound by the speed of memory. Up to 1023 bytes at the end are left out.
func (c *CPU) Read(way int, b []byte) {
	r, one := c.level.readers()[way], c.level.readers()[0]
	c.Do((len(b)+decodeTask-1)/decodeTask, func(_, i int) {
		part := b[i*decodeTask : min(len(b), (i+1)*decodeTask)]
		each := len(part) / 1024 / r.streams
		if each > 0 {
			r.read(each, pointer(&part[0]), 1024*each)
		}
		if part = part[1024*each*r.streams:]; len(part) >= 1024 {
			one.read(len(part)/1024, pointer(&part[0]), 0)
		}
	})
}

// ReadFloats reads x as [CPU.Read] does.
func (c *CPU) ReadFloats(way int, x []float32) { c.Read(way, bytesOf(x)) }

// Read reads the matrix in one of the ways of [CPU.Read]: the measure for [CPU.MatVec].
func (m *QuantMatrix) Read(c *CPU, way int) { c.Read(way, m.data) }

// Read reads the matrix in one of the ways of [CPU.Read].
func (p *Panels) Read(c *CPU, way int) { c.ReadFloats(way, p.data) }
