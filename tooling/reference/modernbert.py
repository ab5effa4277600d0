"""packages/text-encoder's modernBert against Hugging Face's: a small model of random weights, in float64."""

import json

import torch
from torch.func import functional_call
from transformers import ModernBertConfig, ModernBertModel

from fixture import case, write
from random_params import Random

random = Random(24)

# The original turns and weighs in float32 whatever the model's type is; here all is float64.
softmax = torch.nn.functional.softmax
torch.nn.functional.softmax = lambda x, dim, dtype=None: softmax(x, dim)
torch.Tensor.float = torch.Tensor.double
# Padding with no real token around gives the original NaN.
IDS = [[1, 5, 12, 5, 9, 7, 2], [1, 7, 3, 11, 8, 2, 0]]
MASK = [[1] * 7, [1, 1, 1, 1, 1, 1, 0]]


def modernbert(pooling, **settings):
    config = ModernBertConfig(**{
        "vocab_size": 13, "hidden_size": 8, "intermediate_size": 10, "num_hidden_layers": 4, "num_attention_heads": 2,
        "max_position_embeddings": 9, "local_attention": 4, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        "cls_token_id": 1, "sep_token_id": 2, **settings,
    }, attn_implementation="eager")
    model = ModernBertModel(config).eval().double()
    states = {}
    handles = [model.layers[0].register_forward_pre_hook(lambda _, inputs: states.update({"state 0": inputs[0]}))]
    for i, layer in enumerate(model.layers):
        handles.append(layer.register_forward_hook(
            lambda _, __, out, i=i: states.update({f"state {i + 1}": out[0] if isinstance(out, tuple) else out})))

    def run(p, i):
        tokens = functional_call(model, p, (i["input_ids"],), {"attention_mask": i["attention_mask"]}).last_hidden_state
        real = i["attention_mask"].unsqueeze(-1)
        pooled = tokens[:, 0] if pooling == "cls" else (tokens * real).sum(1) / real.sum(1)
        return {"tokens": tokens * real, "pooled": pooled, **{name: state * real for name, state in states.items()}}

    inputs = {"input_ids": torch.tensor(IDS), "attention_mask": torch.tensor(MASK)}
    options = {"config": json.loads(config.to_json_string(use_diff=True)), "pooling": pooling}
    return case(run, inputs, random.params(model), options)


write(__file__, "text-encoder", "modernbert", {
    "cls": modernbert("cls"),
    "mean, every second layer global": modernbert("mean", global_attn_every_n_layers=2, local_attention=2),
})
