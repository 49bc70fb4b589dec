"""Measures a training step in PyTorch beside feilun bench train, in turns.

Same shape (Qwen3: 6 layers, 384 wide, 6 heads, context 256, vocabulary 4,096 tied, 8
rows), whole step: forward in bfloat16 (autocast), back, clipping, fused AdamW.

    taskset -c 0 python3 bench/torch/step.py FEILUN [--threads 1] [--rounds 8] [--compile]

Of one thread processor time counts, of more the time that passes. A round's ratio is
that of the best of three steps each.
"""
import argparse
import json
import os
import subprocess
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

LAYERS, WIDTH, HEADS, HIDDEN, CONTEXT, VOCAB, ROWS = 6, 384, 6, 1024, 256, 4096, 8


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        linear = lambda a, b: nn.Linear(a, b, bias=False)
        self.n1, self.n2 = nn.RMSNorm(WIDTH), nn.RMSNorm(WIDTH)
        self.qn, self.kn = nn.RMSNorm(WIDTH // HEADS), nn.RMSNorm(WIDTH // HEADS)
        self.qkv, self.out = linear(WIDTH, 3 * WIDTH), linear(WIDTH, WIDTH)
        self.up, self.down = linear(WIDTH, 2 * HIDDEN), linear(HIDDEN, WIDTH)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.n1(x)).view(b, t, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        fused = lambda x, n: F.rms_norm(x, x.shape[-1:], n.weight.to(x.dtype), 1e-6)  # one kernel only if types agree
        q, k = rotate(fused(q, self.qn), cos, sin), rotate(fused(k, self.kn), cos, sin)
        y = F.scaled_dot_product_attention(q.to(v.dtype), k.to(v.dtype), v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, -1))
        gate, up = self.up(self.n2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm = nn.RMSNorm(WIDTH)
        d = WIDTH // HEADS
        angle = torch.outer(torch.arange(CONTEXT), 100_000.0 ** (-torch.arange(0, d, 2) / d)).repeat(1, 2)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02)

    def forward(self, ids, targets):
        x = self.embed(ids)
        for b in self.blocks:
            x = b(x, self.cos, self.sin)
        logits = F.linear(self.norm(x), self.embed.weight)
        return F.cross_entropy(logits.float().view(-1, VOCAB), targets.reshape(-1))


def main():
    a = argparse.ArgumentParser()
    a.add_argument("feilun")
    a.add_argument("--threads", type=int, default=1)
    a.add_argument("--rounds", type=int, default=8)
    a.add_argument("--compile", action="store_true")
    o = a.parse_args()
    torch.set_num_threads(o.threads)
    torch.manual_seed(1)
    model = Model()
    weights = list(model.parameters())
    step_model = torch.compile(model) if o.compile else model
    opt = torch.optim.AdamW(weights, lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    ids = torch.randint(VOCAB, (ROWS, CONTEXT + 1))
    clock = time.process_time if o.threads == 1 else time.perf_counter

    def step():
        start = clock()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = step_model(ids[:, :-1], ids[:, 1:])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        opt.step()
        return ROWS * CONTEXT / (clock() - start)

    for _ in range(3):
        step()
    print(f"torch {torch.__version__}, {sum(p.numel() for p in weights)} weights, {o.threads} threads, compiled {o.compile}")
    ratios = []
    env = dict(os.environ, GOMAXPROCS=str(o.threads))
    for i in range(o.rounds):
        torches = [step() for _ in range(3)]
        out = subprocess.run([o.feilun, "bench", "train", "--json", "--runs", "3", "--workers", str(o.threads)], capture_output=True, env=env, check=True)
        ours = json.loads(out.stdout)
        ratios.append(ours["tokens_per_second"] / max(torches))
        print(f"round {i + 1}: PyTorch {max(torches):.0f} tokens/s, Feilun {ours['tokens_per_second']:.0f} ({ours['share']:.3f} of peak), ratio {ratios[-1]:.2f}", flush=True)
    ratios.sort()
    print(f"median ratio {ratios[len(ratios) // 2]:.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
