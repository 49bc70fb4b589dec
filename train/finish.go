package train

import (
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"feilun"
	"feilun/internal/atomicfile"
	"feilun/internal/digest"
	"feilun/model"
)

// modelFormat names the form of a model's manifest, with its version.
const modelFormat = "feilun.model/1"

// finish writes the model's folder; the manifest comes last.
func (j *job) finish(l *loop) error {
	err := atomicfile.Write(filepath.Join(j.Out, "tokenizer.json"), func(w io.Writer) error { return model.WriteTokenizer(w, j.tok, j.prefix) })
	if err != nil {
		return l.disk(err)
	}
	if err := atomicfile.WriteBytes(filepath.Join(j.Out, "tokenizer_config.json"), j.tokenizerConfig()); err != nil {
		return l.disk(err)
	}
	if err := j.m.Save(j.Out, false); err != nil {
		return l.disk(err)
	}
	eos := j.m.Config.EOS
	bos, ok := j.tok.ID(j.names.bos)
	if !ok {
		bos = j.eot
	}
	err = atomicfile.WriteJSON(filepath.Join(j.Out, "generation_config.json"), "  ", map[string]any{
		"bos_token_id": bos, "eos_token_id": eos, "pad_token_id": j.eot, "do_sample": true, "temperature": sampleTemperature, "top_k": sampleTop,
	})
	if err != nil {
		return l.disk(err)
	}
	sum, err := digest.File(filepath.Join(j.Out, "tokenizer.json"))
	if err != nil {
		return err
	}
	weights, err := digest.File(filepath.Join(j.Out, "model.safetensors"))
	if err != nil {
		return err
	}
	m := map[string]any{
		"format": modelFormat, "version": feilun.Version, "kind": j.kind, "recipe_sha256": j.recipe, "params": j.p, "steps": l.steps, "skipped": l.s.Skipped,
		"valid_loss": l.s.Best, "kept_step": j.outcome(&l.s).Kept, "instructions": l.s.Level, "weights": len(j.m.W), "tokenizer_sha256": sum, "weights_sha256": weights,
	}
	for k, v := range j.made {
		m[k] = v
	}
	return atomicfile.WriteJSON(filepath.Join(j.Out, "manifest.json"), "  ", m)
}

// How samples are drawn.
const (
	sampleTokens      = 48
	sampleTemperature = 0.8
	sampleTop         = 50
)

// samples writes on behind the prompts, as the weights are now. Draws depend on
// the seed, the step and the prompt alone.
func (j *job) samples(step int) []Sample {
	pass := model.NewPass(j.m, j.cpu, 1, sampleRoom(j.p.Context), model.PassOptions{BF16: j.p.BF16 && j.cpu.BF16(), Forward: true})
	var all []Sample
	for i, prompt := range j.p.Prompts {
		all = append(all, Sample{prompt, j.sample(pass, prompt, rand.New(rand.NewPCG(j.p.Seed, uint64(step)<<16|uint64(i))))})
	}
	return all
}

func sampleRoom(context int) int { return min(context, 4*sampleTokens) }

func (j *job) sample(pass *model.Pass, prompt string, rng *rand.Rand) string {
	ids, stop, err := j.begin(prompt)
	if err != nil {
		return "" // the template has no form for it
	}
	from := len(ids)
	room := sampleRoom(j.p.Context)
	for len(ids) < from+sampleTokens && len(ids) < room {
		var last []float32
		err := pass.Logits(&model.Batch{Rows: 1, Len: len(ids), Tokens: ids}, func(_ int, logits []float32) { last = logits })
		if err != nil {
			panic(err) // tokens of our own vocabulary, no more than there is room for
		}
		id := draw(last[:j.tok.Size()], rng)
		if slices.Contains(stop, id) {
			break
		}
		ids = append(ids, id)
	}
	text, err := j.tok.Decode(nil, ids[min(from, len(ids)):])
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(whole(text)), "�")
}

// begin returns the tokens of a prompt, as generation gives them to the model, and those that end
// what it writes.
func (j *job) begin(prompt string) (ids, stop []uint32, err error) {
	if j.form != nil {
		ids, err = j.form.ask(prompt)
		return ids, append(j.form.ends(), j.eot), err
	}
	if ids = slices.Clone(j.prefix); len(ids) == 0 {
		ids = []uint32{j.eot}
	}
	return j.tok.Encoder().Encode(ids, []byte(prompt)), []uint32{j.eot}, nil
}

// whole cuts off the beginning of a character whose end was not written any more.
func whole(text []byte) []byte {
	for i := len(text) - 1; i >= max(0, len(text)-utf8.UTFMax); i-- {
		if utf8.RuneStart(text[i]) {
			if !utf8.FullRune(text[i:]) {
				return text[:i]
			}
			break
		}
	}
	return text
}

// draw draws a token from the likeliest ones.
func draw(logits []float32, rng *rand.Rand) uint32 {
	order := make([]uint32, len(logits))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		switch {
		case logits[a] > logits[b]:
			return -1
		case logits[a] < logits[b]:
			return 1
		}
		return int(a) - int(b)
	})
	order = order[:min(len(order), sampleTop)]
	p := make([]float64, len(order))
	sum := 0.0
	for i, id := range order {
		p[i] = math.Exp(float64(logits[id]-logits[order[0]]) / sampleTemperature)
		sum += p[i]
	}
	x := rng.Float64() * sum
	for i, id := range order {
		if x -= p[i]; x < 0 {
			return id
		}
	}
	return order[0]
}
