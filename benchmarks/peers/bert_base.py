"""The peer of steps/workloads/bert-base.ts: BERT-base with a classifier, no dropout, in PyTorch;
`--features`: the tokens of its last layer alone."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from measure import maybe_compiled, measure, options, training_step, tuned

B = options.batch or 16
N, VOCABULARY, D, H, L, CLASSES = 64, 30522, 768, 12, 12, 2


def attention(q, k, v, mask):
    if tuned:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(D // H) + mask, -1) @ v


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(D, D) for _ in range(4))
        self.intermediate, self.dense = nn.Linear(D, 4 * D), nn.Linear(4 * D, D)
        self.norm1, self.norm2 = nn.LayerNorm(D, eps=1e-12), nn.LayerNorm(D, eps=1e-12)

    def forward(self, x, mask):
        def split(y):
            return y.view(B, N, H, D // H).transpose(1, 2)

        mixed = attention(split(self.query(x)), split(self.key(x)), split(self.value(x)), mask)
        x = self.norm1(x + self.output(mixed.transpose(1, 2).reshape(x.shape)))
        return self.norm2(x + self.dense(F.gelu(self.intermediate(x))))


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.positions = nn.Embedding(VOCABULARY, D, padding_idx=0), nn.Embedding(512, D)
        self.types, self.norm = nn.Embedding(2, D), nn.LayerNorm(D, eps=1e-12)
        self.layers = nn.ModuleList([Layer() for _ in range(L)])
        self.pooler, self.classifier = nn.Linear(D, D), nn.Linear(D, CLASSES)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def tokens(self, ids, mask):
        places, types = torch.arange(N), torch.zeros(N, dtype=torch.long)
        x = self.norm(self.words(ids) + self.positions(places) + self.types(types))
        hidden = (1.0 - mask[:, None, None, :]) * torch.finfo(x.dtype).min
        for layer in self.layers:
            x = layer(x, hidden)
        return x

    def forward(self, ids, mask):
        return self.classifier(torch.tanh(self.pooler(self.tokens(ids, mask)[:, 0])))


ids, mask, labels = torch.randint(VOCABULARY, (B, N)), torch.ones(B, N), torch.arange(B) % CLASSES
if options.features:
    tokens = maybe_compiled(Bert().eval().tokens)

    def step():
        with torch.inference_mode():
            return tokens(ids, mask).mean()

    measure(step)
else:
    measure(training_step(Bert(), lambda model: F.cross_entropy(model(ids, mask), labels), lr=1e-4))
