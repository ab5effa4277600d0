"""Values and gradients of the early and cross-attention fusions, restated with torch modules.

Where TorchMultimodal has the same layer, this script checks that the restatement equals it.

Run: python tooling/reference/fusion_attention.py
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import write
from fusion_cases import DIM, EPSILON, HEADS, HIDDEN, TABLE, B, TokenFusion, fusion_case

torch.manual_seed(12)

QUERIES = 2


def encoder_layer(norm_first, activation="gelu"):
    return nn.TransformerEncoderLayer(DIM, HEADS, HIDDEN, 0.0, activation, batch_first=True, norm_first=norm_first)


def encoder(layers, norm_first):
    norm = nn.LayerNorm(DIM) if norm_first else None
    return nn.TransformerEncoder(encoder_layer(norm_first), layers, norm, enable_nested_tensor=False)


def attention():
    return nn.MultiheadAttention(DIM, HEADS, batch_first=True)


def attend(module, query, context, mask):
    return module(query, context, context, key_padding_mask=mask == 0, need_weights=False)[0]


def mean(tokens, mask):
    return (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)


def real(size, count):
    return torch.ones(size, count)


class TextDecoder(TokenFusion):
    """The text's layers: self attention, attention to the image, feed-forward."""

    def __init__(self, layers, norm_first, positions, summary, epsilon):
        super().__init__(norm_first, positions)
        self.summary = summary
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(
                DIM, HEADS, HIDDEN, 0.0, "gelu", epsilon, batch_first=True, norm_first=norm_first
            )
            for _ in range(layers)
        )
        if norm_first:
            self.norm = nn.LayerNorm(DIM, epsilon)
        self.match_head = nn.Linear(DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        for layer in self.layers:
            text = layer(
                text, image, tgt_key_padding_mask=text_mask == 0, memory_key_padding_mask=image_mask == 0
            )
        if self.norm_first:
            text = self.norm(text)
        return text[:, 0] if self.summary == "first" else mean(text, text_mask)


class Pooler(nn.Module):
    def __init__(self):
        super().__init__()
        self.query = nn.Parameter(torch.randn(QUERIES, DIM))
        self.attn = attention()
        self.ln_q, self.ln_k, self.ln_post = (nn.LayerNorm(DIM) for _ in range(3))

    def forward(self, x, mask):
        query = self.ln_q(self.query).expand(len(x), -1, -1)
        return self.ln_post(attend(self.attn, query, self.ln_k(x), mask))


class AttentionalPooler(TextDecoder):
    def __init__(self, layers=1):
        super().__init__(layers, True, True, "first", 1e-5)
        self.attn_pool = Pooler()

    def join(self, image, image_mask, text, text_mask):
        pooled = self.attn_pool(image, image_mask)
        return super().join(pooled, real(len(pooled), QUERIES), text, text_mask)


class QFormerLayer(nn.Module):
    def __init__(self, crosses, text=True):
        super().__init__()
        epsilon = EPSILON
        self.self_attn, self.norm1 = attention(), nn.LayerNorm(DIM, epsilon)
        if crosses:
            self.multihead_attn, self.norm2 = attention(), nn.LayerNorm(DIM, epsilon)
        self.query = nn.Module()
        for module in (self.query, self) if text else (self.query,):
            module.linear1, module.linear2 = nn.Linear(DIM, HIDDEN), nn.Linear(HIDDEN, DIM)
            module.norm3 = nn.LayerNorm(DIM, epsilon)

    @staticmethod
    def feed_forward(module, x):
        return module.norm3(x + module.linear2(F.gelu(module.linear1(x))))

    def forward(self, x, mask, image, image_mask):
        x = self.norm1(x + attend(self.self_attn, x, x, mask))
        query, text = x[:, :QUERIES], x[:, QUERIES:]
        if hasattr(self, "multihead_attn"):
            query = self.norm2(query + attend(self.multihead_attn, query, image, image_mask))
        query = self.feed_forward(self.query, query)
        return query, self.feed_forward(self, text) if hasattr(self, "linear1") else None


class QFormer(TokenFusion):
    def __init__(self):
        super().__init__(False, True)
        self.query_tokens = nn.Parameter(torch.randn(1, QUERIES, DIM))
        self.layers = nn.ModuleList([QFormerLayer(True), QFormerLayer(False, text=False)])
        self.match_head = nn.Linear(DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        query = self.text_norm(self.query_tokens).expand(len(text), -1, -1)
        mask = torch.cat([real(len(text), QUERIES), text_mask], 1)
        for layer in self.layers:
            query, text = layer(torch.cat([query, text], 1), mask, image, image_mask)
        return query.mean(1)


class GatedLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn_gate, self.ff_gate = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
        self.multihead_attn = attention()
        self.linear1, self.linear2 = nn.Linear(DIM, HIDDEN), nn.Linear(HIDDEN, DIM)
        self.norm1, self.norm2 = nn.LayerNorm(DIM), nn.LayerNorm(DIM)

    def forward(self, x, image, mask):
        x = x + self.attn_gate.tanh() * attend(self.multihead_attn, self.norm1(x), image, mask)
        return x + self.ff_gate.tanh() * self.linear2(F.gelu(self.linear1(self.norm2(x))))


class GatedCrossAttention(TokenFusion):
    def __init__(self):
        super().__init__(True, True)
        self.gated_cross_attn_layers = nn.ModuleList([GatedLayer()])
        self.layers = nn.ModuleList([encoder_layer(True)])
        self.norm = nn.LayerNorm(DIM)
        self.match_head = nn.Linear(DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        for gated, layer in zip(self.gated_cross_attn_layers, self.layers):
            text = layer(gated(text, image, image_mask), src_key_padding_mask=text_mask == 0)
        return self.norm(text)[:, 0]


class MergedAttention(TokenFusion):
    def __init__(self):
        super().__init__(False, True)
        self.encoder = encoder(1, False)
        self.cross_modal_image_pooler = nn.ModuleDict({"dense": nn.Linear(DIM, DIM)})
        self.cross_modal_text_pooler = nn.ModuleDict({"dense": nn.Linear(DIM, DIM)})
        self.match_head = nn.Linear(2 * DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        mask = torch.cat([text_mask, image_mask], 1)
        x = self.encoder(torch.cat([text, image], 1), src_key_padding_mask=mask == 0)
        seen = mean(x[:, text.shape[1] :], image_mask)
        pooled = self.cross_modal_image_pooler["dense"](seen), self.cross_modal_text_pooler["dense"](x[:, 0])
        return torch.cat(pooled, 1).tanh()


class Crossmodal(nn.Module):
    """MulT's transformer: layers that read another sequence, or their own."""

    def __init__(self, layers=1):
        super().__init__()
        self.layers = nn.ModuleList(encoder_layer(True, "relu") for _ in range(layers))
        self.layer_norm = nn.LayerNorm(DIM)

    def forward(self, x, mask, other=None):
        for layer in self.layers:
            query = layer.norm1(x)
            context = query if other is None else layer.norm1(other)
            x = x + attend(layer.self_attn, query, context, mask)
            x = x + layer.linear2(F.relu(layer.linear1(layer.norm2(x))))
        return self.layer_norm(x)


class Mult(TokenFusion):
    def __init__(self):
        super().__init__(True, True)
        self.trans_v_with_l, self.trans_l_with_v = Crossmodal(), Crossmodal()
        self.trans_v_mem, self.trans_l_mem = Crossmodal(), Crossmodal()
        self.proj1, self.proj2 = nn.Linear(2 * DIM, 2 * DIM), nn.Linear(2 * DIM, 2 * DIM)
        self.match_head = nn.Linear(2 * DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        seen = self.trans_v_mem(self.trans_v_with_l(image, text_mask, text), image_mask)
        read = self.trans_l_mem(self.trans_l_with_v(text, image_mask, image), text_mask)
        both = torch.cat([mean(seen, image_mask), mean(read, text_mask)], 1)
        return both + self.proj2(F.relu(self.proj1(both)))


class ChannelConcat(TokenFusion):
    def __init__(self):
        super().__init__(False, True)
        self.cls_token = nn.Parameter(torch.randn(1, 1, DIM))
        self.null_tokens = nn.Embedding(2, DIM)
        self.channel_projection = nn.Linear(2 * DIM, DIM)
        self.encoder = encoder(1, False)
        self.match_head = nn.Linear(DIM, 1)

    def stretch(self, row, tokens, mask, count):
        null = self.null_tokens.weight[row]
        filled = torch.where(mask[..., None] > 0, tokens, null)
        missing = count - tokens.shape[1]
        return torch.cat([filled, null.expand(len(tokens), missing, -1)], 1), F.pad(mask, (0, missing))

    def join(self, image, image_mask, text, text_mask):
        count = max(image.shape[1], text.shape[1])
        text, text_mask = self.stretch(0, text, text_mask, count)
        image, image_mask = self.stretch(1, image, image_mask, count)
        x = self.channel_projection(torch.cat([text, image], 2))
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        mask = torch.cat([real(len(x), 1), torch.maximum(text_mask, image_mask)], 1)
        return self.encoder(x, src_key_padding_mask=mask == 0)[:, 0]


class Bottleneck(TokenFusion):
    def __init__(self):
        super().__init__(True, True)
        self.image_cls_token = nn.Parameter(torch.randn(1, 1, DIM))
        self.text_cls_token = nn.Parameter(torch.randn(1, 1, DIM))
        self.bottleneck = nn.Parameter(torch.randn(1, QUERIES, DIM))
        for side in ("image", "text"):
            stream = nn.ModuleDict({"layers": nn.ModuleList(encoder_layer(True) for _ in range(2))})
            setattr(self, f"{side}_encoder", stream)
        self.encoder_norm = nn.LayerNorm(DIM)
        self.match_head = nn.Linear(DIM, 1)

    def join(self, image, image_mask, text, text_mask):
        size = len(image)

        def start(cls, tokens, mask):
            mask = torch.cat([real(size, 1), mask, real(size, QUERIES)], 1)
            return torch.cat([cls.expand(size, -1, -1), tokens], 1), mask == 0

        streams = start(self.image_cls_token, image, image_mask), start(self.text_cls_token, text, text_mask)
        tokens, absent = zip(*streams)
        shared = self.bottleneck.expand(size, -1, -1)
        for layers in zip(self.image_encoder["layers"], self.text_encoder["layers"]):
            out = [
                layer(torch.cat([x, shared], 1), src_key_padding_mask=gone)
                for layer, x, gone in zip(layers, tokens, absent)
            ]
            tokens = [x[:, :-QUERIES] for x in out]
            shared = sum(x[:, -QUERIES:] for x in out) / 2
        return sum(self.encoder_norm(x[:, 0]) for x in tokens) / 2


def check_peers():
    import fusion_attention_peers as peers

    x, context = torch.randn(B, 5, DIM), torch.randn(B, 4, DIM)
    for norm_first in (False, True):
        decoder = TextDecoder(1, norm_first, False, "first", 1e-5 if norm_first else EPSILON)
        peers.check_decoder_layer(decoder.layers[0], HEADS, x, context, norm_first)
    for crosses in (False, True):
        peers.check_q_former_layer(QFormerLayer(crosses), HEADS, QUERIES, x, context)
    peers.check_pooler(Pooler(), HEADS, x)


if __name__ == "__main__":
    check_peers()
    SHAPE = {"dim": DIM, "heads": HEADS, "hidden": HIDDEN, "maxTextTokens": TABLE}
    ONE, TWO = {**SHAPE, "layers": 1}, {**SHAPE, "layers": 2}
    MEAN = {**ONE, "normFirst": True, "positions": False, "summary": "mean", "epsilon": 1e-5}
    write(
        __file__,
        "fusion",
        "attention",
        {
            "channel-concat": fusion_case(ChannelConcat(), **ONE),
            "bottleneck": fusion_case(Bottleneck(), **TWO, bottlenecks=QUERIES),
            "text-queries-image": fusion_case(TextDecoder(2, False, True, "first", EPSILON), **TWO),
            "text-queries-image, mean": fusion_case(TextDecoder(1, True, False, "mean", 1e-5), **MEAN),
            "attentional-pooler": fusion_case(AttentionalPooler(), **ONE, queries=QUERIES),
            "q-former": fusion_case(QFormer(), **TWO, queries=QUERIES),
            "gated-cross-attention": fusion_case(GatedCrossAttention(), **ONE),
            "merged-attention": fusion_case(MergedAttention(), **ONE),
            "mult": fusion_case(Mult(), **ONE, selfLayers=1),
        },
    )
