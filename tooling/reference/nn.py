"""The layers of packages/core/src/nn against torch.nn. Pictures are stored channels last."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from fixture import case, write

generator = torch.Generator().manual_seed(7)


def randn(*shape, scale=1.0):
    return scale * torch.randn(*shape, generator=generator)


def random_params(module, prefix="layer.", scale=0.4):
    """Every parameter random, biases and norms too: a zero bias or a unit weight hides mistakes."""
    return {
        prefix + name: value.detach().clone() if name.endswith("num_batches_tracked")
        else randn(*value.shape, scale=scale).abs() + 0.5 if name.endswith("running_var")
        else randn(*value.shape, scale=scale) + (1.0 if "norm" in name and "weight" in name else 0.0)
        for name, value in module.state_dict().items()
    }


def call(module, params, *args, prefix="layer.", **kwargs):
    state = {name.removeprefix(prefix): value for name, value in params.items()}
    return functional_call(module, state, args, kwargs)


def first(x):
    return x.permute(0, 3, 1, 2)


def last(x):
    return x.permute(0, 2, 3, 1)


cases = {}


def add(name, run, inputs, module=None, params=None, **rest):
    if module is not None:
        params = random_params(module)
    cases[name] = case(run, inputs, params, seed=len(cases), **rest)


# linear and embedding
for name, bias, shape in (("linear", True, (2, 3, 4)), ("linear without bias", False, (3, 4))):
    module = nn.Linear(4, 5, bias=bias)
    add(name, lambda p, i, m=module: {"y": call(m, p, i["x"])}, {"x": randn(*shape)}, module)
module = nn.Embedding(6, 3)
ids = torch.tensor([[1, 5, 1], [0, 1, 4]])
add("embedding", lambda p, i: {"y": call(module, p, i["ids"])}, {"ids": ids}, module)

# norms
for epsilon in (1e-5, 1e-12):
    norm = nn.LayerNorm(6, eps=epsilon)
    add(f"layer norm {epsilon:g}", lambda p, i, m=norm: {"y": call(m, p, i["x"])},
        {"x": randn(2, 3, 6) + 0.7}, norm, options={"epsilon": epsilon})


def batch_norm(training):
    def run(p, i):
        mean, variance = p["layer.running_mean"].clone(), p["layer.running_var"].clone()
        y = F.batch_norm(first(i["x"]), mean, variance, p["layer.weight"], p["layer.bias"], training=training,
                         momentum=0.1, eps=1e-5)
        return {"y": last(y), "running_mean": mean, "running_var": variance}
    return run


buffers = ("layer.running_mean", "layer.running_var", "layer.num_batches_tracked", "running_mean", "running_var")
for mode in ("training", "inference"):
    module = nn.BatchNorm2d(3)
    params = random_params(module)
    params["layer.num_batches_tracked"] = torch.tensor(3.0)
    add(f"batch norm {mode}", batch_norm(mode == "training"), {"x": randn(2, 3, 4, 3) * 2 + 1}, params=params,
        constant=buffers)

# convolutions and pooling; odd sizes, so that strides leave a rest
for kernel, stride, padding, bias in ((3, 1, 1, False), (3, 2, 1, False), (1, 1, 0, True), (1, 2, 0, False), (5, 2, 2, True),
                                      (2, 2, 0, True)):
    conv = nn.Conv2d(3, 4, kernel, stride=stride, padding=padding, bias=bias)
    add(f"conv2d k{kernel} s{stride} p{padding}", lambda p, i, m=conv: {"y": last(call(m, p, first(i["x"])))},
        {"x": randn(2, 7, 6, 3)}, conv, options={"stride": stride, "padding": padding})
for kernel, stride, padding in ((2, 2, 0), (3, 2, 1)):
    add(f"max pool k{kernel} s{stride} p{padding}",
        lambda p, i, k=kernel, s=stride, q=padding: {"y": last(F.max_pool2d(first(i["x"]), k, s, q))},
        {"x": randn(2, 7, 6, 3)}, options={"kernel": kernel, "stride": stride, "padding": padding})
# rectified: most windows hold several equal zeros
add("max pool ties", lambda p, i: {"y": last(F.max_pool2d(first(i["x"]), 3, 2, 1))},
    {"x": torch.relu(randn(1, 6, 6, 2) - 0.8)}, options={"kernel": 3, "stride": 2, "padding": 1})
add("global average pool", lambda p, i: {"y": i["x"].mean((1, 2))}, {"x": randn(2, 3, 4, 5)})

# activations
x = torch.cat([randn(20), torch.tensor([0.0, 6.0, -6.0, 12.0, -12.0])])
add("gelu", lambda p, i: {"y": F.gelu(i["x"])}, {"x": x})
add("gelu tanh", lambda p, i: {"y": F.gelu(i["x"], approximate="tanh")}, {"x": x})
add("relu", lambda p, i: {"y": F.relu(i["x"])}, {"x": randn(3, 4)})
add("normalize", lambda p, i: {"y": F.normalize(i["x"], dim=-1)}, {"x": randn(3, 2, 4, scale=3.0)})

# attention
mask = torch.tensor([[1.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]])
own = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])


def masked_mean(p, i):
    weighed = i["mask"].unsqueeze(-1)
    return {"y": (i["tokens"] * weighed).sum(1) / weighed.sum(1)}


add("masked mean", masked_mean, {"tokens": randn(2, 4, 3), "mask": mask}, constant=("mask",))
for masked in (False, True):
    def attend(p, i, masked=masked):
        allowed = i["mask"].bool()[:, None, None, :] if masked else None
        return {"y": F.scaled_dot_product_attention(i["query"], i["key"], i["value"], attn_mask=allowed)}
    add("attention" + (" masked" if masked else ""), attend,
        {"query": randn(2, 2, 3, 5), "key": randn(2, 2, 4, 5), "value": randn(2, 2, 4, 5), "mask": mask},
        constant=("mask",))

for name, context_dim in (("self", None), ("cross", 6), ("cross width", 4)):
    attention = nn.MultiheadAttention(6, 2, kdim=context_dim, vdim=context_dim, batch_first=True)

    def run(p, i, m=attention):
        context = i.get("context", i["query"])
        return {"y": call(m, p, i["query"], context, context, key_padding_mask=i["mask"] == 0, need_weights=False)[0]}
    inputs = {"query": randn(2, 3, 6), "mask": mask}
    if context_dim is None:
        inputs["mask"] = own
    else:
        inputs["context"] = randn(2, 4, context_dim)
    add(f"multi-head {name} attention", run, inputs, attention, constant=("mask",), options={"heads": 2})

for norm_first in (False, True):
    order = "pre" if norm_first else "post"
    # Dropout 0 and training mode keep PyTorch off its fused inference path.
    encoder = nn.TransformerEncoderLayer(6, 2, 8, 0.0, "gelu", norm_first=norm_first, batch_first=True).train()
    add(f"transformer {order}-norm",
        lambda p, i, m=encoder: {"y": call(m, p, i["x"], src_key_padding_mask=i["mask"] == 0)},
        {"x": randn(2, 3, 6), "mask": own}, encoder, constant=("mask",), options={"heads": 2, "normFirst": norm_first})
    decoder = nn.TransformerDecoderLayer(6, 2, 8, 0.0, "relu", norm_first=norm_first, batch_first=True).train()
    add(f"cross-attention {order}-norm",
        lambda p, i, m=decoder: {"y": call(m, p, i["x"], i["context"], tgt_key_padding_mask=i["mask"] == 0,
                                           memory_key_padding_mask=i["contextMask"] == 0)},
        {"x": randn(2, 3, 6), "context": randn(2, 4, 6), "mask": own, "contextMask": mask}, decoder,
        constant=("mask", "contextMask"), options={"heads": 2, "normFirst": norm_first, "activation": "relu"})

write(__file__, "core", "nn", cases)
