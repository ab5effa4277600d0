"""Small checkpoints of random weights, as transformers and open_clip write them, for packages/models.

Each folder is what a user would download: config, weights, tokenizer, preprocessor. `expected.json`
beside them holds what the original makes of the pictures in `pictures/` and of CAPTIONS: pixels
(as bytes), ids, features and logits.
"""

import base64
import json
import shutil
import sys
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig, BertModel, BitImageProcessorPil, CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTextConfig, CLIPVisionConfig,
    ConvNextImageProcessorPil, ConvNextV2Config, ConvNextV2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel,
    DINOv3ViTConfig, DINOv3ViTModel, ModernBertConfig, ModernBertModel, PreTrainedTokenizerFast, ResNetConfig, ResNetModel, SiglipConfig, SiglipImageProcessorPil,
    SiglipModel, SiglipTextConfig, SiglipVisionConfig, ViTConfig, ViTImageProcessorPil, ViTModel, XLMRobertaConfig, XLMRobertaModel,
)

from fixture import ROOT
from random_params import Random

OUT = ROOT / "packages" / "models" / "fixtures"
PICTURES = OUT / "pictures"
CAPTIONS = ["a red circle", "Two  blue squares above a green ring, far away from everything else", "ring"]
random = Random(13)


def pictures():
    """A wide, a tall and a small picture: smooth gradients with shapes, so that resizing matters."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for i, (width, height) in enumerate([(61, 40), (36, 75), (24, 20)]):
        picture = Image.new("RGB", (width, height))
        for x in range(width):
            for y in range(height):
                inside = (x - width * 0.4) ** 2 + (y - height * 0.6) ** 2 < (7 + 3 * i) ** 2
                shade = (40 + 190 * x // width, 220 - 170 * y // height, 60 + 50 * i)
                picture.putpixel((x, y), (220, 40 + 30 * i, 50) if inside else shade)
        picture.save(PICTURES / f"{i}.jpg", quality=95, subsampling=0)
    return [Image.open(PICTURES / f"{i}.jpg").convert("RGB") for i in range(3)]


def words():
    text = " ".join(CAPTIONS).lower().replace(",", " ,").split()
    return sorted(set(text))


def clip_tokenizer():
    """CLIP's: byte-level BPE with `</w>`, texts between two special tokens, padded with the end."""
    letters = sorted({c for word in words() for c in word})
    vocab = {}
    for token in letters + [c + "</w>" for c in letters]:
        vocab[token] = len(vocab)
    merges = []
    for word in ["red", "ring", "a"]:
        parts = [*word[:-1], word[-1] + "</w>"]
        while len(parts) > 1:
            if tuple(parts[:2]) not in merges:
                merges.append(tuple(parts[:2]))
            parts = ["".join(parts[:2]), *parts[2:]]
            vocab.setdefault(parts[0], len(vocab))
    # Ids after the end of text, so that it is not the largest one.
    vocab["<|startoftext|>"] = len(vocab)
    vocab["<|endoftext|>"] = len(vocab)
    for token in ["!", "!</w>"]:
        vocab[token] = len(vocab)
    tokenizer = Tokenizer(models.BPE(
        vocab=vocab, merges=merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(__import__("tokenizers").Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(__import__("tokenizers").Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    start, end = (vocab["<|startoftext|>"], vocab["<|endoftext|>"])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("<|endoftext|>", end), ("<|startoftext|>", start), trim_offsets=False, add_prefix_space=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|startoftext|>", eos_token="<|endoftext|>",
        unk_token="<|endoftext|>", pad_token="<|endoftext|>", model_max_length=16), start, end


def siglip_tokenizer():
    """SigLIP's: unigram pieces, lower-cased, ended and padded with `</s>`."""
    pieces = [("<unk>", 0.0), ("</s>", 0.0), ("\u2581", -3.0)]
    pieces += [("\u2581" + word, -2.0) for word in words()]
    pieces += [(letter, -6.0) for letter in sorted({c for word in words() for c in word})]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Lowercase(), normalizers.Replace(__import__("tokenizers").Regex(r"[^\w\s]"), ""),
        normalizers.Replace(__import__("tokenizers").Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([AddedToken("</s>", special=True), AddedToken("<unk>", special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="</s>", model_max_length=16)


def bert_tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({c for word in words() for c in word})
    entries = dict.fromkeys([*special, *words(), *letters, *["##" + c for c in letters]])
    vocab = {token: i for i, token in enumerate(entries)}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocab["[CLS]"]), ("[SEP]", vocab["[SEP]"])])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=24)


def randomise(model):
    state = random.params(model)
    for name in ["logit_scale", "logit_bias"]:
        if name in state:
            state[name] = torch.full_like(state[name], {"logit_scale": 2.5, "logit_bias": -3.0}[name])
    model.load_state_dict({name: value.float() for name, value in state.items()})
    return model.eval()


def numbers(tensor):
    return [[float(f"{v:.7g}") for v in row] for row in tensor.detach().reshape(tensor.shape[0], -1).tolist()]


def pixel_bytes(pixels, mean, std):
    """The pictures before normalisation, [B, H, W, 3] bytes in base64."""
    shape = (1, 3, 1, 1)
    scaled = (pixels.double() * torch.tensor(std).view(shape) + torch.tensor(mean).view(shape)) * 255
    return base64.b64encode(scaled.round().byte().permute(0, 2, 3, 1).contiguous().numpy().tobytes()).decode()


def finish(name, expected):
    folder = OUT / name
    for extra in ["special_tokens_map.json", "README.md"]:
        (folder / extra).unlink(missing_ok=True)
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{name}: {size} bytes: {' '.join(sorted(file.name for file in folder.iterdir()))}")


def folder_of(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@torch.no_grad()
def pair(name, model, tokenizer, processor, length, dtype=torch.float32):
    """A whole model with its tokenizer and preprocessor."""
    folder = folder_of(name)
    model = randomise(model).to(dtype)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    processor.save_pretrained(folder)
    model = model.float()
    pixels = processor(images=pictures(), return_tensors="pt")["pixel_values"]
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    given = {"input_ids": texts["input_ids"]}
    if name != "siglip":
        given["attention_mask"] = texts["attention_mask"]
    out = model(pixel_values=pixels, **given)
    finish(name, {
        "captions": CAPTIONS, "ids": texts["input_ids"].tolist(), "mask": texts["attention_mask"].tolist(),
        "pixels": pixel_bytes(pixels, processor.image_mean, processor.image_std),
        "image": numbers(out.image_embeds), "text": numbers(out.text_embeds),
        "logits": numbers(out.logits_per_image),
    })


SMALL = {"num_hidden_layers": 2, "num_attention_heads": 2, "attention_dropout": 0.0}


def clip():
    tokenizer, start, end = clip_tokenizer()
    text = CLIPTextConfig(
        hidden_size=12, intermediate_size=20, max_position_embeddings=16, vocab_size=len(tokenizer), bos_token_id=start,
        eos_token_id=end, pad_token_id=end, **SMALL)
    vision = CLIPVisionConfig(hidden_size=16, intermediate_size=24, image_size=32, patch_size=8, **SMALL)
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=8)
    processor = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    pair("clip", CLIPModel(config), tokenizer, processor, 16)


def siglip():
    tokenizer = siglip_tokenizer()
    text = SiglipTextConfig(
        hidden_size=16, intermediate_size=20, max_position_embeddings=16, vocab_size=len(tokenizer), pad_token_id=1,
        bos_token_id=None, eos_token_id=1, projection_size=16, **SMALL)
    vision = SiglipVisionConfig(hidden_size=16, intermediate_size=24, image_size=32, patch_size=8, **SMALL)
    config = SiglipConfig(text_config=text.to_dict(), vision_config=vision.to_dict())
    processor = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    pair("siglip", SiglipModel(config), tokenizer, processor, 16, torch.bfloat16)


@torch.no_grad()
def bert():
    """A sentence encoder: BERT with the mean of its tokens, scaled to length 1."""
    folder = folder_of("sentence-bert")
    tokenizer = bert_tokenizer()
    model = randomise(BertModel(BertConfig(
        vocab_size=len(tokenizer), hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20,
        max_position_embeddings=24)))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "modules.json").write_text(json.dumps([
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]))
    pooling = folder / "1_Pooling"
    pooling.mkdir()
    (pooling / "config.json").write_text(json.dumps({
        "word_embedding_dimension": 12, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False}))
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=24, truncation=True, return_tensors="pt")
    mask = texts["attention_mask"]
    tokens = model(input_ids=texts["input_ids"], attention_mask=mask).last_hidden_state
    mean = (tokens * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    finish("sentence-bert", {"captions": CAPTIONS, "ids": texts["input_ids"].tolist(), "mask": mask.tolist(),
                             "text": numbers(torch.nn.functional.normalize(mean, dim=-1))})


@torch.no_grad()
def text_tower(name, model, tokenizer, length, pool):
    folder = folder_of(name)
    model = randomise(model)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    mask = texts["attention_mask"]
    tokens = model(input_ids=texts["input_ids"], attention_mask=mask).last_hidden_state
    finish(name, {"captions": CAPTIONS, "ids": texts["input_ids"].tolist(), "mask": mask.tolist(),
                  "text": numbers(pool(tokens, mask.unsqueeze(-1)))})


def modernbert():
    tokenizer = bert_tokenizer()
    ids = tokenizer.convert_tokens_to_ids
    model = ModernBertModel(ModernBertConfig(
        vocab_size=len(tokenizer), hidden_size=12, num_hidden_layers=4, num_attention_heads=2, intermediate_size=20,
        max_position_embeddings=24, local_attention=32, pad_token_id=ids("[PAD]"), cls_token_id=ids("[CLS]"),
        sep_token_id=ids("[SEP]"), bos_token_id=ids("[CLS]"), eos_token_id=ids("[SEP]"), attn_implementation="eager"))
    text_tower("modernbert", model, tokenizer, 24, lambda tokens, _: tokens[:, 0])


def xlm_tokenizer():
    """XLM-RoBERTa's: unigram pieces with the special tokens at 0 to 3 and the mask at the end."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -3.0)]
    pieces += [("\u2581" + word, -2.0) for word in words()]
    pieces += [(letter, -6.0) for letter in sorted({c for word in words() for c in word})]
    tokenizer = Tokenizer(models.Unigram([*pieces, ("<mask>", 0.0)], unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKC(), normalizers.Replace(__import__("tokenizers").Regex(r" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens([
        AddedToken(token, special=True) for token in ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
        unk_token="<unk>", pad_token="<pad>", mask_token="<mask>", model_max_length=24)


def multilingual_e5():
    """XLM-RoBERTa with the mean of its tokens, scaled to length 1, as multilingual E5 and MiniLM have it."""
    tokenizer = xlm_tokenizer()
    model = XLMRobertaModel(XLMRobertaConfig(
        vocab_size=len(tokenizer), hidden_size=12, num_hidden_layers=2, num_attention_heads=2, intermediate_size=20,
        max_position_embeddings=26, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2))
    mean = lambda tokens, mask: torch.nn.functional.normalize((tokens * mask).sum(1) / mask.sum(1), dim=-1)
    text_tower("multilingual-e5", model, tokenizer, 24, mean)
    folder = OUT / "multilingual-e5"
    steps = ["Transformer", "Pooling", "Normalize"]
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": ["", "1_Pooling", "2_Normalize"][i],
         "type": f"sentence_transformers.models.{step}"} for i, step in enumerate(steps)]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(
        {"word_embedding_dimension": 12, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}))


@torch.no_grad()
def image_tower(name, model, processor, pool):
    folder = folder_of(name)
    model = randomise(model)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    pixels = processor(images=pictures(), return_tensors="pt")["pixel_values"]
    finish(name, {"pixels": pixel_bytes(pixels, processor.image_mean, processor.image_std),
                  "image": numbers(pool(model(pixel_values=pixels)))})


def resnet():
    model = ResNetModel(ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12], depths=[1, 2], layer_type="bottleneck", downsample_in_first_stage=False))
    processor = ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=0.875)
    image_tower("resnet", model, processor, lambda out: out.pooler_output)


def vit():
    model = ViTModel(ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=32, patch_size=8))
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32})
    image_tower("vit", model, processor, lambda out: out.last_hidden_state[:, 0])


def dinov2():
    # Positions for 40 pixels, pictures of 32: the original interpolates.
    model = Dinov2WithRegistersModel(Dinov2WithRegistersConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, mlp_ratio=2, image_size=40, patch_size=8,
        num_register_tokens=2))
    processor = BitImageProcessorPil(
        size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32}, image_mean=[0.485, 0.456, 0.406],
        image_std=[0.229, 0.224, 0.225])
    image_tower("dinov2", model, processor, lambda out: out.last_hidden_state[:, 0])


def dinov3():
    model = DINOv3ViTModel(DINOv3ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, image_size=32, patch_size=8,
        num_register_tokens=2))
    # The model's own processor resizes numbers that are not bytes; ViT's is compared to the byte.
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32})
    image_tower("dinov3", model, processor, lambda out: out.last_hidden_state[:, 0])


def convnext():
    model = ConvNextV2Model(ConvNextV2Config(hidden_sizes=[8, 12], depths=[1, 2], num_stages=2))
    processor = ConvNextImageProcessorPil(size={"shortest_edge": 32}, crop_pct=0.875, resample=3)
    image_tower("convnext", model, processor, lambda out: out.pooler_output)


@torch.no_grad()
def open_clip():
    """open_clip's own layout: `open_clip_config.json`, and weights under its names."""
    from open_clip.model import CLIP
    from open_clip.transform import image_transform

    folder = folder_of("open-clip")
    tokenizer, start, end = clip_tokenizer()
    config = {
        "embed_dim": 8,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 16, "head_width": 8, "patch_size": 8, "mlp_ratio": 1.5},
        "text_cfg": {"context_length": 16, "vocab_size": len(tokenizer), "width": 12, "heads": 2, "layers": 2,
                     "mlp_ratio": 2.0, "pool_type": "eos", "eos_id": end},
    }
    model = randomise(CLIP(**config))
    mean, std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()},
              folder / "open_clip_model.safetensors", metadata={"format": "pt"})
    (folder / "open_clip_config.json").write_text(json.dumps({
        "model_cfg": config,
        "preprocess_cfg": {"mean": mean, "std": std, "interpolation": "bicubic", "resize_mode": "shortest"}}, indent=2))
    tokenizer.save_pretrained(folder)
    transform = image_transform(32, is_train=False, mean=mean, std=std)
    pixels = torch.stack([transform(picture) for picture in pictures()])
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=16, truncation=True, return_tensors="pt")
    image, text, scale = model(pixels, texts["input_ids"])
    finish("open-clip", {
        "captions": CAPTIONS, "ids": texts["input_ids"].tolist(), "mask": texts["attention_mask"].tolist(),
        "pixels": pixel_bytes(pixels, mean, std), "image": numbers(image), "text": numbers(text),
        "logits": numbers(scale * image @ text.T),
    })


def mobile_clip():
    """MobileCLIP as open_clip has it: timm's FastViT, a text tower without causal mask. timm knows it by the name
    of the real one, but it is small."""
    from functools import partial

    import timm.models.fastvit as fastvit
    from open_clip.model import CustomTextCLIP
    from open_clip.transform import image_transform
    from timm.models import register_model

    def fastvit_mci0(pretrained=False, **kwargs):
        kwargs = {name: value for name, value in kwargs.items() if name in ("num_classes", "global_pool", "drop_rate")}
        return fastvit.FastVit(
            layers=(1, 1, 1), embed_dims=(4, 8, 32), mlp_ratios=(3,) * 3, se_downsamples=(False, False, True),
            downsamples=(False, True, True), token_mixers=("repmixer", "repmixer", "attention"), lkc_use_act=True,
            pos_embs=(None, None, partial(fastvit.RepConditionalPosEnc, spatial_shape=(7, 7))), **kwargs)

    fastvit_mci0.__module__ = fastvit.__name__
    register_model(fastvit_mci0)
    folder = folder_of("mobile-clip")
    tokenizer, start, end = clip_tokenizer()
    config = {
        "embed_dim": 8,
        "vision_cfg": {
            "timm_model_name": "fastvit_mci0", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": None,
            "timm_drop": 0.0, "timm_drop_path": 0.0, "image_size": 32},
        "text_cfg": {"context_length": 16, "vocab_size": len(tokenizer), "width": 12, "heads": 2, "layers": 2,
                     "no_causal_mask": True, "pool_type": "eos", "eos_id": end},
    }
    model = randomise(CustomTextCLIP(**config))
    mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    save_file({name: value.contiguous() for name, value in model.state_dict().items()},
              folder / "open_clip_model.safetensors", metadata={"format": "pt"})
    (folder / "open_clip_config.json").write_text(json.dumps({
        "model_cfg": {**config, "custom_text": True},
        "preprocess_cfg": {"mean": mean, "std": std, "interpolation": "bilinear", "resize_mode": "shortest"}}, indent=2))
    tokenizer.save_pretrained(folder)
    transform = image_transform(32, is_train=False, mean=mean, std=std, interpolation="bilinear")
    pixels = torch.stack([transform(picture) for picture in pictures()])
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=16, truncation=True, return_tensors="pt")
    # open_clip pads with 0, whatever the tokenizer of the same repository says.
    image, text, scale = model(pixels, texts["input_ids"] * texts["attention_mask"])
    finish("mobile-clip", {
        "captions": CAPTIONS, "ids": texts["input_ids"].tolist(), "mask": texts["attention_mask"].tolist(),
        "pixels": pixel_bytes(pixels, mean, std), "image": numbers(image), "text": numbers(text),
        "logits": numbers(scale * image @ text.T),
    })


def timm_tower(name, architecture, dtype, pretrained_cfg, **arguments):
    """A tower as timm's own `save_for_hf` writes it, with the arguments that it was made with."""
    import timm
    from timm.models import save_for_hf

    folder = folder_of(name)
    config = {"mean": (0.5, 0.4, 0.3), "std": (0.25, 0.3, 0.2), "interpolation": "bicubic", "crop_mode": "center", **pretrained_cfg}
    model = timm.create_model(architecture, pretrained_cfg_overlay=config, num_classes=3, **arguments)
    model = randomise(model).to(dtype)
    save_for_hf(model, folder, model_args=arguments, safe_serialization=True)
    model = model.float()
    data = timm.data.resolve_model_data_config(model)
    transform = timm.data.create_transform(**data, is_training=False)
    pixels = torch.stack([transform(picture) for picture in pictures()])
    with torch.no_grad():
        pooled = model.forward_head(model.forward_features(pixels), pre_logits=True)
    finish(name, {"pixels": pixel_bytes(pixels, data["mean"], data["std"]), "image": numbers(pooled)})


def timm_vit():
    timm_tower(
        "timm-vit", "vit_tiny_patch16_224", torch.bfloat16, {"input_size": (3, 32, 32), "crop_pct": 0.9}, img_size=32,
        patch_size=8, embed_dim=16, depth=2, num_heads=2)


def timm_dinov2():
    timm_tower(
        "timm-dinov2", "vit_small_patch14_dinov2", torch.float32, {"input_size": (3, 28, 28), "crop_pct": 1.0}, img_size=28,
        embed_dim=16, depth=2, num_heads=2)


def timm_resnet():
    timm_tower(
        "timm-resnet", "resnet50", torch.float16, {"input_size": (3, 32, 32), "crop_pct": 0.95}, layers=(1, 2, 1, 1),
        channels=(2, 3, 4, 5))


def timm_convnext():
    timm_tower(
        "timm-convnext", "convnext_tiny", torch.float16, {"input_size": (3, 32, 32), "crop_pct": 0.875}, depths=(1, 2, 1, 1),
        dims=(4, 6, 8, 10))


if __name__ == "__main__":
    chosen = sys.argv[1:] or [
        "clip", "siglip", "bert", "resnet", "vit", "open_clip", "modernbert", "multilingual_e5", "dinov2", "dinov3",
        "convnext", "mobile_clip", "timm_vit", "timm_dinov2", "timm_resnet", "timm_convnext"]
    for name in chosen:
        globals()[name]()
