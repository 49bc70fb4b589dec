"""Writes the small models in this folder with what transformers makes of them.

    python3 golden.py DIR        the fixtures (random weights of our own, in bfloat16)
    python3 golden.py DIR large  larger ones in float32, for FEILUN_GOLDEN=DIR

Each model's folder gets expected.json: tokens, their logits (float32), and what
greedy generation adds to a prompt.
"""
import json
import pathlib
import sys

import torch
import transformers
from transformers import (GPT2Config, LlamaConfig, MistralConfig, Qwen2Config,
                          Qwen3Config, AutoModelForCausalLM)

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}


def configs(large):
    v, w, n, f, d, t = (1000, 192, 4, 512, 48, 512) if large else (40, 16, 2, 24, 8, 64)
    base = dict(vocab_size=v, hidden_size=w, intermediate_size=f, num_hidden_layers=n, num_attention_heads=4,
                num_key_value_heads=2, max_position_embeddings=t, bos_token_id=None, eos_token_id=None, pad_token_id=None)
    gpt = dict(vocab_size=v, n_embd=w, n_layer=n, n_head=4, n_positions=t, bos_token_id=None, eos_token_id=None)
    return {
        "llama": LlamaConfig(**base, rope_theta=10000.0, tie_word_embeddings=False),
        "llama-scaled": LlamaConfig(**base, rope_scaling=LLAMA3, attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
        "mistral": MistralConfig(**base, sliding_window=5, head_dim=d),
        "qwen2": Qwen2Config(**base, rope_theta=1e6, tie_word_embeddings=True),
        "qwen3": Qwen3Config(**base, rope_theta=1e6, head_dim=d, tie_word_embeddings=False),
        "gpt2": GPT2Config(**gpt),
    }


def main():
    out, large = pathlib.Path(sys.argv[1]), len(sys.argv) > 2
    for seed, (name, config) in enumerate(configs(large).items()):
        torch.manual_seed(seed)
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config).float().eval()
        with torch.no_grad():
            for key, p in model.named_parameters():
                if p.dim() == 1:
                    mean = 0.0 if key.endswith("bias") else 1.0
                    p.copy_(mean + 0.2 * torch.randn_like(p))
                else:
                    p.normal_(0, 1.5 / p.shape[-1] ** 0.5)
                if not large:
                    p.copy_(p.bfloat16().float())
        tokens = torch.randint(0, config.vocab_size, (300 if large else 14,))
        with torch.no_grad():
            logits = model(tokens[None]).logits[0]
            prompt = tokens[:5]
            greedy = model.generate(prompt[None], attention_mask=torch.ones_like(prompt[None]), max_new_tokens=64 if large else 20,
                                    do_sample=False, eos_token_id=-1, pad_token_id=0)[0][5:]
        folder = out / name
        (model if large else model.bfloat16()).save_pretrained(folder, max_shard_size="6KB" if name == "qwen3" and not large else "5GB")
        for extra in ("generation_config.json",):
            (folder / extra).unlink(missing_ok=True)
        if large:
            kept = list(range(0, 300, 23))
        else:
            kept = list(range(14))
        json.dump({"transformers": transformers.__version__, "tokens": tokens.tolist(), "at": kept,
                   "logits": [[float(f"{x:.7g}") for x in logits[i].tolist()] for i in kept], "prompt": prompt.tolist(), "greedy": greedy.tolist()},
                  open(folder / "expected.json", "w"))


main()
