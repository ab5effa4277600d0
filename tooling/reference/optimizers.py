"""100 steps of optimizers, for packages/trainer/fixtures/optimizers.json, and factors of schedules.

PyTorch's own where it has one; else the algorithm of the paper, written out here. Gradients come from a
formula that the test repeats, so the fixture holds parameters alone.

Run: python tooling/reference/optimizers.py
"""

import json
import math
from pathlib import Path

import torch

SHAPES = {
    "image.conv.weight": (2, 3, 2),
    "image.conv.bias": (2,),
    "text.linear.weight": (3, 2),
    "fusion.linear.weight": (2, 4),
    "fusion.scale": (),
}
STEPS = 100
SEEN = [1, 2, 10, 50, 100]


def start():
    values, seed = {}, 0
    for name, shape in SHAPES.items():
        size = math.prod(shape)
        flat = [math.cos(1.7 * (seed + i) + 0.3) for i in range(size)]
        values[name] = torch.tensor(flat, dtype=torch.float64).float().reshape(shape)
        seed += size
    return values


def gradients(step):
    """From about 0.01 to about 3, with signs that change at different paces."""
    values, seed = {}, 0
    for name, shape in SHAPES.items():
        size = math.prod(shape)
        flat = [
            (1.5 + math.sin(0.21 * (step + 1)))
            * math.sin(0.37 * (seed + i + 1) * (step + 1) + 0.5)
            * (0.02 if name.startswith("text") else 1.0)
            for i in range(size)
        ]
        values[name] = torch.tensor(flat, dtype=torch.float64).float().reshape(shape)
        seed += size
    return values


def decays(value):
    return value.ndim > 1


def run(make, clip=None):
    """`make(params)` gives a function that makes one step on gradients in `.grad`."""
    params = {name: value.requires_grad_() for name, value in start().items()}
    step_once, read = make(params)
    seen = {}
    for step in range(STEPS):
        for name, gradient in gradients(step).items():
            params[name].grad = gradient
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(params.values()), clip)
        step_once(step)
        if step + 1 in SEEN:
            seen[step + 1] = {
                name: [float(f"{x:.9g}") for x in value.detach().reshape(-1).tolist()]
                for name, value in read().items()
            }
    return seen


def of_torch(make, decay):
    def build(params):
        groups = [
            {"params": [v for v in params.values() if decays(v) == wanted], "weight_decay": amount}
            for wanted, amount in ((True, decay), (False, 0.0))
        ]
        optimizer = make(groups)
        return lambda step: optimizer.step(), lambda: params

    return build


def by_hand(update, rate, decay):
    """`update(state, gradient, t)` gives a direction; what is written here does not use ours."""

    def build(params):
        states = {name: {} for name in params}

        @torch.no_grad()
        def step_once(step):
            for name, value in params.items():
                amount = decay if decays(value) else 0.0
                update(states[name], value, value.grad, step + 1, rate, amount)

        return step_once, lambda: params

    return build


def lion(state, value, gradient, t, rate, decay, beta1=0.9, beta2=0.99):
    # Chen et al. 2023, algorithm 2.
    m = state.setdefault("m", torch.zeros_like(value))
    direction = torch.sign(beta1 * m + (1 - beta1) * gradient)
    value -= rate * (direction + decay * value)
    m.copy_(beta2 * m + (1 - beta2) * gradient)


def lamb(state, value, gradient, t, rate, decay, beta1=0.9, beta2=0.999, eps=1e-6):
    # You et al. 2020, algorithm 2, phi(z) = z.
    m = state.setdefault("m", torch.zeros_like(value))
    v = state.setdefault("v", torch.zeros_like(value))
    m.mul_(beta1).add_(gradient, alpha=1 - beta1)
    v.mul_(beta2).add_(gradient * gradient, alpha=1 - beta2)
    ratio = (m / (1 - beta1**t)) / (torch.sqrt(v / (1 - beta2**t)) + eps) + decay * value
    length, size = value.norm(), ratio.norm()
    trust = length / size if length > 0 and size > 0 else 1.0
    value -= rate * trust * ratio


def adaptive_clipped(state, value, gradient, t, rate, decay, clip=0.01, eps=1e-3):
    # Brock et al. 2021, equation 3, then plain descent.
    def unit(x):
        return x.norm() if x.ndim < 2 else x.flatten(1).norm(dim=1).reshape(-1, *[1] * (x.ndim - 1))

    largest = clip * torch.clamp(unit(value), min=eps)
    factor = torch.clamp(largest / torch.clamp(unit(gradient), min=1e-6), max=1.0)
    value -= rate * factor * gradient


def schedule_free(params):
    # AdamWScheduleFreeReference of the schedulefree package, r = 0, weight_lr_power = 2, warm-up 5.
    rate, beta1, beta2, eps, decay, warmup = 0.02, 0.9, 0.999, 1e-8, 0.1, 5
    z = {name: value.detach().clone() for name, value in params.items()}
    v = {name: torch.zeros_like(value) for name, value in params.items()}
    total = {"weights": 0.0, "largest": 0.0}

    @torch.no_grad()
    def step_once(step):
        now = rate * min(1.0, (step + 1) / warmup)
        total["largest"] = max(now, total["largest"])
        weight = total["largest"] ** 2
        total["weights"] += weight
        share = weight / total["weights"]
        for name, y in params.items():
            v[name].mul_(beta2).addcmul_(y.grad, y.grad, value=1 - beta2)
            root = (v[name] / (1 - beta2 ** (step + 1))).sqrt() + eps
            direction = y.grad / root + (decay if decays(y) else 0.0) * y
            y.lerp_(z[name], share)
            y.add_(direction, alpha=now * (beta1 * (1 - share) - 1))
            z[name].sub_(direction, alpha=now)

    def read():
        return {
            **{f"y.{name}": y for name, y in params.items()},
            **{f"x.{name}": y.detach().lerp(z[name], 1 - 1 / beta1) for name, y in params.items()},
        }

    return step_once, read


def muon(params):
    # PyTorch's takes matrices alone and rounds them to bfloat16, which is left out here.
    torch.bfloat16 = torch.float32
    matrices = {name: v for name, v in params.items() if v.ndim > 1}
    flat = {n: v.detach().clone().flatten(1).requires_grad_() for n, v in matrices.items()}
    others = [v for v in params.values() if v.ndim < 2]
    first = torch.optim.Muon(list(flat.values()), lr=0.02, weight_decay=0.1, momentum=0.95)
    second = torch.optim.AdamW(others, lr=0.01, weight_decay=0.0)

    def step_once(step):
        for name, value in flat.items():
            value.grad = params[name].grad.flatten(1)
        first.step()
        second.step()

    return step_once, lambda: {**params, **flat}


def schedule(make, top=1.0):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=top)
    scheduler = make(optimizer)
    factors = []
    for _ in range(40):
        factors.append(optimizer.param_groups[0]["lr"] / top)
        optimizer.step()
        if len(factors) < 40:
            scheduler.step()
    return factors


optim, lrs = torch.optim, torch.optim.lr_scheduler

# What makes each optimizer of its parameters, and the clip of the global norm before its steps.
OPTIMIZERS = {
    "adam": (of_torch(lambda g: optim.Adam(g, lr=0.01), 0.1), None),
    "adamw": (of_torch(lambda g: optim.AdamW(g, lr=0.01), 0.1), 1.0),
    "sgd": (of_torch(lambda g: optim.SGD(g, lr=0.01, momentum=0.9), 0.0), 1.0),
    "adafactor": (of_torch(lambda g: optim.Adafactor(g, lr=0.02), 0.1), None),
    "muon": (muon, None),
    "lion": (by_hand(lion, 0.002, 0.1), None),
    "lamb": (by_hand(lamb, 0.01, 0.1), None),
    "scheduleFree": (schedule_free, None),
}


def main():
    out = {
        "source": "tooling/reference/optimizers.py",
        "torch": torch.__version__.split("+")[0],
        "shapes": {name: list(shape) for name, shape in SHAPES.items()},
        "optimizers": {
            **{name: run(*each) for name, each in OPTIMIZERS.items()},
            "adaptiveClip": run(by_hand(adaptive_clipped, 0.05, 0.0)),
        },
        "schedules": {
            "oneCycle": schedule(lambda o: lrs.OneCycleLR(o, max_lr=1.0, total_steps=40)),
            "cosineRestarts": schedule(
                lambda o: lrs.CosineAnnealingWarmRestarts(o, T_0=6, T_mult=2)
            ),
            "linear": schedule(lambda o: lrs.LinearLR(o, 1.0, 0.1, total_iters=30)),
        },
    }
    path = Path(__file__).parents[2] / "packages/trainer/fixtures/optimizers.json"
    path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
    print(path.stat().st_size)


if __name__ == "__main__":
    main()
