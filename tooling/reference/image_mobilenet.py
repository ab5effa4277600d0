"""packages/image-encoder's MobileNetV3 against torchvision: a small model of random weights."""

import json
from functools import partial

from torch.func import functional_call
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3, mobilenet_v3_small

from fixture import ROOT, case, write
from random_params import Random, is_buffer, shapes

random = Random(6)

STEM = 8  # torchvision rounds widths to multiples of 8
ROWS = [(3, 8, 8, False, "relu", 1), (5, 16, 8, True, "hardSwish", 2)]
SIZE = [7, 9]


def config(into, kernel, expanded, out, squeeze, activation, stride):
    kind = {"relu": "RE", "hardSwish": "HS"}[activation]
    return InvertedResidualConfig(into, kernel, expanded, out, squeeze, kind, stride, 1, 1.0)


widths = [STEM, *(row[2] for row in ROWS)]
model = MobileNetV3([config(into, *row) for into, row in zip(widths, ROWS)], last_channel=4).double()
del model.classifier
params = random.params(model)
buffers = tuple(name for name in params if is_buffer(name))
hidden = [f"hidden{i}" for i in range(len(ROWS) + 2)]


def forward(training, p, i):
    # A training pass changes the statistics in place.
    state = {name: value.clone() if is_buffer(name) else value for name, value in p.items()}
    model.train(training)
    states = []
    handles = [layer.register_forward_hook(lambda _, __, y: states.append(y)) for layer in model.features]
    grid = functional_call(model, state, (i["image"].permute(0, 3, 1, 2),))
    for handle in handles:
        handle.remove()
    tokens = [state.flatten(2).transpose(1, 2) for state in states]
    statistics = {name: state[name] for name in buffers} if training else {}
    return {"tokens": tokens[-1], "pooled": grid, **dict(zip(hidden, tokens)), **statistics}


# The pooled features, without the classifier.
model.forward = lambda x: model.avgpool(model.features(x)).flatten(1)
KEYS = ("kernel", "expanded", "out", "squeeze", "activation", "stride")
options = {"stemWidth": STEM, "blocks": [dict(zip(KEYS, row)) for row in ROWS], "imageSize": SIZE}
cases = {
    mode: case(partial(forward, mode == "training"), {"image": random.randn(2, *SIZE, 3)}, params,
               options, constant=(*buffers, *hidden))
    for mode in ("inference", "training")
}
write(__file__, "image-encoder", "mobilenet", cases)

# The names and shapes of the real one, classifier apart.
(ROOT / "packages/image-encoder/fixtures/mobilenet-shapes.json").write_text(
    json.dumps(shapes(mobilenet_v3_small(), r"^classifier\."), separators=(",", ":")) + "\n"
)
