"""Values and gradients of the contrastive losses of packages/losses.

Where a published package has the loss, the values stored are its own: open_clip (ClipLoss,
SigLipLoss), torchmultimodal (contrastive loss with temperature, ALBEF's ITC). The others are
restated from the papers, pair by pair.

Run: python tooling/reference/losses_contrastive.py
"""

import math

import torch
import torch.nn.functional as F
from open_clip.loss import ClipLoss, SigLipLoss
from torchmultimodal.modules.losses.albef import ImageTextContrastiveLoss
from torchmultimodal.modules.losses.contrastive_loss_with_temperature import (
    contrastive_loss_with_temperature,
)

from fixture import write
from loss_cases import FOUR, K, TWINS, E, loss_case, rows_of, same, unit

torch.manual_seed(12)
torch.set_default_dtype(torch.float64)

WORDS = ["red", "blue", "green", "blue"]
CLASSES = ["x", "y", "y", "x"]


def sides(tree):
    return unit(tree["image"]), unit(tree["text"])


def info_nce(tree, groups, temperature, direction, embedded, negatives, alike=None):
    image, text = sides(tree) if embedded else (tree["image"], tree["text"])
    logits = image @ text.T / temperature
    labels = torch.arange(len(groups))
    alike = same(groups) if alike is None else alike
    logits = logits.masked_fill(alike & ~torch.eye(len(groups), dtype=torch.bool), -torch.inf)
    across = logits
    if negatives:
        hard = tree["negatives"].view(len(groups), K, E)
        hard = unit(hard) if embedded else hard
        across = torch.cat([logits, torch.einsum("be,bke->bk", image, hard) / temperature], 1)
    ways = {
        "i2t": lambda: F.cross_entropy(across, labels),
        "t2i": lambda: F.cross_entropy(logits.T, labels),
    }
    return (ways["i2t"]() + ways["t2i"]()) / 2 if direction == "both" else ways[direction]()


def info_nce_case(options, groups, temperature=0.1, embedded=True, scale=None, alike=None, **names):
    negatives, direction = options.get("negatives", False), options.get("direction", "both")

    def total(tree, params):
        divisor = temperature if scale is None else (-params["logit_scale"]).exp()
        return info_nce(tree, groups, divisor, direction, embedded, negatives, alike)

    params = {} if scale is None else {"logit_scale": torch.tensor(scale)}
    rows = rows_of(groups, negatives)
    return loss_case(total, "info-nce", options, rows, groups, embedded, params, **names)


def peer_case(total, loss, options, groups=FOUR, **params):
    params = {name: torch.tensor(value) for name, value in params.items()}
    rows = rows_of(groups, options.get("negatives", False))
    return loss_case(lambda tree, own: total(*sides(tree), own), loss, options, rows, groups, True, params)


def clip(image, text, params):
    return ClipLoss()(image, text, params["logit_scale"].exp())


def torchmultimodal_contrastive(smoothing):
    def total(image, text, params):
        given = {"cross_entropy_kwargs": {"label_smoothing": smoothing}}
        return contrastive_loss_with_temperature(image, text, params["logit_scale"], **given).loss

    return total


def positives_by_image(groups, temperature):
    """ALBEF's targets by image id, through TorchMultimodal's loss without a twin."""

    def total(image, text, _):
        alike = same(groups).double()
        targets = alike / alike.sum(1, keepdim=True)
        sims = image @ text.T / temperature
        return ImageTextContrastiveLoss()(sims, sims.T, sim_targets=targets)

    return total


def siglip(image, text, params):
    return SigLipLoss()(image, text, params["logit_scale"].exp(), params["logit_bias"])


def siglip_by_pair(groups, duplicates, negatives):
    def total(tree, params):
        image, text = sides(tree)
        scale, bias = params["logit_scale"].exp(), params["logit_bias"]
        parts, alike = [], same(groups)
        for i in range(len(groups)):
            for j in range(len(groups)):
                z = scale * image[i] @ text[j] + bias
                if i == j or (alike[i, j] and duplicates == "positive"):
                    parts.append(-F.logsigmoid(z))
                elif not alike[i, j]:
                    parts.append(-F.logsigmoid(-z))
            if negatives:
                hard = unit(tree["negatives"][i * K : (i + 1) * K])
                parts += [-F.logsigmoid(-(scale * image[i] @ n + bias)) for n in hard]
        return sum(parts) / len(groups)

    return total


def siglip_case(options, groups, **params):
    total = siglip_by_pair(groups, options.get("duplicates"), options.get("negatives", False))
    params = {name: torch.tensor(value) for name, value in params.items()}
    return loss_case(
        total, "siglip", options, rows_of(groups, options.get("negatives", False)), groups, True, params
    )


def supervised_case(options, groups, temperature, *lists, **names):
    def total(tree, _):
        z, alike = torch.cat(sides(tree)), same(groups, *lists).repeat(2, 2)
        size, parts = len(z), []
        for i in range(size):
            others = [a for a in range(size) if a != i]
            normaliser = torch.logsumexp(torch.stack([z[i] @ z[a] / temperature for a in others]), 0)
            each = [z[i] @ z[p] / temperature - normaliser for p in others if alike[i, p]]
            parts.append(-sum(each) / len(each))
        return sum(parts) / size

    return loss_case(total, "supervised", options, rows_of(groups), groups, **names)


def filip_case(options, groups, temperature, masks):
    size, tokens, words = len(groups), 3, 4
    tree = {
        "image.tokens": torch.randn(size, tokens, E),
        "image.mask": torch.ones(size, tokens),
        "text.tokens": torch.randn(size, words, E),
        "text.mask": torch.ones(size, words),
    }
    if masks:
        tree["image.mask"][1, 2] = tree["text.mask"][0, 2:] = tree["text.mask"][2, 3] = 0

    def real(tree, side, row):
        return unit(tree[f"{side}.tokens"][row])[tree[f"{side}.mask"][row] == 1]

    def total(tree, _):
        towards = {}
        for one, other in (("image", "text"), ("text", "image")):
            rows = [
                [(real(tree, one, i) @ real(tree, other, j).T).amax(1).mean() for j in range(size)]
                for i in range(size)
            ]
            towards[one] = torch.stack([torch.stack(row) for row in rows]) / temperature
        labels = torch.arange(size)
        return (F.cross_entropy(towards["image"], labels) + F.cross_entropy(towards["text"], labels)) / 2

    return loss_case(total, "filip", options, tree, groups, constant=("image.mask", "text.mask"))


TEN = math.log(10)
START = {"logit_scale": -math.log(0.07)}
write(
    __file__,
    "losses",
    "contrastive",
    {
        "InfoNCE": info_nce_case({}, FOUR),
        "InfoNCE, one way": info_nce_case({"temperature": 0.07, "direction": "i2t"}, FOUR, 0.07),
        "InfoNCE, the other way": info_nce_case({"direction": "t2i"}, TWINS),
        "InfoNCE, groups": info_nce_case({}, TWINS),
        "InfoNCE, captions": info_nce_case({}, FOUR, alike=same(FOUR, WORDS), captions=WORDS),
        "InfoNCE, labels": info_nce_case(
            {"same": ["labels"]}, FOUR, alike=same(FOUR, CLASSES), labels=CLASSES
        ),
        "InfoNCE, duplicates as negatives": info_nce_case(
            {"duplicates": "negative"}, TWINS, alike=same(FOUR)
        ),
        "InfoNCE, negatives": info_nce_case({"negatives": True}, TWINS),
        "InfoNCE, logits": info_nce_case({}, FOUR, 1.0, embedded=False),
        "InfoNCE, logits, negatives": info_nce_case(
            {"negatives": True, "temperature": 0.5}, FOUR, 0.5, embedded=False
        ),
        "InfoNCE, open_clip": peer_case(clip, "info-nce", {"temperature": "learned"}, **START),
        "InfoNCE, torchmultimodal, smoothed": peer_case(
            torchmultimodal_contrastive(0.1),
            "info-nce",
            {"temperature": "learned", "labelSmoothing": 0.1},
            **START,
        ),
        "InfoNCE, torchmultimodal, several positives": peer_case(
            positives_by_image(TWINS, 0.1), "info-nce", {"duplicates": "positive"}, TWINS
        ),
        "SigLIP, open_clip": peer_case(siglip, "siglip", {}, logit_scale=TEN, logit_bias=-10.0),
        "SigLIP, open_clip, in chunks": peer_case(
            siglip, "siglip", {"chunk": 3}, logit_scale=1.0, logit_bias=-1.0
        ),
        "SigLIP, groups, negatives": siglip_case(
            {"negatives": True}, TWINS, logit_scale=TEN, logit_bias=-2.0
        ),
        "SigLIP, several positives": siglip_case(
            {"duplicates": "positive"}, TWINS, logit_scale=1.5, logit_bias=-1.0
        ),
        "SupCon": supervised_case({}, FOUR, 0.1),
        "SupCon, labels": supervised_case({"temperature": 0.5}, FOUR, 0.5, CLASSES, labels=CLASSES),
        "FILIP": filip_case({}, FOUR, 0.1, masks=False),
        "FILIP, padding": filip_case({"temperature": 0.2}, FOUR, 0.2, masks=True),
    },
)
