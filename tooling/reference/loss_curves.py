"""Losses of 50 training steps by each optimizer, for packages/trainer/fixtures/loss-curves.json.

Two linear towers with biases under a symmetric InfoNCE of 12 pairs; the same with gradients
accumulated over two batches of 6; and GradCache (Gao et al. 2021) in chunks of 5. Data and first
parameters come from formulas that the test repeats, so the fixture holds losses alone.

Run: python tooling/reference/loss_curves.py
"""

import json
import math
from pathlib import Path

import torch
from optimizers import OPTIMIZERS
from torch.nn.functional import cross_entropy, normalize

ROWS, BATCH, STEPS = 24, 12, 50
SHAPES = {
    "image.weight": (4, 3),
    "image.bias": (3,),
    "text.weight": (4, 3),
    "text.bias": (3,),
}


def filled(shape, formula):
    flat = [formula(i) for i in range(math.prod(shape))]
    return torch.tensor(flat, dtype=torch.float64).float().reshape(shape)


def start():
    offsets = {name: 12 * i for i, name in enumerate(SHAPES)}
    return {
        name: filled(shape, lambda i: 0.5 * math.cos(1.7 * (offsets[name] + i) + 0.3))
        for name, shape in SHAPES.items()
    }


# A text is its image, turned and disturbed.
IMAGES = filled((ROWS, 4), lambda i: math.sin(0.9 * i + 0.013 * i * i))
TEXTS = filled((ROWS, 4), lambda i: math.sin(0.9 * i + 0.013 * i * i + 0.8) + 0.3 * math.cos(i))


def embed(params, side, x):
    return normalize(x @ params[f"{side}.weight"] + params[f"{side}.bias"], dim=1)


def contrast(image, text):
    scores = 5 * image @ text.T
    target = torch.arange(len(image))
    return cross_entropy(scores, target) + cross_entropy(scores.T, target)


def sides(rows):
    return (("image", IMAGES[rows]), ("text", TEXTS[rows]))


def in_one_piece(params, at):
    loss = contrast(*(embed(params, side, x) for side, x in sides(at)))
    loss.backward()
    return loss.item()


def accumulated(params, at):
    half = BATCH // 2
    total = 0.0
    for part in (slice(at.start, at.start + half), slice(at.start + half, at.stop)):
        loss = contrast(*(embed(params, side, x) for side, x in sides(part))) / 2
        loss.backward()
        total += loss.item()
    return total


def cached(params, at, size=5):
    chunks = [slice(i, min(i + size, at.stop)) for i in range(at.start, at.stop, size)]
    with torch.no_grad():
        rows = [[embed(params, side, x) for side, x in sides(chunk)] for chunk in chunks]
    whole = [torch.cat(each).requires_grad_() for each in zip(*rows)]
    loss = contrast(*whole)
    loss.backward()
    for chunk in chunks:
        place = slice(chunk.start - at.start, chunk.stop - at.start)
        for (side, x), all_rows in zip(sides(chunk), whole):
            embed(params, side, x).backward(all_rows.grad[place])
    return loss.item()


def curve(build, clip, gradients):
    params = {name: value.requires_grad_() for name, value in start().items()}
    step_once, read = build(params)
    losses = []
    for step in range(STEPS):
        first = step * BATCH % ROWS
        for value in params.values():
            value.grad = None
        losses.append(float(f"{gradients(params, slice(first, first + BATCH)):.9g}"))
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(params.values()), clip)
        step_once(step)
        with torch.no_grad():
            for name, value in read().items():
                if name in params and value is not params[name]:
                    params[name].copy_(value)
    return losses


def main():
    adamw = OPTIMIZERS["adamw"]
    out = {
        "source": "tooling/reference/loss_curves.py",
        "torch": torch.__version__.split("+")[0],
        "optimizers": {name: curve(*each, in_one_piece) for name, each in OPTIMIZERS.items()},
        "accumulated": curve(*adamw, accumulated),
        "cached": curve(*adamw, cached),
    }
    path = Path(__file__).parents[2] / "packages/trainer/fixtures/loss-curves.json"
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print({name: (each[0], each[-1]) for name, each in out["optimizers"].items()})


if __name__ == "__main__":
    main()
