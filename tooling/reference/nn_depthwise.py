"""The depthwise convolution of packages/core/src/nn against torch.nn. Pictures are stored channels last."""

from torch import nn
from torch.func import functional_call

from fixture import case, write
from random_params import Random

random = Random(8)


def depthwise(kernel, stride, padding):
    module = nn.Conv2d(3, 3, kernel, stride=stride, padding=padding, groups=3, bias=False).double()

    def run(p, i):
        y = functional_call(module, {"weight": p["conv.weight"]}, (i["x"].permute(0, 3, 1, 2),))
        return {"y": y.permute(0, 2, 3, 1)}

    params = {f"conv.{name}": value for name, value in random.params(module).items()}
    return case(run, {"x": random.randn(2, 7, 6, 3)}, params, {"stride": stride, "padding": padding})


write(__file__, "core", "depthwise", {"same": depthwise(5, 1, 2), "strided": depthwise(3, 2, 1)})
