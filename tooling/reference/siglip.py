"""SigLIP's towers against Hugging Face's: packages/image-encoder's siglipVit, packages/text-encoder's siglipText."""

import json

import torch
from torch.func import functional_call
from transformers import SiglipTextConfig, SiglipTextModel, SiglipVisionConfig, SiglipVisionModel

from fixture import case, write
from random_params import Random

random = Random(9)
EAGER = {"attn_implementation": "eager"}


def in_files(model):
    """The model's paths as its checkpoints have them, by the tower's beginning."""
    tower = "vision_model." if isinstance(model, SiglipVisionModel) else "text_model."
    return {name if name.startswith(tower) else tower + name: name for name in model.state_dict()}


def run_with(model, names, params, *args, **kwargs):
    given = {names[path]: value for path, value in params.items()}
    return functional_call(model, given, args, {**kwargs, "output_hidden_states": True})


def vision(size, activation="gelu_pytorch_tanh"):
    model = SiglipVisionModel(SiglipVisionConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4,
        hidden_act=activation, attention_dropout=0.0, **EAGER,
    )).eval().double()
    names = in_files(model)
    params = dict(zip(names, random.params(model).values()))

    def run(p, i):
        picture = i["image"].permute(0, 3, 1, 2)
        out = run_with(model, names, p, picture, interpolate_pos_encoding=size != [8, 8])
        states = {f"hidden{n}": state for n, state in enumerate(out.hidden_states)}
        return {"tokens": out.last_hidden_state, "pooled": out.pooler_output, **states}

    options = {"patchSize": 4, "dim": 8, "layers": 2, "heads": 2, "hidden": 12, "imageSize": size, "positionSize": 8,
               "activation": {"gelu_pytorch_tanh": "geluTanh", "gelu": "gelu"}[activation]}
    constant = [f"hidden{n}" for n in range(3)]
    return case(run, {"image": random.randn(2, *size, 3)}, params, options, constant=constant)


def text(**settings):
    config = SiglipTextConfig(**{
        "vocab_size": 13, "hidden_size": 6, "intermediate_size": 10, "num_hidden_layers": 2, "num_attention_heads": 2,
        "max_position_embeddings": 7, "attention_dropout": 0.0, **settings,
    }, **EAGER)
    model = SiglipTextModel(config).eval().double()
    names = in_files(model)
    params = dict(zip(names, random.params(model).values()))
    ids = [[5, 9, 5, 12, 1], [7, 1, 1, 1, 1]]
    mask = [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]]

    def run(p, i):
        # The original is given all positions, padded.
        full = torch.nn.functional.pad(i["input_ids"], (0, 2), value=1)
        out = run_with(model, names, p, full)
        real = i["attention_mask"].unsqueeze(-1)
        head = torch.nn.functional.linear(
            out.last_hidden_state, p["text_model.head.weight"], p["text_model.head.bias"])
        states = {f"state {n}": state[:, :5] * real for n, state in enumerate(out.hidden_states)}
        return {"tokens": head[:, :5] * real, "pooled": out.pooler_output, **states}

    inputs = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
    return case(run, inputs, params, {"config": json.loads(config.to_json_string(use_diff=True))})


write(__file__, "image-encoder", "siglip-vit", {
    "as trained": vision([8, 8]),
    "interpolated, gelu": vision([12, 8], "gelu"),
})
write(__file__, "text-encoder", "siglip-text", {
    "shared width": text(),
    "projected": text(projection_size=4),
})
