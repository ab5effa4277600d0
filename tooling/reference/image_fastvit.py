"""packages/image-encoder's FastViT against timm: a small model of random weights, of MobileCLIP's kind."""

from functools import partial

import torch
from timm.models.fastvit import FastVit, RepConditionalPosEnc
from torch.func import functional_call

from fixture import case, write
from random_params import Random, is_buffer

random = Random(31)

OPTIONS = {
    "layers": [1, 1, 1], "widths": [4, 8, 32], "squeeze": [False, False, True], "mlpRatio": 1.5, "projection": 5,
}
SIZE = [24, 20]


def fastvit(layers, widths, squeeze, ratio, projection):
    stages = len(layers)
    return FastVit(
        layers=tuple(layers), embed_dims=tuple(widths), mlp_ratios=(ratio,) * stages, se_downsamples=tuple(squeeze),
        downsamples=(False,) + (True,) * (stages - 1), lkc_use_act=True, num_classes=projection,
        token_mixers=("repmixer",) * (stages - 1) + ("attention",),
        pos_embs=(None,) * (stages - 1) + (partial(RepConditionalPosEnc, spatial_shape=(7, 7)),))


def main():
    model = fastvit(*OPTIONS.values()).double()
    params = random.params(model)
    buffers = tuple(name for name in params if is_buffer(name))
    hidden = [f"hidden{i}" for i in range(len(OPTIONS["layers"]) + 2)]

    def forward(training, p, i):
        # A training pass changes the statistics in place.
        state = {name: value.clone() if is_buffer(name) else value for name, value in p.items()}
        model.train(training)
        states = []
        layers = [model.stem, *model.stages, model.final_conv]
        handles = [layer.register_forward_hook(lambda _, __, y: states.append(y)) for layer in layers]
        pooled = functional_call(model, state, (i["image"].permute(0, 3, 1, 2),))
        for handle in handles:
            handle.remove()
        tokens = [state.flatten(2).transpose(1, 2) for state in states]
        projected = torch.nn.functional.linear(tokens[-1], state["head.fc.weight"], state["head.fc.bias"])
        statistics = {name: state[name] for name in buffers} if training else {}
        return {"tokens": projected, "pooled": pooled, **dict(zip(hidden, tokens)), **statistics}

    options = {**OPTIONS, "imageSize": SIZE}
    write(__file__, "image-encoder", "fastvit", {
        mode: case(partial(forward, mode == "training"), {"image": random.randn(2, *SIZE, 3)}, params, options,
                   constant=(*buffers, *hidden))
        for mode in ("inference", "training")
    })


if __name__ == "__main__":
    main()
