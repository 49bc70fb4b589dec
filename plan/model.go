package plan

import (
	"fmt"
	"math"
)

// A Model is a decoder-only transformer. Zero fields of the expert and latent
// attention groups mean the model has none.
type Model struct {
	Name    string `json:"name"`
	Layers  int    `json:"layers"`
	Hidden  int    `json:"hidden"`
	Heads   int    `json:"heads"`
	KVHeads int    `json:"kv_heads"`
	HeadDim int    `json:"head_dim"`
	FFN     int    `json:"ffn"`
	Gated   bool   `json:"gated,omitempty"` // three matrices (SwiGLU) instead of two
	Tied    bool   `json:"tied,omitempty"`  // output matrix shared with the embedding
	Vocab   int    `json:"vocab"`
	SeqLen  int    `json:"seq_len"`
	Window  int    `json:"window,omitempty"` // sliding attention window, tokens

	Experts     int `json:"experts,omitempty"`      // routed experts per expert layer
	TopK        int `json:"top_k,omitempty"`        // routed experts a token visits
	Shared      int `json:"shared,omitempty"`       // experts every token visits
	ExpertFFN   int `json:"expert_ffn,omitempty"`   // width of one expert
	DenseLayers int `json:"dense_layers,omitempty"` // leading layers without experts
	MTP         int `json:"mtp,omitempty"`          // multi-token-prediction modules

	QRank  int `json:"q_rank,omitempty"`  // latent attention: query rank, 0 = full
	KVRank int `json:"kv_rank,omitempty"` // key-value rank; > 0 marks latent attention
	Rope   int `json:"rope,omitempty"`    // rotary part of a latent head
	VDim   int `json:"v_dim,omitempty"`   // value size of a latent head

	// Stated and StatedActive are the published counts; 0 takes the computed ones.
	Stated       float64 `json:"stated_params,omitempty"`
	StatedActive float64 `json:"stated_active,omitempty"`
	Source       string  `json:"source,omitempty"`
}

func (m *Model) matrices() float64 {
	if m.Gated {
		return 3
	}
	return 2
}

// qkDim and vDim are the sizes of one head in the score and value products.
func (m *Model) qkDim() float64 { return float64(m.HeadDim + m.Rope) }

func (m *Model) vDim() float64 {
	if m.VDim > 0 {
		return float64(m.VDim)
	}
	return float64(m.HeadDim)
}

// attentionParams counts the matrices of one attention block. Latent attention
// follows DeepSeek-V2 (arXiv 2405.04434, section 2.1).
func (m *Model) attentionParams() float64 {
	h, a := float64(m.Hidden), float64(m.Heads)
	if m.KVRank > 0 {
		q := h * a * m.qkDim()
		if m.QRank > 0 {
			q = h*float64(m.QRank) + float64(m.QRank)*a*m.qkDim()
		}
		kv := h*float64(m.KVRank+m.Rope) + float64(m.KVRank)*a*(float64(m.HeadDim)+m.vDim())
		return q + kv + a*m.vDim()*h
	}
	d := float64(m.HeadDim)
	return h*a*d + 2*h*float64(m.KVHeads)*d + a*d*h
}

func (m *Model) denseParams() float64 { return m.matrices() * float64(m.Hidden) * float64(m.FFN) }

// expertParams counts one expert.
func (m *Model) expertParams() float64 {
	return m.matrices() * float64(m.Hidden) * float64(m.ExpertFFN)
}

// expertLayers is the number of layers with experts.
func (m *Model) expertLayers() int {
	if m.Experts == 0 {
		return 0
	}
	return max(0, m.Layers-m.DenseLayers)
}

func (m *Model) layerShared() float64 { // parameters of an expert layer outside its routed experts
	return m.attentionParams() + float64(m.Shared)*m.expertParams() + float64(m.Hidden*m.Experts) + 2*float64(m.Hidden)
}

func (m *Model) denseLayer() float64 {
	return m.attentionParams() + m.denseParams() + 4*float64(m.Hidden)
}

func (m *Model) embedding() float64 { return float64(m.Vocab) * float64(m.Hidden) }

// Params counts all parameters: embedding, layers and output matrix.
func (m *Model) Params() float64 {
	el := float64(m.expertLayers())
	n := (float64(m.Layers)-el)*m.denseLayer() + el*(m.layerShared()+float64(m.Experts)*m.expertParams())
	n += float64(m.MTP) * m.mtpParams()
	if m.Tied {
		return n + m.embedding()
	}
	return n + 2*m.embedding()
}

func (m *Model) mtpParams() float64 {
	h := float64(m.Hidden)
	if m.Experts > 0 {
		return 2*h*h + m.layerShared() + float64(m.Experts)*m.expertParams()
	}
	return 2*h*h + m.denseLayer()
}

// Active counts the parameters one token is multiplied with, embeddings
// counted as in [Model.Params].
func (m *Model) Active() float64 {
	return m.Params() - (float64(m.expertLayers())+float64(m.MTP))*float64(m.Experts-min(m.Experts, m.TopK))*m.expertParams()
}

// context is the number of positions a token attends to before causal masking.
func (m *Model) context(seq int) float64 {
	if m.Window > 0 && m.Window < seq {
		return float64(m.Window)
	}
	return float64(seq)
}

// FLOPs is the model work of one trained token at the given sequence length:
// six per multiplied weight plus the attention products over the full square,
// the convention of PaLM and Megatron (arXiv 2204.02311 B, 2104.04473 eq. 3).
// Recomputation is not counted.
func (m *Model) FLOPs(seq int) float64 {
	weights := m.Active() - float64(m.Layers)*4*float64(m.Hidden)
	if !m.Tied {
		weights -= m.embedding() // the lookup multiplies nothing
	}
	layers := float64(m.Layers + m.MTP)
	return 6*weights + 6*layers*float64(m.Heads)*(m.qkDim()+m.vDim())*m.context(seq)
}

// Validate reports the first figure that no transformer can have.
func (m *Model) Validate() error {
	for _, f := range []struct {
		name   string
		v, max int
	}{
		{"layers", m.Layers, 10_000}, {"hidden", m.Hidden, 1 << 20}, {"heads", m.Heads, 1 << 16},
		{"kv_heads", m.KVHeads, 1 << 16}, {"head_dim", m.HeadDim, 1 << 16}, {"ffn", m.FFN, 1 << 22},
		{"vocab", m.Vocab, 1 << 24}, {"seq_len", m.SeqLen, 1 << 27},
	} {
		if f.v < 1 || f.v > f.max {
			return fmt.Errorf("model %s: %s is %d; it must lie in 1..%d", m.Name, f.name, f.v, f.max)
		}
	}
	for _, v := range []int{m.Experts, m.TopK, m.Shared, m.ExpertFFN, m.DenseLayers, m.MTP, m.QRank, m.KVRank, m.Rope, m.VDim, m.Window} {
		if v < 0 || v > 1<<24 {
			return fmt.Errorf("model %s: expert and latent sizes must be zero or positive", m.Name)
		}
	}
	if m.Experts > 0 && (m.ExpertFFN == 0 || m.TopK == 0 || m.TopK > m.Experts) {
		return fmt.Errorf("model %s: %d experts need expert_ffn and 1 ≤ top_k ≤ experts", m.Name, m.Experts)
	}
	return nil
}

// Derive designs a dense model of about n parameters: head size 128, plain or
// gated MLP, and the depth-to-width relation of GPT-3's table (layers grow with
// the cube root of hidden/64 … within 15 %). gated picks SwiGLU with the 8/3 width.
func Derive(n float64, vocab, seq int, gated bool) Model {
	if vocab == 0 {
		vocab = 50304
	}
	best, gap := Model{}, math.Inf(1)
	for layers := 2; layers <= 200; layers += 2 {
		if layers > 16 && layers%4 != 0 {
			continue
		}
		for hidden := 128; hidden <= 64*1024; hidden += 128 {
			if hidden > 4096 && hidden%1024 != 0 { // heads that eight tensor ranks can share
				continue
			}
			m := dense(layers, hidden, vocab, seq, gated)
			p := m.Params()
			shape := math.Abs(math.Log(float64(layers) / shapeLayers(hidden)))
			if g := math.Abs(math.Log(p/n)) + 0.1*shape; g < gap {
				best, gap = m, g
			}
			if p > 2*n {
				break
			}
		}
	}
	best.Name, best.Stated = Count(n)+" (derived)", n
	return best
}

// shapeLayers is the usual depth for a width: 12 at 768, 32 at 4096, 96 at
// 12288, 118 at 18432 (GPT-3 and PaLM tables).
func shapeLayers(hidden int) float64 { return 12 * math.Pow(float64(hidden)/768, 0.72) }

func dense(layers, hidden, vocab, seq int, gated bool) Model {
	heads := max(1, hidden/128)
	m := Model{Layers: layers, Hidden: hidden, Heads: heads, KVHeads: heads, HeadDim: hidden / heads,
		FFN: 4 * hidden, Vocab: vocab, SeqLen: seq, Gated: gated, Tied: hidden < 2048}
	if gated {
		m.FFN = (8*hidden/3 + 255) / 256 * 256
	}
	return m
}

// usualExperts returns the number of experts nearest n that published models
// have and that expert ranks can share evenly.
func usualExperts(n float64) int {
	best, gap := 16, math.Inf(1)
	for _, e := range []int{16, 32, 64, 96, 128, 160, 192, 256, 320, 384, 512} {
		if g := math.Abs(math.Log(float64(e) / n)); g < gap {
			best, gap = e, g
		}
	}
	return best
}

// An expertShape is what is known of an expert model beside its name; zero
// fields are designed.
type expertShape struct {
	total, active         float64
	layers, hidden, vocab int
}

// deriveExperts designs an expert model of the given counts: top-8 routing over
// narrow experts (about a third of the hidden size: Qwen3, DeepSeek-V3) and one
// shared expert, as published models since 2024.
func deriveExperts(name string, want expertShape) (Model, error) {
	total, active := want.total, want.active
	if !(active > 1e6 && total < 1e14 && total > active) {
		return Model{}, fmt.Errorf("model %s: %v active of %v parameters cannot be", name, active, total)
	}
	best, gap := Model{}, math.Inf(1)
	for _, layers := range choose(want.layers, span(4, 120, 2)) {
		for _, hidden := range choose(want.hidden, append(span(128, 2048, 128), span(2560, 16384, 512)...)) {
			if m, g := want.at(layers, hidden); g < gap {
				best, gap = m, g
			}
		}
	}
	off := func(got, want float64) float64 { return math.Abs(math.Log(got / want)) }
	if best.Layers == 0 || off(best.Params(), total) > 0.1 || off(best.Active(), active) > 0.1 {
		return best, fmt.Errorf("model %s: no usual expert model has %s parameters of which %s are active", name, Count(total), Count(active))
	}
	best.Name, best.Stated, best.StatedActive = name, total, active
	return best, nil
}

func span(from, to, step int) (out []int) {
	for v := from; v <= to; v += step {
		out = append(out, v)
	}
	return out
}

// at designs the experts for one depth and width and says how far the result is
// from the counts and from usual shapes; infinitely, if there is none.
func (w *expertShape) at(layers, hidden int) (Model, float64) {
	vocab := w.vocab
	if vocab == 0 {
		vocab = 128000
		if w.active < 2e9 { // a table that leaves room for layers
			vocab = 50304
		}
	}
	m := dense(layers, hidden, vocab, 4096, true)
	m.KVHeads, m.Tied = max(1, m.Heads/8), w.active < 1e9
	m.TopK, m.Shared, m.Experts, m.ExpertFFN = 8, 1, 8, 64
	rest := w.active - m.Params() + float64(layers*8)*m.expertParams()
	m.ExpertFFN = int(rest/(float64(layers)*9*3*float64(hidden))) / 64 * 64
	if m.ExpertFFN < 64 {
		return m, math.Inf(1)
	}
	m.Experts = usualExperts((w.total-w.active)/(float64(layers)*m.expertParams()) + 8)
	shape := math.Abs(math.Log(float64(layers)/shapeLayers(hidden))) + math.Abs(math.Log(float64(m.ExpertFFN)/(0.35*float64(hidden))))
	return m, math.Abs(math.Log(m.Params()/w.total)) + math.Abs(math.Log(m.Active()/w.active)) + 0.1*shape
}
