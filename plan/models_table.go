package plan

import (
	"fmt"
	"slices"

	"feilun/internal/hint"
	"feilun/internal/params"
)

// published lists architectures as their papers or config.json files state
// them. Columns: name, layers, hidden, heads, kv heads, head size, FFN, gated,
// tied, vocabulary, sequence; then experts and latent attention where present.
func published() []Model {
	d := func(name string, l, h, a, k, hd, f int, gated, tied bool, v, s int, total float64, src string) Model {
		return Model{Name: name, Layers: l, Hidden: h, Heads: a, KVHeads: k, HeadDim: hd, FFN: f, Gated: gated, Tied: tied,
			Vocab: v, SeqLen: s, Stated: total, StatedActive: total, Source: src}
	}
	x := func(m Model, e, k, sh, fe, dl int, total, active float64) Model {
		m.Experts, m.TopK, m.Shared, m.ExpertFFN, m.DenseLayers = e, k, sh, fe, dl
		m.Stated, m.StatedActive = total, active
		return m
	}
	latent := func(m Model, q, kv, rope, v, mtp int) Model {
		m.QRank, m.KVRank, m.Rope, m.VDim, m.MTP = q, kv, rope, v, mtp
		return m
	}
	const gpt3, llama, llama2, llama3 = "arXiv 2005.14165 table 2.1", "arXiv 2302.13971 table 2", "arXiv 2307.09288", "arXiv 2407.21783"
	return []Model{
		d("gpt2-1.5b", 48, 1600, 25, 25, 64, 6400, false, true, 50257, 1024, 1.558e9, "GPT-2 report table 2"),
		d("gpt3-125m", 12, 768, 12, 12, 64, 3072, false, true, 50257, 2048, 125e6, gpt3),
		d("gpt3-350m", 24, 1024, 16, 16, 64, 4096, false, true, 50257, 2048, 356e6, gpt3),
		d("gpt3-760m", 24, 1536, 16, 16, 96, 6144, false, true, 50257, 2048, 760e6, gpt3),
		d("gpt3-1.3b", 24, 2048, 16, 16, 128, 8192, false, true, 50257, 2048, 1.3e9, gpt3),
		d("gpt3-2.7b", 32, 2560, 32, 32, 80, 10240, false, true, 50257, 2048, 2.7e9, gpt3),
		d("gpt3-6.7b", 32, 4096, 32, 32, 128, 16384, false, true, 50257, 2048, 6.7e9, gpt3),
		d("gpt3-13b", 40, 5140, 40, 40, 128, 20560, false, true, 50257, 2048, 13e9, gpt3),
		d("gpt3-175b", 96, 12288, 96, 96, 128, 49152, false, true, 50257, 2048, 174.6e9, gpt3),
		d("mt-nlg-530b", 105, 20480, 128, 128, 160, 81920, false, true, 50257, 2048, 530e9, "arXiv 2201.11990"),
		d("opt-175b", 96, 12288, 96, 96, 128, 49152, false, true, 50272, 2048, 175e9, "arXiv 2205.01068"),
		d("bloom-176b", 70, 14336, 112, 112, 128, 57344, false, true, 250880, 2048, 176.2e9, "arXiv 2211.05100"),
		d("gpt-neox-20b", 44, 6144, 64, 64, 96, 24576, false, false, 50432, 2048, 20.56e9, "arXiv 2204.06745"),
		d("glm-130b", 70, 12288, 96, 96, 128, 32768, true, true, 150528, 2048, 130e9, "arXiv 2210.02414"),
		d("palm-540b", 118, 18432, 48, 1, 256, 73728, true, true, 256000, 2048, 540.35e9, "arXiv 2204.02311 table 1"),
		d("chinchilla-70b", 80, 8192, 64, 64, 128, 32768, false, true, 32000, 2048, 70e9, "arXiv 2203.15556 table 4"),
		d("llama-7b", 32, 4096, 32, 32, 128, 11008, true, false, 32000, 2048, 6.74e9, llama),
		d("llama-13b", 40, 5120, 40, 40, 128, 13824, true, false, 32000, 2048, 13.02e9, llama),
		d("llama-33b", 60, 6656, 52, 52, 128, 17920, true, false, 32000, 2048, 32.5e9, llama),
		d("llama-65b", 80, 8192, 64, 64, 128, 22016, true, false, 32000, 2048, 65.2e9, llama),
		d("llama2-7b", 32, 4096, 32, 32, 128, 11008, true, false, 32000, 4096, 6.74e9, llama2),
		d("llama2-13b", 40, 5120, 40, 40, 128, 13824, true, false, 32000, 4096, 13.02e9, llama2),
		d("llama2-34b", 48, 8192, 64, 8, 128, 22016, true, false, 32000, 4096, 34e9, llama2),
		d("llama2-70b", 80, 8192, 64, 8, 128, 28672, true, false, 32000, 4096, 69e9, llama2),
		d("llama3-8b", 32, 4096, 32, 8, 128, 14336, true, false, 128256, 8192, 8.03e9, llama3),
		d("llama3-70b", 80, 8192, 64, 8, 128, 28672, true, false, 128256, 8192, 70.55e9, llama3),
		d("llama3-405b", 126, 16384, 128, 8, 128, 53248, true, false, 128256, 8192, 405.85e9, llama3),
		d("mistral-7b", 32, 4096, 32, 8, 128, 14336, true, false, 32000, 8192, 7.24e9, "arXiv 2310.06825"),
		d("qwen2.5-7b", 28, 3584, 28, 4, 128, 18944, true, false, 152064, 4096, 7.62e9, "Qwen2.5-7B config.json"),
		d("qwen2.5-72b", 80, 8192, 64, 8, 128, 29568, true, false, 152064, 4096, 72.7e9, "Qwen2.5-72B config.json"),
		d("qwen3-8b", 36, 4096, 32, 8, 128, 12288, true, false, 151936, 4096, 8.19e9, "Qwen3-8B config.json"),
		d("qwen3-32b", 64, 5120, 64, 8, 128, 25600, true, false, 151936, 4096, 32.8e9, "Qwen3-32B config.json"),
		d("yi-34b", 60, 7168, 56, 8, 128, 20480, true, false, 64000, 4096, 34.4e9, "arXiv 2403.04652"),
		d("baichuan2-13b", 40, 5120, 40, 40, 128, 13696, true, false, 125696, 4096, 13.9e9, "arXiv 2309.10305"),
		d("internlm-7b", 32, 4096, 32, 32, 128, 11008, true, false, 103168, 2048, 7.3e9, "InternLM-7B config.json"),
		d("falcon-180b", 80, 14848, 232, 8, 64, 59392, false, true, 65024, 2048, 179.5e9, "arXiv 2311.16867"),
		d("pythia-12b", 36, 5120, 40, 40, 128, 20480, false, false, 50688, 2048, 11.85e9, "arXiv 2304.01373"),
		d("tinyllama-1.1b", 22, 2048, 32, 4, 64, 5632, true, false, 32000, 2048, 1.1e9, "arXiv 2401.02385"),
		d("phi3-mini", 32, 3072, 32, 32, 96, 8192, true, false, 32064, 4096, 3.82e9, "arXiv 2404.14219"),
		d("nemotron-3-8b", 32, 4096, 32, 32, 128, 16384, false, false, 256000, 4096, 8.5e9, "Nemotron-3-8B model card"),
		x(d("mixtral-8x7b", 32, 4096, 32, 8, 128, 14336, true, false, 32000, 4096, 0, "arXiv 2401.04088"), 8, 2, 0, 14336, 0, 46.7e9, 12.9e9),
		x(d("mixtral-8x22b", 56, 6144, 48, 8, 128, 16384, true, false, 32768, 4096, 0, "Mixtral-8x22B config.json"), 8, 2, 0, 16384, 0, 140.6e9, 39.2e9),
		x(d("qwen3-30b-a3b", 48, 2048, 32, 4, 128, 6144, true, false, 151936, 4096, 0, "Qwen3-30B-A3B config.json"), 128, 8, 0, 768, 0, 30.5e9, 3.3e9),
		x(d("qwen3-235b-a22b", 94, 4096, 64, 4, 128, 12288, true, false, 151936, 4096, 0, "Qwen3-235B-A22B config.json"), 128, 8, 0, 1536, 0, 235e9, 22e9),
		x(d("dots-llm1", 62, 4096, 32, 32, 128, 10944, true, false, 152064, 8192, 0, "arXiv 2506.05767"), 128, 6, 2, 1408, 1, 142e9, 14e9),
		x(d("llama4-maverick", 48, 5120, 40, 8, 128, 16384, true, false, 202048, 8192, 0, "Llama 4 model card"), 128, 1, 1, 8192, 24, 400e9, 17e9),
		latent(x(d("deepseek-v2", 60, 5120, 128, 128, 128, 12288, true, false, 102400, 4096, 0, "arXiv 2405.04434"),
			160, 6, 2, 1536, 1, 236e9, 21e9), 1536, 512, 64, 128, 0),
		latent(x(d("deepseek-v3", 61, 7168, 128, 128, 128, 18432, true, false, 129280, 4096, 0, "arXiv 2412.19437"),
			256, 8, 1, 2048, 3, 671e9, 37e9), 1536, 512, 64, 128, 0),
		latent(x(d("pangu-ultra-moe", 61, 7680, 128, 128, 128, 18432, true, false, 153600, 4096, 0, "arXiv 2505.04519"),
			256, 8, 1, 2048, 3, 718e9, 39e9), 1536, 512, 64, 128, 0),
	}
}

// aliases of published names, as papers and tables write them.
func modelAliases() map[string]string {
	return map[string]string{
		"gpt3": "gpt3-175b", "gpt-3": "gpt3-175b", "gpt2": "gpt2-1.5b", "gpt2-xl": "gpt2-1.5b", "gpt-2": "gpt2-1.5b",
		"bloom": "bloom-176b", "mt-nlg": "mt-nlg-530b", "palm": "palm-540b", "chinchilla": "chinchilla-70b",
		"llama3.1-8b": "llama3-8b", "llama3.1-70b": "llama3-70b", "llama3.1-405b": "llama3-405b", "llama-30b": "llama-33b",
		"deepseekv3": "deepseek-v3", "dsv3": "deepseek-v3", "dots.llm1": "dots-llm1", "nemotron3-8b": "nemotron-3-8b",
		"pangu ultra moe 718b": "pangu-ultra-moe", "tinyllama": "tinyllama-1.1b", "mistral": "mistral-7b", "mixtral": "mixtral-8x7b",
	}
}

// FindModel returns a published architecture by name or alias.
func FindModel(name string) (Model, error) {
	all := published()
	want := fold(name)
	for alias, real := range modelAliases() {
		if fold(alias) == want {
			want = fold(real)
		}
	}
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.Name
		if fold(m.Name) == want {
			return m, nil
		}
	}
	slices.Sort(names)
	why := fmt.Errorf("no model %q in the table", name)
	help := "`feilun plan models` lists the names; a count such as --model 13B or a path to config.json also works"
	if near := params.Nearest(name, names); near != "" {
		help = "did you mean " + near + "? " + help
	}
	return Model{}, hint.With(why, help)
}

// Models lists the published architectures by name.
func Models() []Model { return published() }

// olderStack lists published models trained before fused attention: FP16,
// everything recomputed. A plan for one of them by name assumes that stack on
// chips of its time, and says so.
func olderStack(name string) bool {
	switch name {
	case "gpt2-1.5b", "gpt3-125m", "gpt3-350m", "gpt3-760m", "gpt3-1.3b", "gpt3-2.7b", "gpt3-6.7b", "gpt3-13b", "gpt3-175b",
		"mt-nlg-530b", "opt-175b", "bloom-176b", "gpt-neox-20b", "glm-130b", "chinchilla-70b":
		return true
	}
	return false
}
