"""What the scripts for packages/fusion share: sample features, and a case of one fusion.

A fusion is a torch module with `fuse(image, text) -> (joint [B, D], match [B])`, where each side is
`{"tokens": [B, N, D], "mask": [B, N], "pooled": [B, D]}`.
"""

import torch
import torch.nn as nn

from fixture import case

torch.set_default_dtype(torch.float64)
torch.backends.mha.set_fastpath_enabled(False)

B, N_IMAGE, N_TEXT, D_IMAGE, D_TEXT = 3, 4, 5, 6, 4
DIM, LAYERS, HEADS, HIDDEN, TABLE = 4, 2, 2, 6, 7
# Of the layer norms of BERT and its descendants.
EPSILON = 1e-12


def features(side, count, width, lengths):
    return {
        f"{side}.tokens": torch.randn(B, count, width),
        f"{side}.mask": torch.tensor([[1.0] * n + [0.0] * (count - n) for n in lengths]),
        f"{side}.pooled": torch.randn(B, width),
    }


def side(inputs, name, rows=slice(None)):
    return {part: inputs[f"{name}.{part}"][rows] for part in ("tokens", "mask", "pooled")}


class TokenFusion(nn.Module):
    """Both sides embedded at width DIM; a subclass has `match_head` and `join`."""

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
    params = {**dict(fusion.named_parameters()), **dict(fusion.named_buffers())}
    return case(run, inputs, params, options, constant=("image.mask", "text.mask"))
