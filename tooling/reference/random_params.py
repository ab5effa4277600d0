"""Random parameters for small models; every value is exact in float32, which is what fixtures hold."""

import hashlib
import re

import torch


class Random:
    """Draws in float64 from a generator of its own."""

    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def randn(self, *shape, scale=1.0):
        return (scale * torch.randn(shape, generator=self.generator)).double()

    def params(self, module, scale=None):
        """Every parameter random, biases, norms and statistics too; weights by fan in unless `scale` is given."""
        out = {}
        for name, value in module.state_dict().items():
            if name.endswith("num_batches_tracked"):
                out[name] = torch.tensor(3.0).double()
            elif name.endswith("running_var"):
                out[name] = self.randn(*value.shape, scale=0.4).abs() + 0.5
            elif value.ndim <= 1:
                out[name] = self.randn(*value.shape, scale=0.3)
                if re.search(r"(norm\w*|bn\d|LayerNorm|ln_\w+|downsample\.1|block\.\d+\.1|features\.\d+\.1)\.weight$", name):
                    out[name] += 1
            else:
                out[name] = self.randn(*value.shape, scale=scale or value[0].numel() ** -0.5)
            out[name] = out[name].float().double()
        return out


def is_buffer(name):
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))


def shapes(module, head=r"^$"):
    """Paths and shapes, but for those whose path matches `head`."""
    return {path: list(v.shape) for path, v in module.state_dict().items() if not re.search(head, path)}


def digest(module, head=r"^$"):
    """What is enough to tell whether another model has the same paths and shapes."""
    found = shapes(module, head)
    lines = sorted(f"{path} [{','.join(map(str, shape))}]" for path, shape in found.items())
    return {"entries": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
