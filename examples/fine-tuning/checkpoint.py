"""A small CLIP checkpoint as transformers writes it, trained on the drawn scenes of `crossweave data make`.

    python checkpoint.py OWN OTHER CHECKPOINT

OWN is the scenes' captions.jsonl. OTHER is the captions file that the checkpoint will be fine-tuned on: the
tokenizer learns its pieces from the training captions of both, the model sees OWN alone.
"""

import json
import math
import sys
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPTextConfig, CLIPVisionConfig, PreTrainedTokenizerFast,
)

SIZE, LENGTH, STEPS, BATCH = 48, 32, 600, 64
START, END = "<|startoftext|>", "<|endoftext|>"


def tokenizer_of(captions):
    """CLIP's kind of tokenizer. Every byte may end a word, as in CLIP, so that no text is unknown to it."""
    characters = [chr(code) for code in range(0x21, 0x180)]
    tokenizer = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator([*captions, *characters], trainers.BpeTrainer(
        vocab_size=3000, end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    tokenizer.add_special_tokens([START, END])
    ids = [tokenizer.token_to_id(token) for token in (START, END)]
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, ids[1]), (START, ids[0]), trim_offsets=False, add_prefix_space=False)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=END, unk_token=END, pad_token=END,
        model_max_length=LENGTH)
    return fast, *ids


def training_rows(path):
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["split"] == "train"]


def captions_of(row):
    return row["captions"] if "captions" in row else [row["caption"]]


def main(own, other, out):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    rows = training_rows(own)
    captions = [captions_of(row) for row in rows]
    tokenizer, start, end = tokenizer_of(
        [text for row in [*rows, *training_rows(other)] for text in captions_of(row)])
    processor = CLIPImageProcessorPil(size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE})
    pixels = processor(
        images=[Image.open(own.parent / row["image"]).convert("RGB") for row in rows], return_tensors="pt")["pixel_values"]
    small = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 64, "intermediate_size": 256}
    model = CLIPModel(CLIPConfig(
        text_config=CLIPTextConfig(
            max_position_embeddings=LENGTH, vocab_size=len(tokenizer), bos_token_id=start, eos_token_id=end,
            pad_token_id=end, **small).to_dict(),
        vision_config=CLIPVisionConfig(image_size=SIZE, patch_size=12, **small).to_dict(),
        projection_dim=64, logit_scale_init_value=math.log(1 / 0.07)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=STEPS, pct_start=0.05)
    for step in range(STEPS):
        chosen = torch.randperm(len(rows))[:BATCH].tolist()
        texts = [captions[i][torch.randint(len(captions[i]), ()).item()] for i in chosen]
        inputs = tokenizer(texts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt")
        loss = model(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], pixel_values=pixels[chosen],
            return_loss=True).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        if step % 50 == 49:
            print(f"step {step + 1}: loss {loss.item():.3f}", flush=True)
    for part in (model.eval(), tokenizer, processor):
        part.save_pretrained(out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
