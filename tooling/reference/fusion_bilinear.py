"""Values and gradients of the bilinear and tensor fusions, restated with torch modules.

Run: python tooling/reference/fusion_bilinear.py
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from fixture import write
from fusion_cases import D_IMAGE, D_TEXT, fusion_case

torch.manual_seed(29)

DIM, HIDDEN, FACTOR, RANK, CHUNKS = 3, 4, 2, 3, 2


def power_normalize(z):
    root = F.relu(z).sqrt() - F.relu(-z).sqrt()
    return F.normalize(root, dim=-1)


class Bilinear(nn.Module):
    """joint = output(linear_out(n(products))), the products of both pooled vectors."""

    def __init__(self, products, normalize=False, output=None):
        super().__init__()
        self.linear_out = nn.Linear(products, DIM)
        self.match_head = nn.Linear(DIM, 1)
        self.normalize, self.output = normalize, output or (lambda z: z)

    def fuse(self, image, text):
        z = self.products(image["pooled"], text["pooled"])
        joint = self.output(self.linear_out(power_normalize(z) if self.normalize else z))
        return joint, self.match_head(joint)[:, 0]


class Mfb(Bilinear):
    def __init__(self, factor, activation=F.relu, normalize=False):
        super().__init__(HIDDEN, normalize, activation)
        self.factor, self.input = factor, activation
        self.linear0 = nn.Linear(D_IMAGE, HIDDEN * factor)
        self.linear1 = nn.Linear(D_TEXT, HIDDEN * factor)

    def products(self, x, y):
        z = self.input(self.linear0(x)) * self.input(self.linear1(y))
        return z.view(len(x), HIDDEN, self.factor).sum(2)


class Mfh(Bilinear):
    def __init__(self, activation=F.relu, normalize=False):
        super().__init__(2 * HIDDEN, False, activation)
        self.each, self.input = power_normalize if normalize else (lambda z: z), activation
        for step in (0, 1):
            self.add_module(f"linear0_{step}", nn.Linear(D_IMAGE, HIDDEN * FACTOR))
            self.add_module(f"linear1_{step}", nn.Linear(D_TEXT, HIDDEN * FACTOR))

    def products(self, x, y):
        sums, before = [], 1
        for step in (0, 1):
            left, right = getattr(self, f"linear0_{step}"), getattr(self, f"linear1_{step}")
            before = before * self.input(left(x)) * self.input(right(y))
            sums.append(self.each(before.view(len(x), HIDDEN, FACTOR).sum(2)))
        return torch.cat(sums, 1)


class Mutan(Bilinear):
    def __init__(self, normalize=False):
        super().__init__(HIDDEN, normalize)
        self.linear0, self.linear1 = nn.Linear(D_IMAGE, HIDDEN), nn.Linear(D_TEXT, HIDDEN)
        self.merge_linear0 = nn.Linear(HIDDEN, HIDDEN * RANK)
        self.merge_linear1 = nn.Linear(HIDDEN, HIDDEN * RANK)

    def products(self, x, y):
        left, right = self.merge_linear0(self.linear0(x)), self.merge_linear1(self.linear1(y))
        return (left * right).view(len(x), RANK, HIDDEN).sum(1)


class Tucker(Bilinear):
    def __init__(self, normalize=False):
        super().__init__(HIDDEN, normalize)
        self.linear0, self.linear1 = nn.Linear(D_IMAGE, HIDDEN), nn.Linear(D_TEXT, HIDDEN)
        self.bilinear = nn.Bilinear(HIDDEN, HIDDEN, HIDDEN)

    def products(self, x, y):
        return self.bilinear(self.linear0(x), self.linear1(y))


def stacked(module, name, modules):
    """The weights and biases of equal modules, stacked, under `<name>.weight` and `<name>.bias`."""
    both = nn.Module()
    both.weight = nn.Parameter(torch.stack([m.weight.detach() for m in modules]))
    both.bias = nn.Parameter(torch.stack([m.bias.detach() for m in modules]))
    module.add_module(name, both)


class Block(Bilinear):
    def __init__(self, core="low-rank", normalize="chunks"):
        super().__init__(HIDDEN, normalize == "whole")
        self.core, self.each = core, power_normalize if normalize == "chunks" else (lambda z: z)
        size = HIDDEN // CHUNKS
        self.linear0, self.linear1 = nn.Linear(D_IMAGE, HIDDEN), nn.Linear(D_TEXT, HIDDEN)
        if core == "tucker":
            stacked(self, "bilinears", [nn.Bilinear(size, size, size) for _ in range(CHUNKS)])
        else:
            for name in ("merge_linears0", "merge_linears1"):
                stacked(self, name, [nn.Linear(size, size * RANK) for _ in range(CHUNKS)])

    def meet(self, c, left, right):
        if self.core == "tucker":
            return F.bilinear(left, right, self.bilinears.weight[c], self.bilinears.bias[c])
        left = F.linear(left, self.merge_linears0.weight[c], self.merge_linears0.bias[c])
        right = F.linear(right, self.merge_linears1.weight[c], self.merge_linears1.bias[c])
        return (left * right).view(len(left), RANK, -1).sum(1)

    def products(self, x, y):
        chunks = zip(self.linear0(x).chunk(CHUNKS, 1), self.linear1(y).chunk(CHUNKS, 1))
        return torch.cat([self.each(self.meet(c, *pair)) for c, pair in enumerate(chunks)], 1)


class Mcb(Bilinear):
    """Sketches of both vectors, convolved by FFT on the torus of `rows` x `columns` places."""

    def __init__(self, rows, columns, normalize=False, output=F.relu):
        super().__init__(rows * columns, normalize, output)
        self.torus = rows, columns
        for name, width in (("sketch0", D_IMAGE), ("sketch1", D_TEXT)):
            sketch = nn.Module()
            index = torch.stack([torch.randint(rows, (width,)), torch.randint(columns, (width,))])
            sketch.register_buffer("buffer_index", index)
            sketch.register_buffer("buffer_sign", 2 * torch.randint(2, (width,)) - 1)
            self.add_module(name, sketch)
        if normalize:
            self.sketch = nn.Module()
            reached = torch.zeros(self.torus, dtype=torch.int64)
            for i in range(D_IMAGE):
                for j in range(D_TEXT):
                    place = (self.sketch0.buffer_index[:, i] + self.sketch1.buffer_index[:, j]).tolist()
                    reached[place[0] % rows, place[1] % columns] = 1
            self.sketch.register_buffer("buffer_reached", reached.flatten())

    def spectrum(self, sketch, x):
        places = torch.zeros(len(x), *self.torus)
        places = places.index_put(
            (torch.arange(len(x))[:, None], *sketch.buffer_index), x * sketch.buffer_sign, accumulate=True
        )
        return torch.fft.rfft2(places)

    def products(self, x, y):
        both = self.spectrum(self.sketch0, x) * self.spectrum(self.sketch1, y)
        z = torch.fft.irfft2(both, s=self.torus).flatten(1)
        return z * self.sketch.buffer_reached if self.normalize else z


def with_one(x):
    return torch.cat([torch.ones(len(x), 1), x], 1)


class TensorFusion(nn.Module):
    def __init__(self, project=True):
        super().__init__()
        self.project = project
        left, right = (DIM, DIM) if project else (D_IMAGE, D_TEXT)
        if project:
            self.linear0, self.linear1 = nn.Linear(D_IMAGE, DIM), nn.Linear(D_TEXT, DIM)
        self.match_head = nn.Linear((left + 1) * (right + 1), 1)

    def fuse(self, image, text):
        x, y = image["pooled"], text["pooled"]
        if self.project:
            x, y = self.linear0(x), self.linear1(y)
        joint = (with_one(x)[:, :, None] * with_one(y)[:, None, :]).flatten(1)
        return joint, self.match_head(joint)[:, 0]


class LowRankTensorFusion(nn.Module):
    def __init__(self):
        super().__init__()
        self.factors = nn.ParameterList(
            torch.randn(RANK, width + 1, DIM) / width for width in (D_IMAGE, D_TEXT)
        )
        self.fusion_weights = nn.Parameter(torch.randn(1, RANK))
        self.fusion_bias = nn.Parameter(torch.randn(1, DIM))
        self.match_head = nn.Linear(DIM, 1)

    def fuse(self, image, text):
        x, y = with_one(image["pooled"]), with_one(text["pooled"])
        terms = torch.matmul(x, self.factors[0]) * torch.matmul(y, self.factors[1])
        joint = torch.einsum("r,rbd->bd", self.fusion_weights[0], terms) + self.fusion_bias
        return joint, self.match_head(joint)[:, 0]


def same(x):
    return x


if __name__ == "__main__":
    SHAPE = {"dim": DIM, "hidden": HIDDEN}
    PLAIN = {"activation": "none", "outputActivation": "none", "normalize": True}
    FACTORS = {**SHAPE, "factor": FACTOR}
    RANKS = {**SHAPE, "rank": RANK}
    BLOCKS = {**RANKS, "chunks": CHUNKS}
    CORES = {**SHAPE, "chunks": CHUNKS, "core": "tucker"}
    write(
        __file__,
        "fusion",
        "bilinear",
        {
            "mlb": fusion_case(Mfb(1), **SHAPE),
            "mlb, normalised": fusion_case(Mfb(1, same, True), **SHAPE, **PLAIN),
            "mfb": fusion_case(Mfb(FACTOR), **FACTORS),
            "mfb, normalised": fusion_case(Mfb(FACTOR, same, True), **FACTORS, **PLAIN),
            "mfh": fusion_case(Mfh(), **FACTORS),
            "mfh, normalised": fusion_case(Mfh(same, True), **FACTORS, **PLAIN),
            "mutan": fusion_case(Mutan(), **RANKS),
            "mutan, normalised": fusion_case(Mutan(True), **RANKS, normalize=True),
            "tucker": fusion_case(Tucker(), **SHAPE),
            "tucker, normalised": fusion_case(Tucker(True), **SHAPE, normalize=True),
            "block": fusion_case(Block(), **BLOCKS),
            "block, normalised as a whole": fusion_case(
                Block(normalize="whole"), **BLOCKS, normalize="whole"
            ),
            "block, not normalised": fusion_case(Block(normalize="none"), **BLOCKS, normalize="none"),
            "block, tucker": fusion_case(Block("tucker"), **CORES),
            "block, tucker, not normalised": fusion_case(
                Block("tucker", "none"), **CORES, normalize="none"
            ),
            "mcb": fusion_case(Mcb(2, 3), dim=DIM, hidden=6),
            "mcb, normalised": fusion_case(
                Mcb(3, 5, True, same), dim=DIM, hidden=15, normalize=True, outputActivation="none"
            ),
            "tensor-fusion": fusion_case(TensorFusion(), dim=DIM),
            "tensor-fusion, plain": fusion_case(TensorFusion(False), project=False),
            "low-rank-tensor-fusion": fusion_case(LowRankTensorFusion(), dim=DIM, rank=RANK),
        },
    )
