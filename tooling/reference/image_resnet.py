"""packages/image-encoder's ResNet against torchvision, timm and Hugging Face: small models of random weights."""

import json

import timm.models.resnet as timm_resnet
import torchvision.models.resnet as torchvision_resnet
from torch import nn
from torch.func import functional_call
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from transformers import ResNetConfig, ResNetModel

from fixture import ROOT, case, write
from random_params import Random, digest, is_buffer, shapes

random = Random(4)


def convolution(widths, small):
    size = {"kernel_size": 3, "padding": 1} if small else {"kernel_size": 7, "stride": 2, "padding": 3}
    return nn.Conv2d(3, widths[0], bias=False, **size)


class SmallResNet(ResNet):
    """torchvision's blocks, stages and forward pass at other widths, and with either stem."""

    def __init__(self, block, layers, widths, small):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.groups, self.base_width, self.dilation = 1, 64, 1
        self.inplanes = widths[0]
        self.conv1 = convolution(widths, small)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = len(widths)
        for stage, (count, width) in enumerate(zip(layers, widths)):
            made = self._make_layer(block, width, count, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", made)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        grids = [x]
        for stage in range(self.stages):
            grids.append(getattr(self, f"layer{stage + 1}")(grids[-1]))
        return grids


class SmallTimm(nn.Module):
    """The same of timm."""

    def __init__(self, block, layers, widths):
        super().__init__()
        self.conv1 = convolution(widths, small=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.act1 = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages, _ = timm_resnet.make_blocks((block,) * len(widths), tuple(widths), tuple(layers), widths[0])
        for name, stage in self.stages:
            self.add_module(name, stage)

    def forward(self, x):
        grids = [self.maxpool(self.act1(self.bn1(self.conv1(x))))]
        for name, _ in self.stages:
            grids.append(getattr(self, name)(grids[-1]))
        return grids


class SmallHuggingFace(ResNetModel):
    def forward(self, x):
        return super().forward(x, output_hidden_states=True).hidden_states


def make_case(model, options, training=False):
    params = random.params(model)
    buffers = tuple(name for name in params if is_buffer(name))
    hidden = [f"hidden{i}" for i in range(len(options["widths"]) + 1)]

    def forward(p, i):
        # A training pass changes the statistics in place.
        state = {name: value.clone() if is_buffer(name) else value for name, value in p.items()}
        model.train(training)
        grids = functional_call(model, state, (i["image"].permute(0, 3, 1, 2),))
        tokens = [grid.flatten(2).transpose(1, 2) for grid in grids]
        statistics = {name: state[name] for name in buffers} if training else {}
        return {"tokens": tokens[-1], "pooled": grids[-1].mean((2, 3)), **dict(zip(hidden, tokens)), **statistics}

    image = random.randn(2, *options["imageSize"], 3)
    return case(forward, {"image": image}, params, options, constant=(*buffers, *hidden))


BASIC = {"block": "basic", "layers": [2, 1], "widths": [3, 5], "imageSize": [17, 19], "stem": "imagenet"}
BOTTLENECK = {"block": "bottleneck", "layers": [2, 1], "widths": [2, 3], "imageSize": [6, 5], "stem": "small"}

for options, block in ((BASIC, BasicBlock), (BOTTLENECK, Bottleneck)):
    model = SmallResNet(block, options["layers"], options["widths"], options["stem"] == "small")
    cases = {mode: make_case(model, options, mode == "training") for mode in ("inference", "training")}
    write(__file__, "image-encoder", f"resnet-{options['block']}", cases)

TINY = {"block": "basic", "layers": [1, 2], "widths": [2, 3], "imageSize": [14, 10], "stem": "imagenet"}
SHALLOW = {"block": "bottleneck", "layers": [1, 1], "widths": [2, 3], "imageSize": [14, 10], "stem": "imagenet",
           "stemWidth": 3}


def hugging_face(options):
    out = [width * (4 if options["block"] == "bottleneck" else 1) for width in options["widths"]]
    return SmallHuggingFace(ResNetConfig(
        embedding_size=options.get("stemWidth", options["widths"][0]), hidden_sizes=out, depths=options["layers"],
        layer_type=options["block"],
    ))


write(__file__, "image-encoder", "resnet-others", {
    "timm basic": make_case(SmallTimm(timm_resnet.BasicBlock, [1, 2], [2, 3]), TINY),
    "hugging face basic": make_case(hugging_face(TINY), TINY),
    "hugging face bottleneck": make_case(hugging_face(SHALLOW), SHALLOW),
})

# The names and shapes of the real ones, classifier apart.
head = r"^fc\."
small, large = ("resnet18", "resnet50"), ("resnet34", "resnet101", "resnet152")
presets = {name: getattr(torchvision_resnet, name)() for name in (*small, *large)}
written = {
    **{name: shapes(presets[name], head) for name in small},
    **{name: digest(presets[name], head) for name in large},
}
(ROOT / "packages/image-encoder/fixtures/resnet-shapes.json").write_text(
    json.dumps(written, separators=(",", ":")) + "\n"
)
