"""Values and gradients of packages/fusion and packages/losses, restated with torch modules.

Run: python tooling/reference/fusion_losses.py
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import case, write

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
torch.backends.mha.set_fastpath_enabled(False)

B, N_IMAGE, N_TEXT, D_IMAGE, D_TEXT = 3, 4, 5, 6, 4
DIM, LAYERS, HEADS, HIDDEN, TABLE = 4, 2, 2, 6, 7


# --- fusion ---------------------------------------------------------------------------------


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


class TokenFusion(nn.Module):
    def __init__(self, norm_first, positions):
        super().__init__()
        self.norm_first, self.positions = norm_first, positions
        self.visual_projection = nn.Linear(D_IMAGE, DIM)
        self.text_projection = nn.Linear(D_TEXT, DIM)
        self.visual_norm, self.text_norm = nn.LayerNorm(DIM), nn.LayerNorm(DIM)
        self.token_type_embeddings = nn.Embedding(2, DIM)
        if positions:
            self.visual_position_embeddings = nn.Embedding(N_IMAGE, DIM)
            self.text_position_embeddings = nn.Embedding(TABLE, DIM)

    def embed(self, name, row, tokens):
        x = getattr(self, f"{name}_projection")(tokens) + self.token_type_embeddings.weight[row]
        if self.positions:
            x = x + getattr(self, f"{name}_position_embeddings").weight[: tokens.shape[1]]
        return getattr(self, f"{name}_norm")(x)

    def fuse(self, image, text):
        joint = self.join(
            self.embed("visual", 1, image["tokens"]),
            image["mask"],
            self.embed("text", 0, text["tokens"]),
            text["mask"],
        )
        return joint, self.match_head(joint)[:, 0]


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


def features(side, count, width, lengths):
    return {
        f"{side}.tokens": torch.randn(B, count, width),
        f"{side}.mask": torch.tensor([[1.0] * n + [0.0] * (count - n) for n in lengths]),
        f"{side}.pooled": torch.randn(B, width),
    }


def side(inputs, name, rows=slice(None)):
    return {part: inputs[f"{name}.{part}"][rows] for part in ("tokens", "mask", "pooled")}


class Everything(nn.Module):
    """All outputs of a fusion in one forward pass; scores of all images against two texts."""

    def __init__(self, fusion):
        super().__init__()
        self.fusion = fusion

    def forward(self, inputs):
        joint, match = self.fusion.fuse(side(inputs, "image"), side(inputs, "text"))

        def score(i, j):
            image, text = side(inputs, "image", slice(i, i + 1)), side(inputs, "text", slice(j, j + 1))
            return self.fusion.fuse(image, text)[1]

        scores = [torch.cat([score(i, j) for j in (0, 1)]) for i in range(B)]
        return {"joint": joint, "match": match, "score": torch.stack(scores)}


def fusion_case(fusion, **options):
    # Off their tidy starts (ones, zeros), so that no term is hidden.
    with torch.no_grad():
        for value in fusion.parameters():
            if value.ndim == 1:
                value.add_(0.2 * torch.randn_like(value))
    everything = Everything(fusion)

    def run(params, inputs):
        own = {f"fusion.{path}": value for path, value in params.items()}
        return torch.func.functional_call(everything, own, (inputs,))

    inputs = {
        **features("image", N_IMAGE, D_IMAGE, [4, 2, 3]),
        **features("text", N_TEXT, D_TEXT, [3, 5, 1]),
    }
    params = dict(fusion.named_parameters())
    return case(run, inputs, params, options, constant=("image.mask", "text.mask"))


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


# --- losses ---------------------------------------------------------------------------------
# The model is the least that has every part: rows x (images), y (texts), n (false texts) of
# width E; cosines where it has embeddings, plain dot products where it has none.

E, K = 5, 2


def rows_of(groups, negatives):
    size = len(groups)
    tree = {"image": torch.randn(size, E), "text": torch.randn(size, E)}
    if negatives:
        tree["negatives"] = torch.randn(size * K, E)
    return tree


def info_nce(tree, groups, temperature, symmetric, embedded, negatives):
    unit = (lambda x: F.normalize(x, dim=-1)) if embedded else (lambda x: x)
    image, text = unit(tree["image"]), unit(tree["text"])
    logits = image @ text.T / temperature
    labels = torch.arange(len(groups))
    for i, own in enumerate(groups):
        for j, other in enumerate(groups):
            if i != j and own == other:
                logits = logits.clone()
                logits[i, j] = -torch.inf
    across = logits
    if negatives:
        hard = unit(tree["negatives"]).view(len(groups), K, E)
        across = torch.cat([logits, torch.einsum("be,bke->bk", image, hard) / temperature], 1)
    i2t = F.cross_entropy(across, labels)
    if not symmetric:
        return i2t
    return (i2t + F.cross_entropy(logits.T, labels)) / 2


def rivals(groups, i):
    return [j for j, other in enumerate(groups) if other != groups[i]]


def binary_matching(tree, groups, negatives, balanced=True):
    """Every rival is drawn (inBatch = B - 1), so chance has no part in it."""
    image, text = tree["image"], tree["text"]
    logits, labels = [(image * text).sum(-1)], [torch.ones(len(groups))]
    for i in range(len(groups)):
        others = rivals(groups, i)
        logits += [text[others] @ image[i], image[others] @ text[i]]
        if negatives:
            logits.append(tree["negatives"][i * K : (i + 1) * K] @ image[i])
    labels.append(torch.zeros(sum(map(len, logits)) - len(groups)))
    logits, labels = torch.cat(logits), torch.cat(labels)
    if not balanced:
        return F.binary_cross_entropy_with_logits(logits, labels)
    true, false = labels == 1, labels == 0
    return (
        F.binary_cross_entropy_with_logits(logits[true], labels[true])
        + F.binary_cross_entropy_with_logits(logits[false], labels[false])
    ) / 2


def listwise_matching(tree, groups, negatives):
    image, text = tree["image"], tree["text"]
    each = []
    for i in range(len(groups)):
        candidates = [text[i : i + 1], text[rivals(groups, i)]]
        if negatives:
            candidates.append(tree["negatives"][i * K : (i + 1) * K])
        logits = torch.cat(candidates) @ image[i]
        each.append(F.cross_entropy(logits[None], torch.tensor([0])))
    return torch.stack(each).mean()


def loss_case(total, loss, options, groups, negatives, embedded=False, params=None):
    return case(
        lambda params, inputs: {"total": total(inputs, params)},
        rows_of(groups, negatives),
        params,
        {"loss": loss, "options": options, "groups": groups, "embedded": embedded},
    )


def info_nce_case(options, groups, temperature=0.1, embedded=True, scale=None):
    negatives = options.get("negatives", False)
    symmetric = options.get("symmetric", True)

    def total(tree, params):
        divisor = temperature if scale is None else (-params["logit_scale"]).exp()
        return info_nce(tree, groups, divisor, symmetric, embedded, negatives)

    params = {} if scale is None else {"logit_scale": torch.tensor(scale)}
    return loss_case(total, "info-nce", options, groups, negatives, embedded, params)


def matching_case(name, function, options, groups, negatives, **own):
    def total(tree, _):
        return function(tree, groups, negatives, **own)

    return loss_case(total, name, options, groups, negatives)


FOUR, TWINS = ["a", "b", "c", "d"], ["a", "b", "a", "c"]
binary, listwise = ("matching", binary_matching), ("listwise-matching", listwise_matching)
write(
    __file__,
    "losses",
    "losses",
    {
        "InfoNCE": info_nce_case({}, FOUR),
        "InfoNCE, one way": info_nce_case({"temperature": 0.07, "symmetric": False}, FOUR, 0.07),
        "InfoNCE, learned": info_nce_case({"temperature": "learned"}, FOUR, scale=-math.log(0.07)),
        "InfoNCE, groups": info_nce_case({}, TWINS),
        "InfoNCE, negatives": info_nce_case({"negatives": True}, TWINS),
        "InfoNCE, logits": info_nce_case({}, FOUR, 1.0, embedded=False),
        "InfoNCE, logits, negatives": info_nce_case(
            {"negatives": True, "temperature": 0.5}, FOUR, 0.5, embedded=False
        ),
        "matching": matching_case(*binary, {"inBatch": 3}, FOUR, False),
        "matching, as ALBEF": matching_case(
            *binary, {"inBatch": 3, "balanced": False}, TWINS, True, balanced=False
        ),
        "matching, groups, negatives": matching_case(*binary, {"inBatch": 3}, TWINS, True),
        "matching, uniform": matching_case(*binary, {"inBatch": 3, "hard": False}, TWINS, False),
        "listwise": matching_case(*listwise, {}, FOUR, False),
        "listwise, hard, groups, negatives": matching_case(*listwise, {"hard": True}, TWINS, True),
    },
)
