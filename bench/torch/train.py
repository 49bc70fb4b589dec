"""Repeats a run of feilun train in PyTorch: same weights, same rows, same rates.

TestPeer of package train writes FOLDER/adamw and FOLDER/muon; this writes the losses
to FOLDER/torch-adamw.json and FOLDER/torch-muon.json:

    FEILUN_PEER=FOLDER go test ./train -run TestPeer
    python3 bench/torch/train.py FOLDER
    FEILUN_PEER=FOLDER go test ./train -run TestPeer -v

With --double it calculates in float64 and writes FOLDER/double-adamw.json: how far
PyTorch is from itself shows what rounding alone does. With --exact its Muon makes
matrices orthogonal in float32, not in bfloat16, and FOLDER/exact-muon.json is written.
"""
import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F


def read_safetensors(name):
    raw = Path(name).read_bytes()
    (n,) = struct.unpack("<Q", raw[:8])
    head = json.loads(raw[8:8 + n])
    out = {}
    for key, e in head.items():
        if key != "__metadata__":
            a, b = e["data_offsets"]
            out[key] = torch.from_numpy(np.frombuffer(raw[8 + n + a:8 + n + b], dtype=np.float32).reshape(e["shape"]).copy())
    return out


def norm(x, w, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * w


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


def forward(w, c, ids):
    """Qwen3: norms of queries and keys, shared heads, SwiGLU, tied embedding."""
    b, t = ids.shape
    h, kv, d, eps = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"], c["rms_norm_eps"]
    rates = 1.0 / c["rope_theta"] ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    angle = torch.outer(torch.arange(t, dtype=torch.float64), rates)
    angle = torch.cat([angle, angle], -1)
    dtype = w["model.norm.weight"].dtype
    cos, sin = angle.cos().to(dtype), angle.sin().to(dtype)
    x = F.embedding(ids, w["model.embed_tokens.weight"])
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        y = norm(x, w[p + "input_layernorm.weight"], eps)
        q = F.linear(y, w[p + "self_attn.q_proj.weight"]).view(b, t, h, d).transpose(1, 2)
        k = F.linear(y, w[p + "self_attn.k_proj.weight"]).view(b, t, kv, d).transpose(1, 2)
        v = F.linear(y, w[p + "self_attn.v_proj.weight"]).view(b, t, kv, d).transpose(1, 2)
        q = rotate(norm(q, w[p + "self_attn.q_norm.weight"], eps), cos, sin)
        k = rotate(norm(k, w[p + "self_attn.k_norm.weight"], eps), cos, sin)
        k, v = k.repeat_interleave(h // kv, 1), v.repeat_interleave(h // kv, 1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, h * d)
        x = x + F.linear(y, w[p + "self_attn.o_proj.weight"])
        y = norm(x, w[p + "post_attention_layernorm.weight"], eps)
        y = F.silu(F.linear(y, w[p + "mlp.gate_proj.weight"])) * F.linear(y, w[p + "mlp.up_proj.weight"])
        x = x + F.linear(y, w[p + "mlp.down_proj.weight"])
    return F.linear(norm(x, w["model.norm.weight"], eps), w["model.embed_tokens.weight"])


def share(p, step, steps):
    warm = math.ceil(p["warmup"] * steps)
    if step < warm:
        return (step + 1) / warm
    return p["final"] + (1 - p["final"]) * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2


def run(folder, out, double=False):
    c = json.loads((folder / "config.json").read_text())
    p = json.loads((folder / "params.json").read_text())
    w = read_safetensors(folder / "model.safetensors")
    if double:
        w = {k: x.double() for k, x in w.items()}
    for x in w.values():
        x.requires_grad_(True)
    matrices = [x for k, x in w.items() if x.dim() == 2 and "embed_tokens" not in k]
    others = [x for k, x in w.items() if not (x.dim() == 2 and "embed_tokens" not in k)]
    adam = dict(lr=p["rate"], betas=(p["beta1"], p["beta2"]), eps=1e-8)
    if p["optimizer"] == "adamw":
        opts = [torch.optim.AdamW([dict(params=matrices, weight_decay=p["weight_decay"]), dict(params=others, weight_decay=0.0)], **adam)]
    else:
        opts = [torch.optim.AdamW(others, weight_decay=0.0, **adam),
                torch.optim.Muon(matrices, lr=p["matrix"], weight_decay=p["weight_decay"], momentum=p["momentum"], nesterov=True, adjust_lr_fn="original")]
    base = [[g["lr"] for g in o.param_groups] for o in opts]
    data = np.fromfile(folder / "rows.bin", dtype=np.uint32).astype(np.int64)
    rows, t = int(data[0]), p["context"]
    data = torch.from_numpy(data.reshape(-1, 1 + 2 * rows * t))
    steps, losses = len(data), []
    for step in range(steps):
        ids = data[step, 1:1 + rows * t].view(rows, t)
        targets = data[step, 1 + rows * t:]
        loss = F.cross_entropy(forward(w, c, ids).view(rows * t, -1), targets)
        for o in opts:
            o.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(w.values()), p["clip"])
        for o, rates in zip(opts, base):
            for g, r in zip(o.param_groups, rates):
                g["lr"] = r * share(p, step, steps)
            o.step()
        losses.append(round(loss.item(), 6))
    Path(out).write_text(json.dumps({"optimizer": p["optimizer"], "torch": torch.__version__, "steps": steps, "losses": losses}) + "\n")
    print(folder, losses[0], losses[-1])


def orthogonal(grad, coefficients, steps, eps):
    """What torch.optim.Muon does, without its rounding to bfloat16."""
    a, b, c = coefficients
    x = grad.T if grad.size(0) > grad.size(1) else grad
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        g = x @ x.T
        x = a * x + (b * g + c * g @ g) @ x
    return x.T if grad.size(0) > grad.size(1) else x


if __name__ == "__main__":
    args = [x for x in sys.argv[1:] if not x.startswith("--")]
    double, exact = "--double" in sys.argv, "--exact" in sys.argv
    if exact:
        torch.optim._muon._zeropower_via_newtonschulz = orthogonal
    kind = "double" if double else "exact" if exact else "torch"
    root = Path(args[0])
    torch.set_num_threads(int(args[1]) if len(args) > 1 else torch.get_num_threads())
    for optimizer in (x for x in ("adamw", "muon") if (root / x).exists()):
        run(root / optimizer, root / f"{kind}-{optimizer}.json", double)
