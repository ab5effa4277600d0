"""Values and gradients of the deep sets, by TorchMultimodal's own modules.

Run: python tooling/reference/fusion_deep_set.py
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torchmultimodal.modules.fusions.deepset_fusion import DeepsetFusionModule, DeepsetFusionWithTransformer

from fixture import write
from fusion_cases import D_IMAGE, D_TEXT, DIM, HEADS, HIDDEN, fusion_case

torch.manual_seed(13)

ATTENTION = 3
WIDTHS = {"image": D_IMAGE, "text": D_TEXT}


def mlp():
    return nn.Sequential(nn.Linear(DIM, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, DIM))


class Head:
    """Joins two summaries by the module this is mixed into, and matches by a linear head."""

    def fuse(self, image, text):
        joint = self({"image": image["pooled"], "text": text["pooled"]})
        return joint, self.match_head(joint)[:, 0]

    def finish(self):
        # The module projects to the narrower width, which is DIM here.
        self.match_head = nn.Linear(DIM, 1)
        if self.apply_attention:
            self.attention[2] = nn.Linear(ATTENTION, 1, bias=False)
        return self


class DeepSet(Head, DeepsetFusionModule):
    def __init__(self, pool, **options):
        super().__init__(WIDTHS, mlp(), pool, attention_dim=ATTENTION, use_auto_mapping=True, **options)
        self.finish()


class WeighedDeepSet(DeepSet):
    """With weights behind the normalisation of features, where TorchMultimodal's are undone by it."""

    def forward(self, embeddings):
        elements = torch.stack([self.projections[side](embeddings[side]) for side in ("image", "text")], 1)
        return self.mlp(self._pool_features(F.normalize(elements, dim=2) * self.attention(elements)))


class DeepSetTransformer(Head, DeepsetFusionWithTransformer):
    def __init__(self, layers, **options):
        layer = nn.TransformerEncoderLayer(DIM, HEADS, HIDDEN, 0.0, batch_first=True)
        transformer = nn.TransformerEncoder(layer, layers, nn.LayerNorm(DIM), enable_nested_tensor=False)
        super().__init__(WIDTHS, mlp(), transformer, attention_dim=ATTENTION, use_auto_mapping=True, **options)
        self.finish()


def check_that_normalised_weights_are_undone():
    module = DeepSet(torch.sum, apply_attention=True)
    summaries = {side: torch.randn(3, width) for side, width in WIDTHS.items()}
    weights = torch.autograd.grad(module(summaries).sum(), module.attention[0].weight)[0]
    assert weights.abs().max() < 1e-12
    print("TorchMultimodal's attention has no gradient where features are normalised behind it")


def largest(x, dim):
    return x.amax(dim)


check_that_normalised_weights_are_undone()
SHAPE = {"dim": DIM, "hidden": HIDDEN, "attentionDim": ATTENTION}
DEEP = {**SHAPE, "heads": HEADS, "feedForward": HIDDEN}
ACROSS = {"attention": True, "normalization": "modalities"}
across = {"apply_attention": True, "modality_normalize": True}
write(
    __file__,
    "fusion",
    "deep-set",
    {
        "deep-set": fusion_case(DeepSet(torch.mean), **SHAPE),
        "deep-set, weighed": fusion_case(
            WeighedDeepSet(largest, apply_attention=True), **SHAPE, attention=True, pool="max"
        ),
        "deep-set, across modalities": fusion_case(DeepSet(torch.sum, **across), **SHAPE, **ACROSS, pool="sum"),
        "deep-set-transformer": fusion_case(DeepSetTransformer(1), **DEEP),
        "deep-set-transformer, across modalities": fusion_case(
            DeepSetTransformer(2, **across), **DEEP, **ACROSS, layers=2
        ),
    },
)
