"""Encoders of packages/image-encoder against torchvision and transformers.

Small models of random weights, in float64. Pictures and grids are stored channels last; parameters
have the names of the checkpoints' files.
"""

import json
import re

import torch
from torch import nn
from torch.func import functional_call
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet, resnet18, resnet50
from transformers import ViTConfig, ViTModel

from fixture import ROOT, case, write

generator = torch.Generator().manual_seed(4)


def randn(*shape, scale=1.0):
    # Exact in float32, which is what the fixtures hold.
    return (scale * torch.randn(*shape, generator=generator)).double()


def random_params(module, scale=None):
    """Every parameter random, biases, norms and statistics too; weights by fan in unless `scale` is given."""
    out = {}
    for name, value in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            out[name] = torch.tensor(3.0).double()
        elif name.endswith("running_var"):
            out[name] = randn(*value.shape, scale=0.4).abs() + 0.5
        elif value.ndim == 1:
            out[name] = randn(*value.shape, scale=0.3)
            if re.search(r"(norm\w*|bn\d|LayerNorm|downsample\.1)\.weight$", name):
                out[name] += 1
        else:
            out[name] = randn(*value.shape, scale=scale or value[0].numel() ** -0.5)
        out[name] = out[name].float().double()
    return out


def is_buffer(name):
    return name.endswith(("running_mean", "running_var", "num_batches_tracked"))


# ResNet


class SmallResNet(ResNet):
    """torchvision's blocks, stages and forward pass at other widths, and with either stem."""

    def __init__(self, block, layers, widths, small):
        nn.Module.__init__(self)
        self._norm_layer = nn.BatchNorm2d
        self.groups, self.base_width, self.dilation = 1, 64, 1
        self.inplanes = widths[0]
        self.conv1 = (
            nn.Conv2d(3, widths[0], 3, stride=1, padding=1, bias=False)
            if small
            else nn.Conv2d(3, widths[0], 7, stride=2, padding=3, bias=False)
        )
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = len(widths)
        for stage, (count, width) in enumerate(zip(layers, widths)):
            made = self._make_layer(block, width, count, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", made)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x


def resnet_cases(block, layers, widths, small, size):
    model = SmallResNet({"basic": BasicBlock, "bottleneck": Bottleneck}[block], layers, widths, small)
    params = random_params(model)
    buffers = tuple(name for name in params if is_buffer(name))
    options = {"block": block, "layers": layers, "widths": widths, "imageSize": size,
               "stem": "small" if small else "imagenet"}
    image = randn(2, *size, 3)

    def run(training):
        def forward(p, i):
            # A training pass changes the statistics in place.
            state = {name: value.clone() if is_buffer(name) else value for name, value in p.items()}
            model.train(training)
            grid = functional_call(model, state, (i["image"].permute(0, 3, 1, 2),))
            statistics = {name: state[name] for name in buffers} if training else {}
            return {"tokens": grid.flatten(2).transpose(1, 2), "pooled": grid.mean((2, 3)), **statistics}

        return forward

    return {
        f"{block} {mode}": case(run(mode == "training"), {"image": image}, params, options, constant=buffers)
        for mode in ("inference", "training")
    }


cases = {
    **resnet_cases("basic", [2, 1], [3, 5], False, [17, 19]),
    **resnet_cases("bottleneck", [2, 1], [2, 3], True, [6, 5]),
}
write(__file__, "image-encoder", "resnet", cases)

# The names and shapes of the real ones, classifier apart.
shapes = {
    name: {path: list(v.shape) for path, v in model().state_dict().items() if not path.startswith("fc.")}
    for name, model in (("resnet18", resnet18), ("resnet50", resnet50))
}
(ROOT / "packages/image-encoder/fixtures/resnet-shapes.json").write_text(
    json.dumps(shapes, separators=(",", ":")) + "\n"
)

# ViT

# transformers 5 has new names in memory; its files keep these.
VIT_NAMES = [
    (r"^layers\.(\d+)\.attention\.q_proj", r"encoder.layer.\1.attention.attention.query"),
    (r"^layers\.(\d+)\.attention\.k_proj", r"encoder.layer.\1.attention.attention.key"),
    (r"^layers\.(\d+)\.attention\.v_proj", r"encoder.layer.\1.attention.attention.value"),
    (r"^layers\.(\d+)\.attention\.o_proj", r"encoder.layer.\1.attention.output.dense"),
    (r"^layers\.(\d+)\.mlp\.fc1", r"encoder.layer.\1.intermediate.dense"),
    (r"^layers\.(\d+)\.mlp\.fc2", r"encoder.layer.\1.output.dense"),
    (r"^layers\.", r"encoder.layer."),
]


def file_name(name):
    for pattern, replacement in VIT_NAMES:
        name = re.sub(pattern, replacement, name)
    return name


vit = ViTModel(ViTConfig(
    hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=(8, 12), patch_size=4,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, layer_norm_eps=1e-12, attn_implementation="eager",
), add_pooling_layer=False)
in_memory = {file_name(name): name for name in vit.state_dict()}
params = {path: value for path, value in zip(in_memory, random_params(vit).values())}


def run_vit(p, i):
    state = {in_memory[path]: value for path, value in p.items()}
    hidden = functional_call(vit, state, (i["image"].permute(0, 3, 1, 2),)).last_hidden_state
    return {"tokens": hidden, "pooled": hidden[:, 0]}


options = {"imageSize": [8, 12], "patchSize": 4, "dim": 8, "layers": 2, "heads": 2, "hidden": 12}
write(__file__, "image-encoder", "vit", {"vit": case(run_vit, {"image": randn(2, 8, 12, 3)}, params, options)})
