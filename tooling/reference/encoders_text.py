"""Encoders of packages/text-encoder against transformers and open_clip.

The real classes, a few units wide, with random weights, in float64. Outputs are the tokens after
the last layer, the summary, and every hidden state; values at padding have no meaning, so they
are zero in the fixtures. `options.config` is what the model was made of, as config.json has it.
"""

import json
import re

import torch
from open_clip.transformer import QuickGELU, TextTransformer
from torch.func import functional_call
from transformers import (
    BertConfig, BertModel, CLIPTextConfig, CLIPTextModelWithProjection, DistilBertConfig, DistilBertModel,
    RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel,
)

from fixture import case, write

generator = torch.Generator().manual_seed(5)


def randn(*shape, scale=1.0):
    # Exact in float32, which is what the fixtures hold.
    return (scale * torch.randn(*shape, generator=generator)).float().double()


def random_params(model):
    """Every parameter random: biases and norms too; weights by fan in."""
    out = {}
    for name, value in model.state_dict().items():
        if value.ndim == 1:
            out[name] = randn(*value.shape, scale=0.3)
            if re.search(r"(norm\w*|LayerNorm|ln_\w+)\.weight$", name):
                out[name] += 1
        else:
            out[name] = randn(*value.shape, scale=value[0].numel() ** -0.5)
    return out


POOLINGS = {
    "cls": lambda tokens, mask, result: tokens[:, 0],
    "mean": lambda tokens, mask, result: (tokens * mask).sum(1) / mask.sum(1),
    "max": lambda tokens, mask, result: tokens.masked_fill(mask == 0, -torch.inf).amax(1),
    "pooler": lambda tokens, mask, result: result.pooler_output,
    "eot": lambda tokens, mask, result: result.text_embeds,
}


def outputs(tokens, pooled, states, mask):
    states = {f"state {i}": state * mask for i, state in enumerate(states)}
    return {"tokens": tokens * mask, "pooled": pooled, **states}


def transformers_case(model, inputs, pooling, **options):
    config = json.loads(model.config.to_json_string(use_diff=True))

    def run(p, i):
        given = {name: value for name, value in i.items() if name != "input_ids"}
        result = functional_call(model, p, (i["input_ids"],), {**given, "output_hidden_states": True})
        mask = i["attention_mask"].unsqueeze(-1)
        tokens = result.last_hidden_state
        if "text_projection.weight" in p:
            # Ours live in the shared embedding, all of them.
            tokens = tokens @ p["text_projection.weight"].T
        pooled = POOLINGS[pooling](tokens, mask, result)
        if options.get("normalize"):
            pooled = torch.nn.functional.normalize(pooled, dim=-1)
        return outputs(tokens, pooled, result.hidden_states, mask)

    return case(run, dict(inputs), random_params(model), {"config": config, "pooling": pooling, **options})


def texts(ids, mask, types=None):
    out = {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
    if types is not None:
        out["token_type_ids"] = torch.tensor(types)
    return out


PADDED = texts(
    [[2, 5, 12, 5, 3], [2, 7, 3, 0, 0], [4, 0, 0, 0, 0]],
    [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 0]],
)
PAIRS = texts(PADDED["input_ids"].tolist(), PADDED["attention_mask"].tolist(),
              [[0, 0, 1, 1, 1], [0, 1, 2, 0, 0], [2, 0, 0, 0, 0]])
SIZES = {"vocab_size": 13, "hidden_size": 6, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 10,
         "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
EAGER = {"attn_implementation": "eager"}


def bert(pooling, inputs=PADDED, normalize=False, **settings):
    config = BertConfig(**{**SIZES, "max_position_embeddings": 7, **settings}, **EAGER)
    options = {"normalize": True} if normalize else {}
    return transformers_case(BertModel(config, add_pooling_layer=pooling == "pooler"), inputs, pooling, **options)


write(__file__, "text-encoder", "bert", {
    "cls": bert("cls"),
    "mean, normalized, tanh gelu": bert("mean", normalize=True, hidden_act="gelu_new"),
    "max, relu": bert("max", hidden_act="relu", layer_norm_eps=1e-3),
    "pooler, token types": bert("pooler", PAIRS, type_vocab_size=3),
})


def distilbert(pooling, **settings):
    config = DistilBertConfig(**{
        "vocab_size": 13, "dim": 6, "n_layers": 2, "n_heads": 2, "hidden_dim": 10, "max_position_embeddings": 7,
        "dropout": 0.0, "attention_dropout": 0.0, **settings,
    }, **EAGER)
    return transformers_case(DistilBertModel(config), PADDED, pooling)


write(__file__, "text-encoder", "distilbert",
      {"cls": distilbert("cls"), "mean, relu": distilbert("mean", activation="relu")})

# RoBERTa's padding is id 1, and its positions begin behind it, wherever the padding stands.
ROBERTA = texts(
    [[0, 5, 12, 5, 2], [0, 7, 2, 1, 1], [1, 1, 0, 9, 2]],
    [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1]],
)


def roberta(Config, Model, pooling, **settings):
    config = Config(**{**SIZES, "max_position_embeddings": 9, "type_vocab_size": 1, **settings}, **EAGER)
    # What the pooling layer reads, the first token, must be one.
    inputs = {name: value[:2] for name, value in ROBERTA.items()} if pooling == "pooler" else ROBERTA
    return transformers_case(Model(config, add_pooling_layer=pooling == "pooler"), inputs, pooling)


write(__file__, "text-encoder", "roberta", {
    "pooler": roberta(RobertaConfig, RobertaModel, "pooler", type_vocab_size=2, layer_norm_eps=1e-5),
    "XLM, mean": roberta(XLMRobertaConfig, XLMRobertaModel, "mean"),
})

# CLIP: 11 begins a text, 12 ends it.
CLIP = texts(
    [[11, 5, 9, 5, 12], [11, 7, 12, 0, 0], [11, 12, 12, 12, 12]],
    [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0]],
)
CLIP_SIZES = {"vocab_size": 13, "hidden_size": 6, "intermediate_size": 10, "num_hidden_layers": 2,
              "num_attention_heads": 2, "max_position_embeddings": 7, "projection_dim": 6, "bos_token_id": 11}


class Unprojected(CLIPTextModelWithProjection):
    """`CLIPTextModel` has no projection; its state dict has the same names else."""

    def __init__(self, config):
        super().__init__(config)
        self.text_projection = torch.nn.Identity()


def clip(Model, inputs=CLIP, **settings):
    config = CLIPTextConfig(**{**CLIP_SIZES, "eos_token_id": 12, **settings}, **EAGER)
    config.architectures = ["CLIPTextModel" if Model is Unprojected else "CLIPTextModelWithProjection"]
    return transformers_case(Model(config), inputs, "eot")


# Where 8 ends a text, id 12 stands before it and 8 again behind.
ENDED = texts([[11, 12, 8, 5, 8], [11, 8, 3, 0, 0]], [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


def open_clip(quick=False, causal=True):
    """`causal=False` is MobileCLIP's text tower: padding, with id 0, is attended to."""
    model = TextTransformer(context_length=5, vocab_size=13, width=6, heads=2, layers=2, mlp_ratio=2, output_dim=6,
                            no_causal_mask=not causal, act_layer=QuickGELU if quick else torch.nn.GELU).eval()
    inputs = texts([[11, 5, 9, 5, 12], [11, 7, 12, 0, 0], [11, 12, 0, 0, 0]],
                   [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [1, 1, 0, 0, 0]])
    names = [name for name, _ in model.named_parameters()]

    def run(p, i):
        states = []
        blocks = model.transformer.resblocks
        hooks = [blocks[0].register_forward_pre_hook(lambda module, args: states.append(args[0]))]
        hooks += [block.register_forward_hook(lambda module, args, result: states.append(result)) for block in blocks]
        model.output_tokens = True
        pooled, tokens = functional_call(model, p, (i["input_ids"],))
        tokens = tokens @ p["text_projection"]
        for hook in hooks:
            hook.remove()
        return outputs(tokens, pooled, states, i["attention_mask"].unsqueeze(-1))

    params = {name: value for name, value in random_params(model).items() if name in names}
    activation = "quickGelu" if quick else "gelu"
    options = {"vocabulary": 13, "dim": 6, "layers": 2, "heads": 2, "hidden": 12, "maxPositions": 5,
               "activation": activation, "projection": 6, **({} if causal else {"causal": False, "padTokenId": 0})}
    return case(run, inputs, params, options)


write(__file__, "text-encoder", "clip-text", {
    "projected": clip(CLIPTextModelWithProjection, projection_dim=4),
    "unprojected, gelu": clip(Unprojected, hidden_act="gelu"),
    "ended by an id": clip(Unprojected, ENDED, eos_token_id=8),
    "legacy end": clip(Unprojected, ENDED, eos_token_id=2),
})
write(__file__, "text-encoder", "open-clip-text", {
    "gelu": open_clip(), "quick gelu": open_clip(quick=True), "MobileCLIP": open_clip(causal=False),
})
