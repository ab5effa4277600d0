"""packages/image-encoder's ViT and CLIP towers against Hugging Face, timm and open_clip: small models of random weights."""

from open_clip.transformer import QuickGELU, VisionTransformer as OpenClipTower
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn
from torch.func import functional_call
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection, ViTConfig, ViTModel

from fixture import case, write
from image_names import vit_name
from random_params import Random

random = Random(5)


def make_case(model, layers, run, options, size, prefix="", names=lambda name: name):
    """`run(model, image)` gives tokens and pooled; hidden states are what goes into the first of `layers` and out of each.

    Parameters have the `names` that checkpoints give them.
    """
    in_memory = {prefix + names(name): name for name in model.state_dict()}
    params = dict(zip(in_memory, random.params(model).values()))
    hidden = {}

    def keep(i):
        def hook(_, __, output):
            hidden[f"hidden{i + 1}"] = output[0] if isinstance(output, tuple) else output

        return hook

    handles = [layer.register_forward_hook(keep(i)) for i, layer in enumerate(layers)]
    handles.append(layers[0].register_forward_pre_hook(lambda _, inputs: hidden.update(hidden0=inputs[0])))

    class Run(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, image):
            return run(self.model, image)

    wrapped = Run().eval().double()

    def forward(p, i):
        state = {f"model.{in_memory[path]}": value for path, value in p.items()}
        tokens, pooled = functional_call(wrapped, state, (i["image"].permute(0, 3, 1, 2),))
        return {"tokens": tokens, "pooled": pooled, **hidden}

    constant = [f"hidden{i}" for i in range(len(layers) + 1)]
    made = case(forward, {"image": random.randn(2, *size, 3)}, params, options, constant=constant)
    for handle in handles:
        handle.remove()
    return made


SIZES = {"patchSize": 4, "dim": 8, "layers": 2, "heads": 2, "hidden": 12}
SIZE = [8, 12]


def hugging_face_vit(size, trained):
    model = ViTModel(ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=trained,
        patch_size=4, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, layer_norm_eps=1e-12,
        attn_implementation="eager",
    ), add_pooling_layer=False)

    def run(model, image):
        tokens = model(image, interpolate_pos_encoding=size != trained).last_hidden_state
        return tokens, tokens[:, 0]

    options = {**SIZES, "imageSize": size, "positionSize": trained}
    return make_case(model, model.layers, run, options, size, names=vit_name)


def timm_vit(pool):
    model = TimmViT(img_size=SIZE, patch_size=4, embed_dim=8, depth=2, num_heads=2, mlp_ratio=1.5, num_classes=0,
                    global_pool=pool, fc_norm=False)

    def run(model, image):
        tokens = model.forward_features(image)
        return tokens, model.pool(tokens)

    options = {**SIZES, "imageSize": SIZE, "epsilon": 1e-6, "pooling": "class" if pool == "token" else "mean"}
    return make_case(model, model.blocks, run, options, SIZE)


write(__file__, "image-encoder", "vit", {
    "as trained": hugging_face_vit(SIZE, SIZE),
    "interpolated": hugging_face_vit([12, 16], [8, 8]),
})
write(__file__, "image-encoder", "vit-timm", {
    "class token": timm_vit("token"),
    "mean": timm_vit("avg"),
})


def hugging_face_clip(activation, size, projected):
    model = CLIPVisionModelWithProjection(CLIPVisionConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, projection_dim=6,
        image_size=8, patch_size=4, hidden_act=activation, attention_dropout=0.0, attn_implementation="eager",
    ))
    if not projected:
        model.visual_projection = nn.Identity()

    def run(model, image):
        tower = model.vision_model
        hidden = tower(image, interpolate_pos_encoding=size != [8, 8]).last_hidden_state
        tokens = model.visual_projection(tower.post_layernorm(hidden))
        return tokens, model(image, interpolate_pos_encoding=size != [8, 8]).image_embeds

    options = {**SIZES, "imageSize": size, "positionSize": 8, "projection": 6 if projected else False,
               "activation": {"quick_gelu": "quickGelu", "gelu": "gelu"}[activation]}
    return make_case(model, model.vision_model.encoder.layers, run, options, size)


def open_clip(quick):
    model = OpenClipTower(image_size=8, patch_size=4, width=8, layers=2, heads=2, mlp_ratio=1.5, output_dim=6,
                          act_layer=QuickGELU if quick else nn.GELU, output_tokens=True)

    def run(model, image):
        pooled, patches = model(image)
        tokens = nn.functional.pad(patches @ model.proj, (0, 0, 1, 0))
        tokens[:, 0] = pooled
        return tokens, pooled

    options = {**SIZES, "imageSize": 8, "projection": 6, "activation": "quickGelu" if quick else "gelu"}
    return make_case(model, model.transformer.resblocks, run, options, [8, 8], prefix="visual.")


write(__file__, "image-encoder", "clip-vit", {
    "quick gelu": hugging_face_clip("quick_gelu", [8, 8], True),
    "interpolated": hugging_face_clip("gelu", [12, 8], True),
    "without projection": hugging_face_clip("gelu", [8, 8], False),
})
write(__file__, "image-encoder", "clip-vit-open-clip", {
    "quick gelu": open_clip(True),
    "gelu": open_clip(False),
})
