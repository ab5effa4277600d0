"""What the scripts of packages/losses share.

The model is the least that has every part: rows x (images), y (texts), n (false texts) of width E;
cosines where it has embeddings, plain dot products where it has none.
"""

import torch
import torch.nn.functional as F

from fixture import case

E, K = 5, 2
FOUR, TWINS = ["a", "b", "c", "d"], ["a", "b", "a", "c"]


def unit(x):
    return F.normalize(x, dim=-1)


def rows_of(groups, negatives=False, **more):
    """Random rows; `more` names further rows, {name: count}, dots written as two underscores."""
    size = len(groups)
    counts = {"image": size, "text": size}
    if negatives:
        counts["negatives"] = size * K
    counts.update({name.replace("__", "."): count for name, count in more.items()})
    return {name: torch.randn(count, E) for name, count in counts.items()}


def same(groups, *others):
    """[B, B] whether two rows are of one image, or equal in one of the other lists of names."""
    size = len(groups)
    return torch.tensor(
        [[i == j or any(n[i] == n[j] for n in (groups, *others)) for j in range(size)] for i in range(size)]
    )


def rivals(groups, i):
    return [j for j, other in enumerate(groups) if other != groups[i]]


def loss_case(total, loss, options, tree, groups, embedded=True, params=None, constant=(), **names):
    """`total(inputs, params)` is the loss; `names` are lists of the batch (captions, labels)."""
    return case(
        lambda params, inputs: {"total": total(inputs, params)},
        tree,
        params,
        {"loss": loss, "options": options, "groups": groups, "embedded": embedded, **names},
        constant,
    )
