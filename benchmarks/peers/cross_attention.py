"""The peer of steps/workloads/cross-attention.ts: the same step in PyTorch."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from measure import measure, options, training_step, tuned

B = options.batch or 64
NI, DI, NT, DT, D, H, L, FF = 49, 512, 32, 384, 256, 4, 2, 1024


def attention(q, k, v):
    if tuned:
        return F.scaled_dot_product_attention(q, k, v)
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // H), -1) @ v


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.q, self.k, self.v, self.o = (nn.Linear(D, D) for _ in range(4))
        self.up, self.down = nn.Linear(D, FF), nn.Linear(FF, D)

    def forward(self, x, context):
        def split(y):
            return y.view(y.shape[0], y.shape[1], H, D // H).transpose(1, 2)

        mixed = attention(split(self.q(self.norm1(x))), split(self.k(context)), split(self.v(context)))
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
        return a @ b.T / 0.1


image, text, labels = torch.randn(B, NI, DI), torch.randn(B, NT, DT), torch.arange(B)


def loss_of(model):
    scores = model(image, text)
    return (F.cross_entropy(scores, labels) + F.cross_entropy(scores.T, labels)) / 2


measure(training_step(Model(), loss_of, lr=1e-3))
