"""packages/image-encoder's modified ResNet against open_clip: a small model of random weights."""

from functools import partial

import torch
from open_clip.modified_resnet import AttentionPool2d, ModifiedResNet
from torch import nn
from torch.func import functional_call

from fixture import case, write
from random_params import Random, is_buffer

random = Random(9)
LAYERS, WIDTHS, HEADS, OUT, SIDE = [1, 2], [2, 2], 2, 3, 16


class SmallModifiedResNet(ModifiedResNet):
    """open_clip's stem, blocks and attention pool with fewer stages."""

    def __init__(self):
        nn.Module.__init__(self)
        half, width = WIDTHS[0] // 2, WIDTHS[0]
        for i, (into, out) in enumerate(((3, half), (half, half), (half, width))):
            setattr(self, f"conv{i + 1}", nn.Conv2d(into, out, 3, stride=2 if i == 0 else 1, padding=1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(out))
            setattr(self, f"act{i + 1}", nn.ReLU())
        self.avgpool = nn.AvgPool2d(2)
        self._inplanes = width
        self.layer1 = self._make_layer(WIDTHS[0], LAYERS[0])
        self.layer2 = self._make_layer(WIDTHS[1], LAYERS[1], stride=2)
        self.attnpool = AttentionPool2d(SIDE // 8, 4 * WIDTHS[1], HEADS, OUT)

    def forward(self, x):
        grids = [self.stem(x)]
        for stage in (self.layer1, self.layer2):
            grids.append(stage(grids[-1]))
        pool = self.attnpool
        places = grids[-1].flatten(2).transpose(1, 2)
        placed = places + pool.positional_embedding[1:]
        return pool.c_proj(pool.v_proj(placed)), pool(grids[-1]), grids


model = SmallModifiedResNet().double()
params = {f"visual.{name}": value for name, value in random.params(model).items()}
buffers = tuple(name for name in params if is_buffer(name))
hidden = [f"hidden{i}" for i in range(len(WIDTHS) + 1)]


def forward(training, p, i):
    # A training pass changes the statistics in place.
    state = {name.removeprefix("visual."): value.clone() if is_buffer(name) else value for name, value in p.items()}
    model.train(training)
    tokens, pooled, grids = functional_call(model, state, (i["image"].permute(0, 3, 1, 2),))
    statistics = {name: state[name.removeprefix("visual.")] for name in buffers} if training else {}
    states = [grid.flatten(2).transpose(1, 2) for grid in grids]
    return {"tokens": tokens, "pooled": pooled, **dict(zip(hidden, states)), **statistics}


options = {"layers": LAYERS, "widths": WIDTHS, "heads": HEADS, "projection": OUT, "imageSize": SIDE}
write(__file__, "image-encoder", "clip-resnet", {
    mode: case(partial(forward, mode == "training"), {"image": random.randn(2, SIDE, SIDE, 3)}, params, options,
               constant=(*buffers, *hidden))
    for mode in ("inference", "training")
})
with torch.device("meta"):
    rn50 = ModifiedResNet(layers=[3, 4, 6, 3], output_dim=1024, heads=32, image_size=224, width=64)
print("parameters of RN50:", sum(value.numel() for value in rn50.parameters()))
