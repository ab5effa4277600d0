"""Loss curves of tasks over a cross-attention fusion, for packages/cli/fixtures/task-curves.json.

One model, the same numbers: towers that are layers of their own, a co-attention fusion, the head of a
task; 36 steps of AdamW with clipping, warm-up and cosine, from the stored parameters, on the stored pairs.
Then the trained model is measured on 64 other pairs.

Run: python tooling/reference/task_curves.py
"""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import store, write
from fusion import CoAttention
from fusion_cases import D_IMAGE, D_TEXT, DIM, HEADS, HIDDEN, LAYERS, N_IMAGE, N_TEXT, TABLE

torch.manual_seed(33)

PAIRS, BATCH, STEPS, WARMUP, RATE, DECAY = 24, 8, 36, 4, 0.02, 0.05
TESTED = 64
COLOURS = ["blue", "green", "red"]


class Head(nn.Module):
    """A layer norm, a hidden layer with GELU, a linear layer."""

    def __init__(self, outputs):
        super().__init__()
        self.norm = nn.LayerNorm(2 * DIM)
        self.hidden = nn.Linear(2 * DIM, 5)
        self.out = nn.Linear(5, outputs)

    def forward(self, joint):
        return self.out(F.gelu(self.hidden(self.norm(joint))))


class Model(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.image, self.text = nn.Module(), nn.Module()
        self.image.proj = nn.Linear(D_IMAGE, D_IMAGE)
        self.text.proj = nn.Linear(D_TEXT, D_TEXT)
        self.fusion = CoAttention()
        self.loss = nn.Module()
        self.loss.head = Head(outputs)

    @staticmethod
    def encode(proj, tokens, mask):
        # Every pair is encoded, padding too; the summary is the mean of the real tokens.
        seen = torch.tanh(proj(tokens))
        mean = (seen * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return {"tokens": seen, "mask": mask, "pooled": mean}

    def forward(self, image, image_mask, text, text_mask):
        left = self.encode(self.image.proj, image, image_mask)
        right = self.encode(self.text.proj, text, text_mask)
        return self.loss.head(self.fusion.fuse(left, right)[0])


def lengths(most, count):
    return [1 + (3 * i) % most for i in range(count)]


def mask(most):
    return torch.tensor([[1.0] * n + [0.0] * (most - n) for n in lengths(most, PAIRS)])


image, text = torch.randn(PAIRS, N_IMAGE, D_IMAGE), torch.randn(PAIRS, N_TEXT, D_TEXT)
image_mask, text_mask = mask(N_IMAGE), mask(N_TEXT)
apart = torch.Generator().manual_seed(34)
other_image = torch.randn(TESTED, N_IMAGE, D_IMAGE, generator=apart)
other_text = torch.randn(TESTED, N_TEXT, D_TEXT, generator=apart)
whole_image, whole_text = torch.ones(TESTED, N_IMAGE), torch.ones(TESTED, N_TEXT)


def signs(image, text):
    return image[:, 0, 0] > 0, text[:, 0, 0] > 0


def kinds_of(image, text):
    # What is asked depends on both sides: on the signs of their first numbers.
    left, right = signs(image, text)
    return (2 * left.long() + right.long()).tolist()


kinds, other_kinds = kinds_of(image, text), kinds_of(other_image, other_text)


def rate(step):
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def curve(name, outputs, labels, loss, tested, score, options=None):
    model = Model(outputs)
    start = {path: value.detach().clone() for path, value in model.named_parameters()}
    values = list(model.parameters())
    groups = [
        {"params": [v for v in values if v.ndim > 1], "weight_decay": DECAY},
        {"params": [v for v in values if v.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=RATE)
    losses = []
    for step in range(STEPS):
        rows = [(step * BATCH + i) % PAIRS for i in range(BATCH)]
        for group in optimizer.param_groups:
            group["lr"] = RATE * rate(step)
        optimizer.zero_grad()
        value = loss(model(image[rows], image_mask[rows], text[rows], text_mask[rows]), rows)
        value.backward()
        torch.nn.utils.clip_grad_norm_(values, 1.0)
        optimizer.step()
        losses.append(value.item())
    with torch.no_grad():
        told = model(other_image, whole_image, other_text, whole_text)
    accuracy = sum(score(row, label) for row, label in zip(told, tested)) / TESTED
    print(f"{name}: {losses[0]:.4f} to {losses[-1]:.4f}, accuracy {accuracy:.4f}")
    inputs = {"image": image, "image.mask": image_mask, "text": text, "text.mask": text_mask}
    inputs |= {"tested.image": other_image, "tested.text": other_text}
    inputs |= {"tested.image.mask": whole_image, "tested.text.mask": whole_text}
    return {
        "options": {
            "labels": labels,
            "tested": tested,
            "accuracy": accuracy,
            "options": {"hidden": 5, **(options or {})},
            "fusion": {
                "dim": DIM,
                "heads": HEADS,
                "hidden": HIDDEN,
                "layers": LAYERS,
                "maxTextTokens": TABLE,
            },
            "training": {
                "batchSize": BATCH,
                "steps": STEPS,
                "warmup": WARMUP,
                "rate": RATE,
                "decay": DECAY,
            },
        },
        "params": {path: store(value) for path, value in start.items()},
        "inputs": {path: store(value) for path, value in inputs.items()},
        "outputs": {"losses": store(torch.tensor(losses))},
        "weights": {},
        "gradients": {},
    }


classes = ["a", "b", "c", "d"]
weights = [0.5, 1.0, 2.0, 1.5]
of_class = torch.tensor(kinds)


def sets_of(image, text):
    left, right = signs(image, text)
    return [
        [name for name, has in zip(COLOURS, (l, r, l != r)) if has] for l, r in zip(left, right)
    ]


sets = sets_of(image, text)
has = torch.tensor([[float(c in s) for c in COLOURS] for s in sets])

words = ["no", "two", "yes"]


def answers_of(kinds):
    return [[words[k % 3]] * 3 + [words[(k + i) % 3]] for i, k in enumerate(kinds)]


given = answers_of(kinds)
counts = {w: sum(a.count(w) for a in given) for w in words}
vocabulary = sorted(words, key=lambda w: (-counts[w], w))


def shares(answers):
    raw = torch.tensor([min(1.0, answers.count(w) / 3) for w in vocabulary])
    return raw / raw.sum()


soft = torch.stack([shares(answers) for answers in given])

write(
    __file__,
    "cli",
    "task-curves",
    {
        "classification": curve(
            "classification",
            4,
            [classes[k] for k in kinds],
            lambda out, rows: F.cross_entropy(
                out, of_class[rows], weight=torch.tensor(weights), label_smoothing=0.1
            ),
            [classes[k] for k in other_kinds],
            lambda row, label: float(classes[row.argmax()] == label),
            {"classWeights": dict(zip(classes, weights)), "labelSmoothing": 0.1},
        ),
        "multi-label": curve(
            "multi-label",
            3,
            sets,
            lambda out, rows: F.binary_cross_entropy_with_logits(out, has[rows]),
            sets_of(other_image, other_text),
            lambda row, label: float([c for c, v in zip(COLOURS, row) if v > 0] == label),
        ),
        "answering": curve(
            "answering",
            3,
            given,
            lambda out, rows: F.cross_entropy(out, soft[rows]),
            answers_of(other_kinds),
            lambda row, label: min(1.0, label.count(vocabulary[row.argmax()]) / 3),
        ),
    },
)
