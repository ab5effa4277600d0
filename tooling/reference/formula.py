"""Parameters that are a function of their names and places alone, so that models of full size need no stored ones.

The same as packages/core/src/testing/formula.ts.
"""

import math
import re

import numpy as np
import torch


def _hash(text):
    """FNV-1a, 32 bits."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def _mix(words):
    """The last steps of MurmurHash3."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x85EBCA6B)
    words = words ^ (words >> np.uint32(13))
    words = words * np.uint32(0xC2B2AE35)
    return words ^ (words >> np.uint32(16))


def formula_tensor(name, shape, low, high):
    """float32 numbers in [low, high)."""
    with np.errstate(over="ignore"):
        places = np.arange(math.prod(shape), dtype=np.uint32)
        words = _mix(places * np.uint32(0x9E3779B1) + np.uint32(_hash(name)))
    values = low + (high - low) * (words >> np.uint32(8)) * 2.0**-24
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def formula_params(module, names=lambda name: name):
    """A module's state by the formula; `names` gives the names that checkpoints have."""
    return {name: formula_tensor(names(name), tuple(value.shape), *_range(names(name), value.shape))
            for name, value in module.state_dict().items()}


def _range(path, shape):
    bound = math.sqrt(3 / math.prod(shape[1:])) if len(shape) > 1 else 0.1
    positive = len(shape) == 1 and re.search(r"(weight|running_var)$", path)
    return (0.5, 1.5) if positive else (-bound, bound)
