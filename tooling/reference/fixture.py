"""Writes the fixtures that tests compare against: inputs, parameters, outputs and gradients.

A fixture is `{"source", "torch", "cases": {name: case}}`; a case has `options` (plain JSON) and the
tensors `params`, `inputs`, `outputs`, `weights`, `gradients`, each `{name: {shape, dtype, data}}`.
Gradients are those of sum(weights[o] * outputs[o]) over the outputs that have weights, so that no
component of an output can hide. All values are stored: nothing depends on PyTorch's random stream.
"""

import json
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]


def store(tensor):
    """A tensor as JSON: float32 to 9 significant digits (which restore it exactly), ids as int32."""
    floating = tensor.is_floating_point()
    values = tensor.detach().reshape(-1).tolist()
    return {
        "shape": list(tensor.shape),
        "dtype": "float32" if floating else "int32",
        "data": [float(f"{v:.9g}") for v in values] if floating else [int(v) for v in values],
    }


def case(run, inputs, params=None, options=None, constant=(), seed=0):
    """Runs `run(params, inputs) -> {name: output}` and records it with its gradients.

    Gradients are taken of all floating parameters and inputs except those named in `constant`
    (masks, buffers). Outputs whose name is in `constant` get no weight: they are compared only.
    """
    params = dict(params or {})
    leaves = {}
    for group in (params, inputs):
        for name, value in group.items():
            if value.is_floating_point() and name not in constant:
                group[name] = leaves[name] = value.detach().clone().requires_grad_()

    outputs = run(params, inputs)
    generator = torch.Generator().manual_seed(1000 + seed)
    weights = {
        name: torch.randn(value.shape, generator=generator)
        for name, value in outputs.items()
        if name not in constant
    }
    objective = sum((outputs[name] * weight).sum() for name, weight in weights.items())
    gradients = torch.autograd.grad(objective, list(leaves.values()), allow_unused=True)
    return {
        "options": options or {},
        "params": {name: store(value) for name, value in params.items()},
        "inputs": {name: store(value) for name, value in inputs.items()},
        "outputs": {name: store(value) for name, value in outputs.items()},
        "weights": {name: store(value) for name, value in weights.items()},
        "gradients": {
            name: store(torch.zeros_like(leaf) if gradient is None else gradient)
            for (name, leaf), gradient in zip(leaves.items(), gradients)
        },
    }


def write(source, package, name, cases):
    """Writes packages/<package>/fixtures/<name>.json; `source` is the script's `__file__`."""
    path = ROOT / "packages" / package / "fixtures" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fixture = {
        "source": f"tooling/reference/{Path(source).name}",
        "torch": torch.__version__.split("+")[0],
        "cases": cases,
    }
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(f"{path.relative_to(ROOT)}: {len(cases)} cases, {path.stat().st_size} bytes")
