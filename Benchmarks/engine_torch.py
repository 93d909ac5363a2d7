#!/usr/bin/env python3
"""Trains a preset of `dsv3sim moe train` in PyTorch with the same batch size and prints tokens/s,
for comparison with `dsv3sim bench engine`. Needs torch (CPU).

Sizes, layers, losses and optimizer are the same: MLA with rotary embedding, dense and MoE layers
with a group-limited sigmoid gate and selection bias, one multi-token prediction module,
cross-entropy, sequence-wise balance loss, AdamW with clipping. Faster PyTorch variants are used
where they exist: fused scaled-dot-product attention, fused AdamW, and stacked expert weights split
by unbind(0), as indexing would halve the speed.
"""
import argparse
import time

import torch
import torch.nn.functional as F

PRESETS = {
    "small": dict(d=256, layers=6, heads=8, q=128, kv=64, p=32, r=16, v=32, f=768, e=128, E=64,
                  G=8, M=4, k=6, scale=1.0, S=16, L=128),
    "v3-router": dict(d=64, layers=5, heads=4, q=48, kv=32, p=16, r=8, v=16, f=192, e=32, E=256,
                      G=8, M=4, k=8, scale=2.5, S=16, L=96),
}


def parameter(*shape):
    return torch.nn.Parameter(torch.randn(*shape) / shape[-1] ** 0.5)


class Norm(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, 1e-6)


class Attention(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.norm, self.q_norm, self.kv_norm = Norm(c["d"]), Norm(c["q"]), Norm(c["kv"])
        self.down = parameter(c["q"] + c["kv"] + c["r"], c["d"])
        self.q_up = parameter(c["heads"] * (c["p"] + c["r"]), c["q"])
        self.kv_up = parameter(c["heads"] * (c["p"] + c["v"]), c["kv"])
        self.out = parameter(c["d"], c["heads"] * c["v"])

    def rotate(self, x, angles):
        return torch.view_as_real(
            torch.view_as_complex(x.float().reshape(*x.shape[:-1], -1, 2)) * angles).flatten(-2)

    def forward(self, x, angles):
        c, (s, l, _) = self.c, x.shape
        down = F.linear(self.norm(x), self.down)
        q, kv, rotary = down.split([c["q"], c["kv"], c["r"]], -1)
        q = F.linear(self.q_norm(q), self.q_up).view(s, l, c["heads"], -1)
        plain, turned = q.split([c["p"], c["r"]], -1)
        q = torch.cat([plain, self.rotate(turned, angles[:, None])], -1)
        up = F.linear(self.kv_norm(kv), self.kv_up).view(s, l, c["heads"], -1)
        key, value = up.split([c["p"], c["v"]], -1)
        shared = self.rotate(rotary, angles)[:, :, None].expand(-1, -1, c["heads"], -1)
        key = torch.cat([key, shared], -1)
        o = F.scaled_dot_product_attention(
            q.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), is_causal=True)
        return x + F.linear(o.transpose(1, 2).flatten(2), self.out)


class Network(torch.nn.Module):
    def __init__(self, d, f):
        super().__init__()
        self.up, self.down = parameter(2 * f, d), parameter(d, f)

    def forward(self, x):
        gate, up = F.linear(x, self.up).chunk(2, -1)
        return F.linear(F.silu(gate) * up, self.down)


class Mixture(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.router = parameter(c["E"], c["d"])
        self.register_buffer("bias", torch.zeros(c["E"]))
        self.up, self.down = parameter(c["E"], 2 * c["e"], c["d"]), parameter(c["E"], c["d"], c["e"])
        self.shared = Network(c["d"], c["e"])

    def forward(self, x):
        c, (s, l, d) = self.c, x.shape
        flat = x.reshape(-1, d)
        scores = F.linear(flat, self.router).sigmoid()
        with torch.no_grad():
            choice = (scores + self.bias).view(-1, c["G"], c["E"] // c["G"])
            groups = choice.topk(2, -1)[0].sum(-1).topk(c["M"], -1)[1]
            mask = torch.ones_like(choice[..., 0], dtype=torch.bool).scatter_(1, groups, False)
            choice = choice.masked_fill(mask[..., None], float("-inf")).flatten(1)
            chosen = choice.topk(c["k"], -1)[1]
        weights = scores.gather(1, chosen)
        weights = weights / weights.sum(-1, keepdim=True) * c["scale"]
        order = chosen.flatten().argsort(stable=True)
        loads = torch.bincount(chosen.flatten(), minlength=c["E"])
        rows = order // c["k"]
        parts = flat[rows].split(loads.tolist())
        outputs = []
        for part, up, down in zip(parts, self.up.unbind(0), self.down.unbind(0)):
            gate, value = F.linear(part, up).chunk(2, -1)
            outputs.append(F.linear(F.silu(gate) * value, down))
        result = torch.cat(outputs) * weights.flatten()[order, None]
        out = self.shared(flat).index_add(0, rows, result)
        one_hot = torch.zeros_like(scores).scatter_(1, chosen, 1.0).view(s, l, -1)
        f = one_hot.mean(1) * c["E"] / c["k"]
        share = (scores / scores.sum(-1, keepdim=True)).view(s, l, -1).mean(1)
        self.balance = (f * share).sum(-1).mean()
        self.loads = loads
        return out.view(s, l, d)


class Block(torch.nn.Module):
    def __init__(self, c, dense):
        super().__init__()
        self.attention, self.norm = Attention(c), Norm(c["d"])
        self.network = Network(c["d"], c["f"]) if dense else Mixture(c)

    def forward(self, x, angles):
        x = self.attention(x, angles)
        return x + self.network(self.norm(x))


class Model(torch.nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = torch.nn.Embedding(256, c["d"])
        self.head = parameter(256, c["d"])
        self.blocks = torch.nn.ModuleList(Block(c, i == 0) for i in range(c["layers"]))
        self.norm, self.enorm, self.hnorm, self.out_norm = (Norm(c["d"]) for _ in range(4))
        self.join, self.module = parameter(c["d"], 2 * c["d"]), Block(c, False)
        frequencies = 10_000 ** (-torch.arange(0, c["r"], 2) / c["r"])
        angles = torch.arange(c["L"])[:, None] * frequencies
        self.register_buffer("angles", torch.polar(torch.ones_like(angles), angles))

    def forward(self, tokens):
        h = self.embed(tokens[:, :-1])
        for block in self.blocks:
            h = block(h, self.angles)
        logits = F.linear(self.norm(h), self.head)
        loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
        joined = torch.cat([self.enorm(self.embed(tokens[:, 1:-1])), self.hnorm(h[:, :-1])], -1)
        later = self.module(F.linear(joined, self.join), self.angles[:-1])
        logits = F.linear(self.out_norm(later), self.head)
        loss = loss + 0.3 * F.cross_entropy(logits.flatten(0, 1), tokens[:, 2:].flatten())
        mixtures = [b.network for b in self.blocks if isinstance(b.network, Mixture)]
        mixtures.append(self.module.network)
        return loss + 1e-4 * sum(m.balance for m in mixtures), mixtures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="small")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    c = PRESETS[options.preset]
    model = Model(c)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=2e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    # CPU time with one thread, as it does not depend on other processes; wall time with several.
    clock = time.process_time if options.threads == 1 else time.perf_counter
    fastest = float("inf")
    for step in range(options.steps + 1):
        tokens = torch.randint(0, 256, (c["S"], c["L"] + 1))
        start = clock()
        optimizer.zero_grad(set_to_none=True)
        loss, mixtures = model(tokens)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for mixture in mixtures:
                loads = mixture.loads.float()
                mixture.bias += 0.02 * (loads.mean() - loads).sign()
        if step > 0:
            fastest = min(fastest, clock() - start)
    weights = sum(p.numel() for p in model.parameters())
    print(f"torch {options.preset} {options.threads} {weights} {c['S'] * c['L'] / fastest:.1f}")


if __name__ == "__main__":
    main()
