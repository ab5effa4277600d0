"""LoRA adapters as PEFT writes them, over the CLIP of packages/models/fixtures/clip (tooling/reference/pretrained.py).

The test writes the folder of the base into `adapter_config.json`.
"""

import json

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoTokenizer, CLIPImageProcessorPil, CLIPModel

from pretrained import CAPTIONS, OUT, folder_of, finish, numbers, pictures

torch.manual_seed(31)


@torch.no_grad()
def adapter(name, **settings):
    base = CLIPModel.from_pretrained(OUT / "clip")
    model = get_peft_model(base, LoraConfig(r=2, lora_alpha=6, init_lora_weights=False, **settings)).eval()
    folder = folder_of(name)
    model.save_pretrained(folder)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "clip"
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    processor = CLIPImageProcessorPil.from_pretrained(OUT / "clip")
    tokenizer = AutoTokenizer.from_pretrained(OUT / "clip")
    pixels = processor(images=pictures(), return_tensors="pt")["pixel_values"]
    texts = tokenizer(CAPTIONS, padding="max_length", max_length=16, truncation=True, return_tensors="pt")
    out = model(pixel_values=pixels, **texts)
    finish(name, {"image": numbers(out.image_embeds), "text": numbers(out.text_embeds),
                  "logits": numbers(out.logits_per_image)})


adapter("clip-lora", target_modules=["q_proj", "v_proj", "fc1", "visual_projection"])
adapter("clip-rslora", target_modules=["k_proj"], use_rslora=True, rank_pattern={"text_model.encoder.layers.0.self_attn.k_proj": 3},
        alpha_pattern={"vision_model.encoder.layers.1.self_attn.k_proj": 5})
