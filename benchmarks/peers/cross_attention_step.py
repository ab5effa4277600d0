"""The peer of engine/cross-attention-step.ts: the same step in eager PyTorch, 2 threads."""
import json
import math
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)
THREADS = next((int(a) for a in sys.argv[1:] if a.isdigit()), 2)
torch.set_num_threads(THREADS)
B, NI, DI, NT, DT, D, H, L, FF = 64, 49, 512, 32, 384, 256, 4, 2, 1024


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.up, self.down = nn.Linear(D, FF), nn.Linear(FF, D)

    def forward(self, x, context):
        h = self.norm1(x)
        split = lambda y: y.view(y.shape[0], y.shape[1], H, D // H).transpose(1, 2)
        q, k, v = split(self.q(h)), split(self.k(context)), split(self.v(context))
        mixed = F.scaled_dot_product_attention(q, k, v) if FUSED else (
            torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // H), -1) @ v)
        x = x + self.o(mixed.transpose(1, 2).reshape(x.shape))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.image_in, self.text_in = nn.Linear(DI, D), nn.Linear(DT, D)
        self.image = nn.ModuleList([Block() for _ in range(L)])
        self.text = nn.ModuleList([Block() for _ in range(L)])
        self.image_out, self.text_out = nn.Linear(D, D), nn.Linear(D, D)

    def forward(self, image, text):
        i, t = self.image_in(image), self.text_in(text)
        for a, b in zip(self.image, self.text):
            i, t = a(i, t), b(t, i)
        a = F.normalize(self.image_out(i.mean(1)), dim=-1)
        b = F.normalize(self.text_out(t.mean(1)), dim=-1)
        z, y = a @ b.T / 0.1, torch.arange(B)
        return (F.cross_entropy(z, y) + F.cross_entropy(z.T, y)) / 2


FUSED = "--fused" in sys.argv
model = Model()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=FUSED)
image, text = torch.randn(B, NI, DI), torch.randn(B, NT, DT)
times, cpu = [], []
for _ in range(12):
    start, used = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    loss = model(image, text)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    times.append((time.perf_counter() - start) * 1000)
    cpu.append((time.process_time() - used) * 1000)
times = sorted(times[2:])
print(json.dumps({
    "name": "cross-attention", "torch": torch.__version__, "fused": FUSED,
    "leastMs": round(times[0]), "middleMs": round(times[len(times) // 2]), "cpuMs": round(min(cpu[2:])),
    "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}))
