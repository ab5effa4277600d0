"""Outputs of image encoders at their published sizes, one of each architecture, with parameters by formula.py."""

import torch
from open_clip.modified_resnet import ModifiedResNet
from torchvision.models import mobilenet_v3_small, resnet50
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, ViTConfig, ViTModel

from fixture import store, write
from formula import formula_params, formula_tensor
from image_names import vit_name

IMAGE = formula_tensor("image", (1, 224, 224, 3), -1.7, 1.7)


def full_case(model, run, names=lambda name: name):
    """In float64, of which the fixture keeps float32; parameters and picture are not stored."""
    state = {name: value.double() for name, value in formula_params(model, names).items()}
    model.load_state_dict(state, assign=True)
    with torch.inference_mode():
        tokens, pooled = run(model.eval(), IMAGE.double().permute(0, 3, 1, 2))
    print("spread of tokens", tokens.std().item(), "and pooled", pooled.std().item())
    places = [0, tokens.shape[1] // 2]
    outputs = {"pooled": pooled, "tokens": tokens[:, places]}
    empty = {"params": {}, "inputs": {}, "weights": {}, "gradients": {}}
    return {**empty, "options": {"places": places}, "outputs": {name: store(value) for name, value in outputs.items()}}


def run_resnet(model, x):
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    grid = model.layer4(model.layer3(model.layer2(model.layer1(x))))
    return grid.flatten(2).transpose(1, 2), grid.mean((2, 3))


def run_vit(model, x):
    tokens = model(x).last_hidden_state
    return tokens, tokens[:, 0]


def run_mobilenet(model, x):
    grid = model.features(x)
    return grid.flatten(2).transpose(1, 2), grid.mean((2, 3))


def run_clip(model, x):
    hidden = model.vision_model(x).last_hidden_state
    tokens = model.visual_projection(model.vision_model.post_layernorm(hidden))
    return tokens, model(x).image_embeds


def run_clip_resnet(model, x):
    grid = model.layer4(model.layer3(model.layer2(model.layer1(model.stem(x)))))
    pool = model.attnpool
    places = grid.flatten(2).transpose(1, 2) + pool.positional_embedding[1:]
    return pool.c_proj(pool.v_proj(places)), pool(grid)


rn50 = ModifiedResNet(layers=[3, 4, 6, 3], output_dim=1024, heads=32, image_size=224, width=64)
write(__file__, "image-encoder", "full", {
    "resnet50": full_case(resnet50(), run_resnet),
    "mobileNetV3Small": full_case(mobilenet_v3_small(), run_mobilenet),
    "vitB16": full_case(ViTModel(ViTConfig(), add_pooling_layer=False), run_vit, vit_name),
    "clipVitB32": full_case(CLIPVisionModelWithProjection(CLIPVisionConfig()), run_clip),
    "clipRN50": full_case(rn50, run_clip_resnet, lambda name: f"visual.{name}"),
})
