"""PyTorch's values of the losses of tasks for packages/lab/fixtures/tasks.json.

Run: python tooling/reference/tasks.py
"""

import torch
import torch.nn.functional as F

from fixture import case, write

torch.manual_seed(21)


def logits(rows, classes):
    return {"outputs": torch.randn(rows, classes)}


truth = [0, 2, 1, 2, 0, 2]
labels = [f"c{k}" for k in truth]
target = torch.tensor(truth)
weights = {"c0": 0.5, "c1": 3.0, "c2": 1.25}
weight = torch.tensor(list(weights.values()))


def cross_entropy(**options):
    return lambda _, i: {"loss": F.cross_entropy(i["outputs"], target, **options)}


def focal(gamma):
    def run(_, i):
        logp = F.log_softmax(i["outputs"], 1)[torch.arange(len(truth)), target]
        return {"loss": (-((1 - logp.exp()) ** gamma) * logp).mean()}

    return run


sets = [["a"], ["a", "c"], [], ["b", "c"], ["a"]]
has = torch.tensor([[float(k in s) for k in "abc"] for s in sets])
share = has.mean(0)


def bce(**options):
    return lambda _, i: {"loss": F.binary_cross_entropy_with_logits(i["outputs"], has, **options)}


values = [1.0, -2.0, 0.5, 4.0, 3.0]
standard = (torch.tensor(values) - torch.tensor(values).mean()) / torch.tensor(values).std()


def numbers(loss):
    return lambda _, i: {"loss": loss(i["outputs"][:, 0], standard)}


answers = [["two", "two", "two", "2"], ["yes"], ["no", "yes", "no"], ["no"]]
vocabulary = ["no", "two", "yes"]  # by count, then by name


def scores(given):
    full = min(3, len(given))
    raw = torch.tensor([min(1.0, given.count(a) / full) for a in vocabulary])
    return raw / raw.sum()


soft = torch.stack([scores(a) for a in answers])


def answering(smoothing):
    return lambda _, i: {"loss": F.cross_entropy(i["outputs"], soft, label_smoothing=smoothing)}


ranks = [3, 1, 7, 7, 1, 3]
order = ["poor", "fair", "good", "best"]
graded = ["fair", "best", "poor", "good", "poor"]


def coral(levels):
    """Cao et al., arXiv 1901.07884: K binary cross entropies a row, of levels from 0 to K."""

    def loss(logits):
        above = torch.tensor([[float(level > k) for k in range(logits.shape[1])] for level in levels])
        each = F.binary_cross_entropy_with_logits(logits, above, reduction="none")
        return {"loss": each.sum(1).mean()}

    return loss


def coral_head(levels):
    """One linear output without a bias, and a bias for each binary decision."""
    loss = coral(levels)
    return lambda p, i: loss(F.linear(i["joint"], p["out.weight"]) + p["out.bias"])


levels_of_ranks = [sorted(set(ranks)).index(rank) for rank in ranks]
levels_of_graded = [order.index(label) for label in graded]

write(
    __file__,
    "lab",
    "tasks",
    {
        "classification": case(cross_entropy(), logits(6, 3), options={"labels": labels}),
        "classification weights and smoothing": case(
            cross_entropy(weight=weight, label_smoothing=0.2),
            logits(6, 3),
            options={"labels": labels, "options": {"classWeights": weights, "labelSmoothing": 0.2}},
        ),
        "classification focal": case(
            focal(2.0), logits(6, 3), options={"labels": labels, "options": {"focal": 2}}
        ),
        "multi-label": case(bce(), logits(5, 3), options={"labels": sets}),
        "multi-label positive weights": case(
            bce(pos_weight=(1 - share) / share),
            logits(5, 3),
            options={"labels": sets, "options": {"positiveWeights": "balanced"}},
        ),
        "regression": case(numbers(F.mse_loss), logits(5, 1), options={"labels": values}),
        "regression mae": case(
            numbers(F.l1_loss), logits(5, 1), options={"labels": values, "options": {"loss": "mae"}}
        ),
        "regression huber": case(
            numbers(lambda x, y: F.huber_loss(x, y, delta=0.7)),
            logits(5, 1),
            options={"labels": values, "options": {"loss": "huber", "delta": 0.7}},
        ),
        "answering": case(answering(0.0), logits(4, 3), options={"labels": answers}),
        "answering smoothing": case(
            answering(0.1),
            logits(4, 3),
            options={"labels": answers, "options": {"labelSmoothing": 0.1}},
        ),
        "ordinal": case(
            lambda _, i: coral(levels_of_ranks)(i["outputs"]),
            logits(6, 2),
            options={"labels": ranks},
        ),
        "ordinal order": case(
            lambda _, i: coral(levels_of_graded)(i["outputs"]),
            logits(5, 3),
            options={"labels": graded, "options": {"order": order}},
        ),
        "ordinal head": case(
            coral_head(levels_of_graded),
            {"joint": torch.randn(5, 4)},
            {"out.weight": torch.randn(1, 4), "out.bias": torch.randn(3)},
            options={"labels": graded, "options": {"order": order, "norm": False}},
        ),
    },
)
