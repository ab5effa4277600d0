"""Values and gradients of the transformer fusions and the dual encoder, restated with torch modules.

Run: python tooling/reference/fusion.py
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import write
from fusion_cases import (
    D_IMAGE,
    D_TEXT,
    DIM,
    HEADS,
    HIDDEN,
    LAYERS,
    TABLE,
    TokenFusion,
    fusion_case,
)

torch.manual_seed(11)


class DualEncoder(nn.Module):
    def __init__(self, mlp=False, attention=False):
        super().__init__()

        def projection(width):
            if not mlp:
                return nn.Linear(width, DIM, bias=False)
            return nn.Sequential(nn.Linear(width, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, DIM))

        queries = 2 if attention else 1
        self.visual_projection = projection(queries * D_IMAGE)
        self.text_projection = projection(queries * D_TEXT)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.logit_bias = nn.Parameter(torch.tensor(-0.5))
        self.attention = attention
        if attention:
            self.visual_pooling = self.pooling(D_IMAGE, 4)
            self.text_pooling = self.pooling(D_TEXT, TABLE)

    @staticmethod
    def pooling(width, rows):
        module = nn.Module()
        module.probe = nn.Parameter(torch.randn(1, 2, width))
        module.position_embeddings = nn.Embedding(rows, width)
        module.attention = nn.MultiheadAttention(width, HEADS, batch_first=True)
        nn.init.normal_(module.attention.in_proj_bias)
        module.layernorm = nn.LayerNorm(width)
        module.mlp = nn.Module()
        module.mlp.fc1 = nn.Linear(width, 2 * width)
        module.mlp.fc2 = nn.Linear(2 * width, width)
        return module

    def embed(self, projection, pooling, side):
        pooled = side["pooled"]
        if self.attention:
            probe = pooling.probe.expand(len(pooled), -1, -1)
            tokens = side["tokens"]
            tokens = tokens + pooling.position_embeddings.weight[: tokens.shape[1]]
            seen = pooling.attention(probe, tokens, tokens, key_padding_mask=side["mask"] == 0)[0]
            between = F.gelu(pooling.mlp.fc1(pooling.layernorm(seen)))
            pooled = (seen + pooling.mlp.fc2(between)).flatten(1)
        return F.normalize(projection(pooled), dim=-1)

    def fuse(self, image, text):
        left = self.embed(self.visual_projection, getattr(self, "visual_pooling", None), image)
        right = self.embed(self.text_projection, getattr(self, "text_pooling", None), text)
        match = (left * right).sum(-1) * self.logit_scale.exp() + self.logit_bias
        return torch.cat([left, right], 1), match


class SingleStream(TokenFusion):
    def __init__(self, norm_first=False, positions=True):
        super().__init__(norm_first, positions)
        self.cls_token = nn.Parameter(torch.randn(1, 1, DIM))
        layer = nn.TransformerEncoderLayer(
            DIM, HEADS, HIDDEN, 0.0, "gelu", batch_first=True, norm_first=norm_first
        )
        norm = nn.LayerNorm(DIM) if norm_first else None
        self.encoder = nn.TransformerEncoder(layer, LAYERS, norm, enable_nested_tensor=False)
        self.match_head = nn.Linear(DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        cls = self.cls_token.expand(len(image), -1, -1)
        mask = torch.cat([torch.ones(len(image), 1), text_mask, image_mask], 1)
        sequence = torch.cat([cls, text, image], 1)
        return self.encoder(sequence, src_key_padding_mask=mask == 0)[:, 0]


class CoAttention(TokenFusion):
    def __init__(self, norm_first=False, positions=True):
        super().__init__(norm_first, positions)

        def layers():
            return nn.ModuleList(
                nn.TransformerDecoderLayer(
                    DIM, HEADS, HIDDEN, 0.0, "gelu", batch_first=True, norm_first=norm_first
                )
                for _ in range(LAYERS)
            )

        self.cross_modal_image_layers, self.cross_modal_text_layers = layers(), layers()
        if norm_first:
            self.cross_modal_image_norm = nn.LayerNorm(DIM)
            self.cross_modal_text_norm = nn.LayerNorm(DIM)
        self.match_head = nn.Linear(2 * DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        no_image, no_text = image_mask == 0, text_mask == 0
        for on_image, on_text in zip(self.cross_modal_image_layers, self.cross_modal_text_layers):
            image, text = (
                on_image(image, text, tgt_key_padding_mask=no_image, memory_key_padding_mask=no_text),
                on_text(text, image, tgt_key_padding_mask=no_text, memory_key_padding_mask=no_image),
            )
        if self.norm_first:
            image, text = self.cross_modal_image_norm(image), self.cross_modal_text_norm(text)

        def mean(tokens, mask):
            return (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)

        return torch.cat([mean(image, image_mask), mean(text, text_mask)], 1)


if __name__ == "__main__":
    SHAPE = {"dim": DIM, "heads": HEADS, "hidden": HIDDEN}
    DEEP = {**SHAPE, "layers": LAYERS, "maxTextTokens": TABLE}
    PLAIN = {**DEEP, "normFirst": True, "positions": False}
    write(
        __file__,
        "fusion",
        "fusion",
        {
            "dual-encoder": fusion_case(DualEncoder(), **SHAPE),
            "dual-encoder, mlp": fusion_case(DualEncoder(mlp=True), **SHAPE, projection="mlp"),
            "dual-encoder, attention": fusion_case(
                DualEncoder(attention=True),
                **SHAPE,
                pooling="attention",
                queries=2,
                maxTextTokens=TABLE,
            ),
            "single-stream": fusion_case(SingleStream(), **DEEP),
            "single-stream, norm first": fusion_case(SingleStream(True, False), **PLAIN),
            "co-attention": fusion_case(CoAttention(), **DEEP),
            "co-attention, norm first": fusion_case(CoAttention(True, False), **PLAIN),
        },
    )
