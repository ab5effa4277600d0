"""The other side of tooling/interchange.ts: opens its checkpoints and writes some of its own.

`prepare FOLDER SIZES` makes the folders and configs, `check FOLDER` does the rest.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models import resnet18
from transformers import BertConfig, BertModel

mode, folder = sys.argv[1], Path(sys.argv[2])


def prepare(sizes):
    config = BertConfig(
        vocab_size=sizes["vocabulary"],
        hidden_size=sizes["dim"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["hidden"],
        max_position_embeddings=sizes["maxPositions"],
    )
    for name in ["bert", "bert-sharded"]:
        config.save_pretrained(folder / name)


def pooled_text(model, ids):
    with torch.no_grad():
        out = model.eval()(input_ids=torch.tensor(ids), attention_mask=torch.ones(1, 4))
    return out.pooler_output.float().flatten().tolist()


def pooled_image(model, pixels):
    model.fc = nn.Identity()
    image = torch.tensor(pixels).reshape(1, 64, 64, 3).permute(0, 3, 1, 2)
    with torch.no_grad():
        return model.eval()(image).flatten().tolist()


def check():
    inputs = json.loads((folder / "inputs.json").read_text())
    out = {}
    for name in ["bert", "bert-sharded"]:
        model, info = BertModel.from_pretrained(folder / name, output_loading_info=True)
        wrong = {kind: sorted(map(str, keys)) for kind, keys in info.items() if keys}
        assert not wrong, wrong
        out[name] = pooled_text(model, inputs["ids"])
    vision = resnet18()
    vision.fc = nn.Identity()
    print("torchvision:", vision.load_state_dict(load_file(folder / "resnet18.safetensors"), strict=True))
    out["resnet18"] = pooled_image(vision, inputs["pixels"])

    torch.manual_seed(0)
    model = BertModel(BertConfig.from_pretrained(folder / "bert"))
    model.save_pretrained(folder / "saved-bert")
    model.save_pretrained(folder / "saved-bert-sharded", max_shard_size="20KB")
    out["saved-bert"] = out["saved-bert-sharded"] = pooled_text(model, inputs["ids"])
    model.half().save_pretrained(folder / "saved-bert-half")
    # The values of the file, computed in float32 as the other side does.
    out["saved-bert-half"] = pooled_text(model.float(), inputs["ids"])
    vision = resnet18()
    save_file(vision.state_dict(), folder / "saved-resnet18.safetensors", {"format": "pt"})
    out["saved-resnet18"] = pooled_image(vision, inputs["pixels"])
    (folder / "outputs.json").write_text(json.dumps(out))


prepare(json.loads(sys.argv[3])) if mode == "prepare" else check()
