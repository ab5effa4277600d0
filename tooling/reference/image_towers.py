"""packages/image-encoder's DINOv2, DINOv3 and ConvNeXt against Hugging Face and timm: small models of random weights."""

import re

import timm
from torch import nn
from torch.func import functional_call
from transformers import (
    ConvNextConfig, ConvNextModel, ConvNextV2Config, ConvNextV2Model, Dinov2Config, Dinov2Model,
    Dinov2WithRegistersConfig, Dinov2WithRegistersModel, DINOv3ViTConfig, DINOv3ViTModel,
)

from fixture import case, write
from random_params import Random

random = Random(17)
EAGER = {"attn_implementation": "eager"}
# What is in memory under another name than in files.
DINOV2_NAMES = {"q_proj": "attention.query", "k_proj": "attention.key", "v_proj": "attention.value", "o_proj": "output.dense"}


def in_files(kind):
    if kind == "dinov2":
        return lambda name: re.sub(r"\.([qkvo]_proj)\.", lambda found: f".{DINOV2_NAMES[found[1]]}.", name)
    return lambda name: name.removeprefix("model.")


def make_case(model, layers, run, options, size, names=lambda name: name, drops=r"mask_token|head\.fc"):
    """`run(model, image)` gives tokens and pooled; hidden states are what goes into the first of `layers` and out of each."""
    model = model.eval().double()
    in_memory = {names(name): name for name in model.state_dict()}
    values = random.params(model)
    params = {path: values[name] for path, name in in_memory.items() if not re.search(drops, path)}
    left = {f"model.{name}": values[name] for path, name in in_memory.items() if re.search(drops, path)}
    hidden = {}

    def tokens_of(value):
        value = value[0] if isinstance(value, tuple) else value
        return value.flatten(2).transpose(1, 2) if value.ndim == 4 else value

    def keep(i):
        return lambda _, __, output: hidden.update({f"hidden{i + 1}": tokens_of(output)})

    handles = [layer.register_forward_hook(keep(i)) for i, layer in enumerate(layers)]
    handles.append(layers[0].register_forward_pre_hook(lambda _, inputs: hidden.update(hidden0=tokens_of(inputs[0]))))

    class Run(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image):
            return run(self.model, image)

    wrapped = Run().eval()

    def forward(p, i):
        state = {**left, **{f"model.{in_memory[path]}": value for path, value in p.items()}}
        tokens, pooled = functional_call(wrapped, state, (i["image"].permute(0, 3, 1, 2),))
        return {"tokens": tokens, "pooled": pooled, **hidden}

    constant = [f"hidden{i}" for i in range(len(layers) + 1)]
    made = case(forward, {"image": random.randn(2, *size, 3)}, params, options, constant=constant)
    for handle in handles:
        handle.remove()
    return made


SIZES = {"patchSize": 4, "dim": 8, "layers": 2, "heads": 2}


def dinov2(size, trained, registers):
    shared = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": trained, "patch_size": 4,
              "mlp_ratio": 2, **EAGER}
    model = (Dinov2WithRegistersModel(Dinov2WithRegistersConfig(**shared, num_register_tokens=registers)) if registers
             else Dinov2Model(Dinov2Config(**shared)))

    def run(model, image):
        tokens = model(image).last_hidden_state
        return tokens, tokens[:, 0]

    options = {**SIZES, "hidden": 16, "imageSize": size, "positionSize": trained, "registers": registers}
    return make_case(model, model.encoder.layer, run, options, size, in_files("dinov2"))


def timm_dinov2():
    model = timm.models.vision_transformer.VisionTransformer(
        img_size=8, patch_size=4, embed_dim=8, depth=2, num_heads=2, mlp_ratio=2, num_classes=0, init_values=1.0)

    def run(model, image):
        tokens = model.forward_features(image)
        return tokens, tokens[:, 0]

    return make_case(model, model.blocks, run, {**SIZES, "hidden": 16, "imageSize": 8, "positionSize": 8}, [8, 8])


def dinov3(size, registers, dim=16):
    model = DINOv3ViTModel(DINOv3ViTConfig(
        hidden_size=dim, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4,
        num_register_tokens=registers, **EAGER))

    def run(model, image):
        out = model(image)
        return out.last_hidden_state, out.pooler_output

    options = {**SIZES, "dim": dim, "hidden": 12, "imageSize": size, "registers": registers}
    return make_case(model, model.model.layer, run, options, size, in_files("dinov3"))


def convnext(kind):
    config, cls = {"v1": (ConvNextConfig, ConvNextModel), "v2": (ConvNextV2Config, ConvNextV2Model)}[kind]
    model = cls(config(hidden_sizes=[4, 6], depths=[1, 2], num_stages=2))

    def run(model, image):
        out = model(image)
        return out.last_hidden_state.flatten(2).transpose(1, 2), out.pooler_output

    options = {"layers": [1, 2], "widths": [4, 6], "imageSize": [16, 24], "responseNorm": kind == "v2"}
    return make_case(model, model.encoder.stages, run, options, [16, 24])


def timm_convnext():
    model = timm.models.convnext.ConvNeXt(depths=(1, 1, 2, 1), dims=(2, 3, 4, 3), num_classes=3)

    def run(model, image):
        grid = model.forward_features(image)
        return grid.flatten(2).transpose(1, 2), model.forward_head(grid, pre_logits=True)

    options = {"layers": [1, 1, 2, 1], "widths": [2, 3, 4, 3], "imageSize": [32, 64], "epsilon": 1e-6}
    return make_case(model, model.stages, run, options, [32, 64])


write(__file__, "image-encoder", "dinov2", {
    "as trained": dinov2([8, 8], 8, 0),
    "interpolated": dinov2([12, 16], 8, 0),
    "registers, interpolated": dinov2([4, 12], 8, 3),
})
write(__file__, "image-encoder", "dinov2-timm", {"as trained": timm_dinov2()})
write(__file__, "image-encoder", "dinov3", {
    "registers": dinov3([8, 12], 3),
    "one register": dinov3([8, 8], 1, 8),
})
write(__file__, "image-encoder", "convnext", {"v1": convnext("v1"), "v2": convnext("v2")})
write(__file__, "image-encoder", "convnext-timm", {"v1": timm_convnext()})
