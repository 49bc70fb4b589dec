package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"feilun/internal/bpe"
	"feilun/internal/params"
	"feilun/internal/tensor"
	"feilun/internal/tokens"
)

// toy is a network that predicts each token from the one before: logits =
// U·W·E[id]. Its gradients are exact.
type toy struct {
	vocab, width int
	w            []Weight
	breakAt      map[int]bool // calls of Backward that give what is not a number
	calls        int
}

func newToy(vocab, width int, seed uint64) *toy {
	t := &toy{vocab: vocab, width: width}
	rng := rand.New(rand.NewPCG(seed, 0))
	add := func(name string, rows, cols int, matrix bool) {
		w := Weight{Name: name, Shape: []int{rows, cols}, Data: tensor.Floats(rows * cols), Grad: tensor.Floats(rows * cols), Matrix: matrix}
		for i := range w.Data {
			w.Data[i] = float32(rng.NormFloat64() * 0.3)
		}
		t.w = append(t.w, w)
	}
	add("embed", vocab, width, false)
	add("mix", width, width, true)
	add("head", vocab, width, false)
	return t
}

func (t *toy) Weights() []Weight { return t.w }

// forward returns the hidden vector and the probabilities behind a token.
func (t *toy) forward(id uint32) (h, p []float64) {
	h, p = make([]float64, t.width), make([]float64, t.vocab)
	for i := range h {
		for j := range h {
			h[i] += float64(t.w[1].Data[i*t.width+j]) * float64(t.w[0].Data[int(id)*t.width+j])
		}
	}
	sum := 0.0
	for v := range p {
		for i := range h {
			p[v] += float64(t.w[2].Data[v*t.width+i]) * h[i]
		}
		p[v] = math.Exp(p[v])
		sum += p[v]
	}
	for v := range p {
		p[v] /= sum
	}
	return h, p
}

func (t *toy) NLL(b *batch, nll []float64) {
	for i, id := range b.ids {
		nll[i] = 0
		if b.weight[i] != 0 {
			_, p := t.forward(id)
			nll[i] = -math.Log(p[b.targets[i]])
		}
	}
}

func (t *toy) Backward(b *batch, first bool) float64 {
	loss := 0.0
	for i := range t.w {
		if first {
			clear(t.w[i].Grad)
		}
	}
	for n, id := range b.ids {
		if b.weight[n] == 0 {
			continue
		}
		h, p := t.forward(id)
		wt := float64(b.weight[n])
		loss -= wt * math.Log(p[b.targets[n]])
		p[b.targets[n]]--
		dh := make([]float64, t.width)
		for v := range p {
			for i := range h {
				t.w[2].Grad[v*t.width+i] += float32(wt * p[v] * h[i])
				dh[i] += wt * p[v] * float64(t.w[2].Data[v*t.width+i])
			}
		}
		for i := range dh {
			for j := range dh {
				t.w[1].Grad[i*t.width+j] += float32(dh[i] * float64(t.w[0].Data[int(id)*t.width+j]))
				t.w[0].Grad[int(id)*t.width+j] += float32(dh[i] * float64(t.w[1].Data[i*t.width+j]))
			}
		}
	}
	t.calls++
	if t.breakAt[t.calls] {
		t.w[1].Grad[0] = float32(math.NaN())
	}
	return loss
}

// usual returns the parameters' defaults for small tests.
func usual(t testing.TB) *Params {
	t.Helper()
	p := &Params{}
	if err := params.Fill(p); err != nil {
		t.Fatal(err)
	}
	if err := p.check(); err != nil {
		t.Fatal(err)
	}
	p.Context, p.Batch, p.Rows, p.BF16 = 16, 64, 2, false
	p.ValidEvery, p.SaveEvery, p.SampleEvery = 7, 5, 1000
	return p
}

// words is text of a small grammar, so that there is something to learn.
func words(n int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []string
	for range n {
		text := ""
		for range 1 + rng.IntN(12) {
			text += []string{"the mill ", "stood still ", "磨坊", "没有动静。", "until March, "}[rng.IntN(5)]
		}
		all = append(all, text)
	}
	return all
}

// vocabulary makes a vocabulary with an end of text.
func vocabulary(t testing.TB, size int) *bpe.Tokenizer {
	t.Helper()
	pattern, err := bpe.ParsePattern("qwen2")
	if err != nil {
		t.Fatal(err)
	}
	c := bpe.NewCounter(pattern, false)
	for _, text := range words(200, 9) {
		c.Add([]byte(text))
	}
	tok, _, err := bpe.Train(t.Context(), c, size, []string{"<|endoftext|>", "<|im_start|>", "<|im_end|>"})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// packed writes a folder of packed tokens of texts, every tenth for validation.
func packed(t testing.TB, tok *bpe.Tokenizer, texts []string, valid int) string {
	t.Helper()
	dir := t.TempDir()
	eot, _ := tok.ID("<|endoftext|>")
	for side, mine := range map[string]func(i int) bool{"train": func(i int) bool { return valid == 0 || i%valid != 0 }, "valid": func(i int) bool { return valid != 0 && i%valid == 0 }} {
		bin, idx := tokens.Names(tokens.Megatron, filepath.Join(dir, side+"-00000"))
		b, err := os.Create(bin)
		if err != nil {
			t.Fatal(err)
		}
		x, err := os.Create(idx)
		if err != nil {
			t.Fatal(err)
		}
		w, err := tokens.NewWriter(tokens.Megatron, false, b, x)
		if err != nil {
			t.Fatal(err)
		}
		e := tok.Encoder()
		for i, text := range texts {
			if mine(i) {
				if err := w.Write(append(e.Encode(nil, []byte(text)), eot)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		b.Close()
		x.Close()
	}
	f, err := os.Create(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := tok.WriteJSON(f); err != nil {
		t.Fatal(err)
	}
	manifest := fmt.Sprintf(`{"format":"feilun.tokens/1","vocab":%d,"eot":%d,"form":"megatron","shards":[{"input":"a"}]}`, tok.Size(), eot)
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// toyLoop returns a loop over a toy and packed text, in a folder.
func toyLoop(t testing.TB, p *Params, dir string, workers, steps int) (*loop, *toy) {
	t.Helper()
	tok := vocabulary(t, 280)
	c, err := OpenCorpus(packed(t, tok, words(300, 1), 10))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	valid, err := validRows(c, p)
	if err != nil {
		t.Fatal(err)
	}
	cpu := tensor.New(workers)
	net := newToy(tok.Size(), 8, 3)
	l := &loop{p: p, cpu: cpu, net: net, opt: newOptimizer(cpu, p, net.Weights()), feed: newTextFeed(c, p), check: likelihood(net, valid, p.Rows, tokenBytes(tok)),
		steps: steps, dir: filepath.Join(dir, "checkpoints"), recipe: "r", show: newShow(nil)}
	return l, net
}
