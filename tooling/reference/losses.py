"""Values and gradients of packages/losses.

Run: python tooling/reference/losses.py
"""

import math

import torch
import torch.nn.functional as F

from fixture import case, write

torch.manual_seed(12)
torch.set_default_dtype(torch.float64)

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
