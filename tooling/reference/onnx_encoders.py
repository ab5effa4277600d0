"""Tiny models as Hugging Face folders, each with an ONNX file and the same weights as safetensors.

    packages/text-encoder/fixtures/onnx-bert/   BertModel
    packages/text-encoder/fixtures/onnx-clip/   CLIPTextModelWithProjection in the folder of a whole CLIP
    packages/image-encoder/fixtures/onnx-vit/   ViTModel

Tests load them through @xenova/transformers and @huggingface/transformers and compare with our
encoders of the safetensors. Opset 14, which the ONNX Runtime of @xenova/transformers reads.
"""

import json
import warnings

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertModel, CLIPConfig, CLIPTextModelWithProjection, ViTConfig, ViTModel

from fixture import ROOT

warnings.simplefilter("ignore")


class Outputs(torch.nn.Module):
    """A model as a function of its inputs, in order, to the named outputs."""

    def __init__(self, model, inputs, outputs):
        super().__init__()
        self.model, self.inputs, self.outputs = model, inputs, outputs

    def forward(self, *values):
        result = self.model(**dict(zip(self.inputs, values)))
        return tuple(result[name] for name in self.outputs)


def save(model, folder, example, outputs, dynamic, file="model"):
    """The folder as the transformers libraries expect it; weights random but for the seed."""
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3 + (parameter.ndim == 1) * 0.5)
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    names = list(example)
    torch.onnx.export(
        Outputs(model.eval(), names, outputs), tuple(example.values()), str(folder / "onnx" / f"{file}.onnx"),
        input_names=names, output_names=outputs, dynamic_axes=dynamic, opset_version=14, dynamo=False,
    )
    print(folder.relative_to(ROOT), {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()})


def write(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


# BERT, with a tokenizer of ten words.

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "blue", "circle", "square", "of", "left", "##s", "."]
bert_folder = ROOT / "packages/text-encoder/fixtures/onnx-bert"
ids = torch.tensor([[2, 5, 7, 3], [2, 6, 3, 0]])
sizes = {0: "batch", 1: "tokens"}
inputs = ["input_ids", "attention_mask", "token_type_ids"]
save(
    BertModel(BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12,
        max_position_embeddings=16, attn_implementation="eager",
    )),
    bert_folder,
    dict(zip(inputs, [ids, (ids != 0).long(), torch.zeros_like(ids)])),
    ["last_hidden_state", "pooler_output"],
    {**{name: sizes for name in [*inputs, "last_hidden_state"]}, "pooler_output": {0: "batch"}},
)
tokenizer = Tokenizer(WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
tokenizer.normalizer = BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = BertPreTokenizer()
tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
tokenizer.add_special_tokens(WORDS[:4])
tokenizer.save(str(bert_folder / "tokenizer.json"))
write(bert_folder / "tokenizer_config.json", {
    "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 16,
    "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
})

# CLIP's text tower, which gives no tokens but its place in the shared embedding.

clip_folder = ROOT / "packages/text-encoder/fixtures/onnx-clip"
clip = CLIPConfig(projection_dim=4, text_config={
    "vocab_size": 13, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 12,
    "max_position_embeddings": 7, "bos_token_id": 11, "eos_token_id": 12, "projection_dim": 4,
})
clip.text_config._attn_implementation = "eager"
clip_ids = torch.tensor([[11, 5, 7, 12], [11, 6, 12, 12]])
save(
    CLIPTextModelWithProjection(clip.text_config),
    clip_folder,
    {"input_ids": clip_ids, "attention_mask": torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])},
    ["text_embeds"],
    {"input_ids": sizes, "attention_mask": sizes, "text_embeds": {0: "batch"}},
    file="text_model",
)
clip.save_pretrained(clip_folder)

# ViT.

vit_folder = ROOT / "packages/image-encoder/fixtures/onnx-vit"
save(
    ViTModel(ViTConfig(
        hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4,
        attn_implementation="eager",
    ), add_pooling_layer=False),
    vit_folder,
    {"pixel_values": torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(7))},
    ["last_hidden_state"],
    {"pixel_values": {0: "batch"}, "last_hidden_state": {0: "batch"}},
)
write(vit_folder / "preprocessor_config.json", {
    "image_processor_type": "ViTImageProcessor", "do_resize": True, "do_rescale": True, "do_normalize": True,
    "rescale_factor": 1 / 255, "resample": 2, "size": {"height": 8, "width": 8},
    "image_mean": [0.5, 0.4, 0.3], "image_std": [0.5, 0.25, 0.2],
})
