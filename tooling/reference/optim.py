"""Values of torch.optim.AdamW and SGD after clip_grad_norm_, for packages/trainer/fixtures/optim.json.

Run: python tooling/reference/optim.py
"""

import json
import math
from pathlib import Path

import torch

torch.manual_seed(7)
SHAPES = {
    "image.conv.weight": (2, 3, 2),
    "image.conv.bias": (2,),
    "text.linear.weight": (3, 2),
    "fusion.scale": (),
}
RATES = {"image": 1e-1, "text": 1e-2, "fusion": 5e-2}
STEPS, WARMUP = 6, 2


def factor(step):
    if step < WARMUP:
        return (step + 1) / WARMUP
    return 0.5 * (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP)))


def flat(tree):
    return {name: value.detach().flatten().tolist() for name, value in tree.items()}


def run(make, clip, schedule):
    start = {name: torch.randn(shape) for name, shape in SHAPES.items()}
    # From tiny to large gradients, so that some steps are clipped and some are not.
    grads = [
        {name: torch.randn(shape) * 10 ** (step - 3) for name, shape in SHAPES.items()}
        for step in range(STEPS)
    ]
    params = {name: value.clone().requires_grad_() for name, value in start.items()}
    optimizer = make(params)
    bases = [group["lr"] for group in optimizer.param_groups]
    norms, trace = [], []
    for step in range(STEPS):
        for group, base in zip(optimizer.param_groups, bases):
            group["lr"] = base * (factor(step) if schedule else 1.0)
        for name, value in params.items():
            value.grad = grads[step][name].clone()
        norm = torch.nn.utils.clip_grad_norm_(list(params.values()), clip)
        norms.append(norm.item())
        optimizer.step()
        trace.append(flat(params))
    return {"start": flat(start), "gradients": [flat(g) for g in grads], "norms": norms, "params": trace}


def adamw(params, **options):
    def decays(name):
        return params[name].ndim > 1

    groups = []
    for prefix, rate in RATES.items():
        for decay in (True, False):
            members = [v for n, v in params.items() if n.split(".")[0] == prefix and decays(n) == decay]
            if members:
                groups.append(
                    {"params": members, "lr": rate, "weight_decay": 0.1 if decay else 0.0}
                )
    return torch.optim.AdamW(groups, **options)


out = {
    "shapes": {name: list(shape) for name, shape in SHAPES.items()},
    "rates": RATES,
    "adamw": run(lambda p: adamw(p, betas=(0.9, 0.999), eps=1e-8), 1.0, True),
    "adamwUnclipped": run(lambda p: adamw(p, betas=(0.8, 0.98), eps=1e-6), math.inf, False),
    "sgd": run(lambda p: torch.optim.SGD(list(p.values()), lr=0.05, momentum=0.9), 2.0, False),
}
path = Path(__file__).parents[2] / "packages/trainer/fixtures/optim.json"
path.write_text(json.dumps(out))
