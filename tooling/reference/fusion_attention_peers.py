"""Whether the restatements in fusion_attention.py equal TorchMultimodal's modules with the same weights."""

import torch
from torch import nn
from torchmultimodal.models.albef.multimodal_encoder import TransformerCrossAttentionLayer
from torchmultimodal.models.blip2.qformer_layers import QformerLayer
from torchmultimodal.modules.layers.attention_pooler import AttentionPooler
from torchmultimodal.modules.layers.transformer import TransformerDecoderLayer

from fusion_cases import EPSILON


def thirds(attention, *names):
    """The parts of nn.MultiheadAttention under the peer's names."""
    parts = {}
    for name, weight, bias in zip(names, attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)):
        parts |= {f"{name}.weight": weight, f"{name}.bias": bias}
    return parts


def named(prefix, module):
    return {f"{prefix}.{path}": value for path, value in module.state_dict().items()}


def albef_attention(prefix, attention):
    split = thirds(attention, f"{prefix}.query", f"{prefix}.key", f"{prefix}.value")
    return split | named(f"{prefix}.output", attention.out_proj)


def cached_attention(prefix, attention):
    split = thirds(attention, f"{prefix}.q_proj", f"{prefix}.k_proj", f"{prefix}.v_proj")
    return split | named(f"{prefix}.output_proj", attention.out_proj)


def feed_forward(prefix, layer):
    return named(f"{prefix}.model.0", layer.linear1) | named(f"{prefix}.model.2", layer.linear2)


def filled(peer, state):
    """The peer with our weights; it computes in float32, as its norms do."""
    peer.load_state_dict(state)
    return peer.float().eval()


def agree(what, ours, theirs):
    torch.testing.assert_close(ours.float(), theirs, rtol=1e-4, atol=1e-5)
    print(f"{what}: equals TorchMultimodal's")


@torch.no_grad()
def check_decoder_layer(layer, heads, x, context, norm_first):
    """nn.TransformerDecoderLayer without causal mask: ALBEF's layer (norm last), CoCa's (norm first)."""
    dim, hidden = layer.linear1.in_features, layer.linear1.out_features
    shared = feed_forward("feedforward", layer)
    for name, norm in (("attention", "norm1"), ("cross_attention", "norm2"), ("feedforward", "norm3")):
        shared |= named(f"{name}_layernorm", getattr(layer, norm))
    ours = layer(x, context)
    if norm_first:
        peer = TransformerDecoderLayer(dim, heads, hidden, activation=nn.GELU, layer_norm_eps=layer.norm1.eps,
                                       norm_first=True, use_cross_attention=True)
        attention = cached_attention
    else:
        peer = TransformerCrossAttentionLayer(dim, heads, hidden, activation=nn.GELU, layer_norm_eps=EPSILON)
        attention = albef_attention
    state = attention("attention", layer.self_attn) | attention("cross_attention", layer.multihead_attn)
    theirs = filled(peer, state | shared)(x.float(), context.float())
    agree("decoder layer, norm first" if norm_first else "decoder layer, norm last", ours,
          theirs[0] if isinstance(theirs, tuple) else theirs)


@torch.no_grad()
def check_q_former_layer(layer, heads, queries, x, context):
    dim, hidden = layer.linear1.in_features, layer.linear1.out_features
    crosses = hasattr(layer, "multihead_attn")
    state = cached_attention("self_attention", layer.self_attn) | named("self_attn_layernorm", layer.norm1)
    if crosses:
        state |= cached_attention("cross_attention", layer.multihead_attn)
        state |= named("cross_attn_layernorm", layer.norm2)
    state |= feed_forward("feedforward", layer) | named("feedforward_layernorm", layer.norm3)
    state |= feed_forward("feedforward_query", layer.query) | named("feedforward_layernorm_query", layer.query.norm3)
    peer = QformerLayer(dim, hidden, heads, layer_norm_eps=EPSILON, activation=nn.GELU,
                        has_cross_attention=crosses, dim_kv=dim)
    everything = torch.ones(x.shape[:2])
    query, text = layer(x, everything, context, torch.ones(context.shape[:2]))
    theirs, _ = filled(peer, state)(x.float(), context.float(), query_length=queries)
    agree(f"Q-Former layer, cross-attention {crosses}", torch.cat([query, text], 1), theirs)


@torch.no_grad()
def check_pooler(pooler, heads, x):
    dim = pooler.query.shape[1]
    state = {"query": pooler.query} | cached_attention("attn", pooler.attn)
    for norm in ("ln_q", "ln_k", "ln_post"):
        state |= named(norm, getattr(pooler, norm))
    theirs = filled(AttentionPooler(dim, dim, heads, len(pooler.query)), state)(x.float())
    agree("attention pooler", pooler(x, torch.ones(x.shape[:2])), theirs)
