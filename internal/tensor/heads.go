package tensor

import "math"

// Heads norms and turns the queries or keys of a token: heads of one width, one behind
// another. Of each, y = scale · turned by cos and sin (w∘x/√(mean x² + eps)); the halves of
// a head are turned against each other. Cos and sin have half a head's width.
type Heads struct {
	W, Cos, Sin []float32
	Eps, Scale  float32
}

// there reports whether the assembly takes these heads.
func (h *Heads) there(c *CPU) bool { return c.level >= AVX512 && len(h.Cos)%16 == 0 && len(h.Cos) > 0 }

// Heads sets y from x, see [Heads].
func (c *CPU) Heads(h *Heads, y, x []float32) {
	half := len(h.Cos)
	x = x[:len(y)]
	w, sin := h.W[:2*half], h.Sin[:half]
	if h.there(c) && len(y) > 0 {
		turnHeads(len(y)/half/2, half/16, y, x, w, h.Cos, sin, h.Eps, 1/float32(2*half), h.Scale)
		return
	}
	for at := 0; at < len(y); at += 2 * half {
		u, v := y[at:at+half], y[at+half:at+2*half]
		r := h.root(c, x[at:at+2*half])
		c.MulScale(y[at:at+2*half], x[at:at+2*half], w, r)
		c.Turn(u, v, h.Cos, sin, h.Scale, 1)
	}
}

// root is 1/√(mean x² + eps).
func (h *Heads) root(c *CPU, x []float32) float32 {
	return float32(1 / math.Sqrt(float64(c.Dot(x, x))/float64(len(x))+float64(h.Eps)))
}

// HeadsBack turns dy, the gradient of y, into that of x and adds that of W to dw. With g
// turned back, r = 1/√(mean x² + eps) and t = r·g∘w: dw += r·g∘x and dx = t − x·r²·mean(t∘x).
func (c *CPU) HeadsBack(h *Heads, dy, x, dw []float32) {
	half := len(h.Cos)
	x, dw = x[:len(dy)], dw[:2*half]
	w, sin := h.W[:2*half], h.Sin[:half]
	if h.there(c) && len(dy) > 0 {
		turnHeadsBack(len(dy)/half/2, half/16, dy, x, w, dw, h.Cos, sin, h.Eps, 1/float32(2*half), h.Scale)
		return
	}
	for at := 0; at < len(dy); at += 2 * half {
		g, x := dy[at:at+2*half], x[at:at+2*half]
		c.Turn(g[:half], g[half:], h.Cos, sin, h.Scale, -1)
		r := h.root(c, x)
		c.MulAdd(dw, g, x, r)
		c.MulScale(g, g, w, r)
		c.Axpy(g, -r*r*c.Dot(g, x)/float32(2*half), x)
	}
}
