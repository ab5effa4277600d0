"""Values and gradients of the matching losses of packages/losses.

Run: python tooling/reference/losses_matching.py
"""

import torch
import torch.nn.functional as F

from fixture import write
from loss_cases import FOUR, K, TWINS, loss_case, rivals, rows_of

torch.manual_seed(12)
torch.set_default_dtype(torch.float64)


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


def matching_case(name, function, options, groups, negatives, **own):
    def total(tree, _):
        return function(tree, groups, negatives, **own)

    return loss_case(total, name, options, rows_of(groups, negatives), groups, embedded=False)


binary, listwise = ("matching", binary_matching), ("listwise-matching", listwise_matching)
write(
    __file__,
    "losses",
    "matching",
    {
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
