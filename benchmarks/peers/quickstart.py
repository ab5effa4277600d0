"""The peer of steps/workloads/quickstart.ts: the quickstart's fusions under listwise matching.

The modules are those whose values and gradients the tests compare ours with. Each step draws one false
text of the batch for each image, beside its three given ones. `--fusion NAME`
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from measure import measure, options, training_step

sys.path.append(str(Path(__file__).resolve().parents[2] / "tooling" / "reference"))
import fusion  # noqa: E402
import fusion_cases  # noqa: E402

torch.set_default_dtype(torch.float32)

B, NEGATIVES, DRAWN = 32, 3, 1
SIZES = {
    "D_IMAGE": 256, "D_TEXT": 128, "N_IMAGE": 64, "N_TEXT": 20,
    "DIM": 64, "LAYERS": 2, "HEADS": 4, "HIDDEN": 128, "TABLE": 128,
}
for module in (fusion_cases, fusion):
    for name, value in SIZES.items():
        if hasattr(module, name):
            setattr(module, name, value)


def side(rows, tokens, width):
    return {
        "tokens": torch.randn(rows, tokens, width),
        "mask": torch.ones(rows, tokens),
        "pooled": torch.randn(rows, width),
    }


def joined(parts):
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def taken(part, rows):
    return {name: value[rows] for name, value in part.items()}


image = side(B, SIZES["N_IMAGE"], SIZES["D_IMAGE"])
text = side(B, SIZES["N_TEXT"], SIZES["D_TEXT"])
negatives = side(B * NEGATIVES, SIZES["N_TEXT"], SIZES["D_TEXT"])
own = torch.arange(B)
others = 1 - torch.eye(B)


class Matching(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self):
        drawn = torch.multinomial(others, DRAWN).flatten()
        images = joined([image, taken(image, own.repeat_interleave(NEGATIVES)), image])
        texts = joined([text, negatives, taken(text, drawn)])
        match = self.module.fuse(images, texts)[1]
        true, given, rivals = match.split([B, B * NEGATIVES, B * DRAWN])
        return torch.cat([true.view(B, 1), given.view(B, NEGATIVES), rivals.view(B, DRAWN)], 1)


model = Matching(
    {
        "co-attention": lambda: fusion.CoAttention(norm_first=True),
        "single-stream": lambda: fusion.SingleStream(norm_first=True),
    }[options.fusion]()
)
right = torch.zeros(B, dtype=torch.long)
measure(training_step(model, lambda model: F.cross_entropy(model(), right), lr=1e-3))
