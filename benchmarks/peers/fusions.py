"""The peer of steps/workloads/fusions.ts: one fusion, named as in the package.

The modules are those whose values and gradients the tests compare ours with, at another size, so both
sides compute the same. `--fusion NAME`
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from measure import measure, options, training_step

sys.path.append(str(Path(__file__).resolve().parents[2] / "tooling" / "reference"))
import fusion  # noqa: E402
import fusion_attention  # noqa: E402
import fusion_bilinear  # noqa: E402
import fusion_cases  # noqa: E402
import fusion_late  # noqa: E402

torch.set_default_dtype(torch.float32)


def sized(modules, **sizes):
    """Sets the constants that the modules are built from."""
    for module in (fusion_cases, *modules):
        for name, value in sizes.items():
            if hasattr(module, name):
                setattr(module, name, value)


B = 64
FEATURES = {"D_IMAGE": 512, "D_TEXT": 384, "N_IMAGE": 49, "N_TEXT": 32}
TOKENS = {"DIM": 256, "LAYERS": 2, "HEADS": 4, "HIDDEN": 1024, "TABLE": 128}
sized((fusion, fusion_attention, fusion_bilinear, fusion_late), **FEATURES)
sized((fusion, fusion_attention), **TOKENS)
sized((fusion_bilinear, fusion_late), DIM=256)


def of_size(build, *modules, **sizes):
    sized(modules, **sizes)
    return build()


fusions = {
    "dual-encoder": lambda: fusion.DualEncoder(),
    "gmu": lambda: fusion_late.Gmu(),
    "mfb": lambda: of_size(lambda: fusion_bilinear.Mfb(5), fusion_bilinear, HIDDEN=1000),
    "mutan": lambda: of_size(fusion_bilinear.Mutan, fusion_bilinear, HIDDEN=512, RANK=15),
    "low-rank-tensor-fusion": lambda: of_size(
        fusion_bilinear.LowRankTensorFusion, fusion_bilinear, RANK=16
    ),
    "single-stream": lambda: fusion.SingleStream(),
    "bottleneck": lambda: of_size(fusion_attention.Bottleneck, fusion_attention, QUERIES=4),
    "text-queries-image": lambda: fusion_attention.TextDecoder(
        2, False, True, "first", fusion_cases.EPSILON
    ),
    "co-attention": lambda: fusion.CoAttention(),
    "q-former": lambda: of_size(fusion_attention.QFormer, fusion_attention, QUERIES=32),
}


def side(count, width):
    return {
        "tokens": torch.randn(B, count, width),
        "mask": torch.ones(B, count),
        "pooled": torch.randn(B, width),
    }


image = side(FEATURES["N_IMAGE"], FEATURES["D_IMAGE"])
text = side(FEATURES["N_TEXT"], FEATURES["D_TEXT"])
labels = (torch.arange(B) % 2 == 0).float()


class Matching(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self):
        return self.module.fuse(image, text)[1]


model = Matching(fusions[options.fusion]())
measure(
    training_step(
        model, lambda model: F.binary_cross_entropy_with_logits(model(), labels), lr=1e-3
    )
)
