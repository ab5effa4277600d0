"""The peer of steps/workloads/gemm.ts: one product of square matrices, `--size` rows each."""
import torch

from measure import measure, options

a, b = torch.randn(options.size, options.size), torch.randn(options.size, options.size)


def step():
    with torch.inference_mode():
        return (a @ b)[0, 0]


measure(step)
