"""Outputs of text encoders at their published sizes, with parameters by formula.py: BERT-base and CLIP ViT-B/32's."""

import torch
from transformers import BertConfig, BertModel, CLIPTextConfig, CLIPTextModelWithProjection

from fixture import store, write
from formula import formula_params

# 24 tokens, the second text 9 of them; 49407 ends a text of CLIP.
PLACES = torch.arange(48).reshape(2, 24)
IDS = (PLACES * 7919 + 101) % 30000
MASK = torch.ones(2, 24, dtype=torch.long)
MASK[1, 9:] = 0


def full_case(model, ids, pooled, options):
    """In float64, of which the fixture keeps float32; parameters are not stored."""
    state = {name: value.double() for name, value in formula_params(model).items()}
    model.load_state_dict(state, assign=True)
    with torch.inference_mode():
        result = model.double().eval()(input_ids=ids, attention_mask=MASK)
        tokens = result.last_hidden_state
        if "projection" in options:
            # Ours live in the shared embedding, all of them.
            tokens = model.text_projection(tokens)
    print("spread of tokens", tokens.std().item(), "and pooled", pooled(result).std().item())
    places = [0, 8]
    outputs = {"pooled": pooled(result), "tokens": tokens[:, places]}
    inputs = {"input_ids": store(ids), "attention_mask": store(MASK)}
    empty = {"params": {}, "weights": {}, "gradients": {}}
    return {**empty, "inputs": inputs, "options": {"places": places, **options},
            "outputs": {name: store(value) for name, value in outputs.items()}}


clip_ids = IDS.clone()
clip_ids[0, 23] = clip_ids[1, 8] = 49407
write(__file__, "text-encoder", "full", {
    "bertBase": full_case(BertModel(BertConfig()), IDS, lambda result: result.pooler_output, {"pooling": "pooler"}),
    "clipTextBase": full_case(CLIPTextModelWithProjection(CLIPTextConfig()), clip_ids,
                              lambda result: result.text_embeds, {"projection": 512}),
})
