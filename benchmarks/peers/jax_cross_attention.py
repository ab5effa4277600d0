"""The peer of steps/workloads/cross-attention.ts in JAX; its parameters have the names of cross_attention.py."""
import jax
import jax.numpy as jnp

from jax_measure import (attention, cross_entropy, gelu, layer_norm, linear, linear_params, measure,
                         norm_params, options, training_step)

B = options.batch or 64
NI, DI, NT, DT, D, H, L, FF = 49, 512, 32, 384, 256, 4, 2, 1024


def init(key):
    params = {}
    sizes = {"image_in": (DI, D), "text_in": (DT, D), "image_out": (D, D), "text_out": (D, D)}
    for side in ("image", "text"):
        for layer in range(L):
            path = f"{side}.{layer}"
            params |= norm_params(f"{path}.norm1", D) | norm_params(f"{path}.norm2", D)
            sizes |= {f"{path}.{part}": (D, D) for part in "qkvo"}
            sizes |= {f"{path}.up": (D, FF), f"{path}.down": (FF, D)}
    for path, size in sizes.items():
        params |= linear_params(key, path, *size)
    return params


def block(params, path, x, context):
    q, k, v = (linear(params, f"{path}.{part}", y) for part, y in
               (("q", layer_norm(params, f"{path}.norm1", x)), ("k", context), ("v", context)))
    x = x + linear(params, f"{path}.o", attention(q, k, v, H))
    inner = gelu(linear(params, f"{path}.up", layer_norm(params, f"{path}.norm2", x)))
    return x + linear(params, f"{path}.down", inner)


def loss_of(params, batch):
    """The contrastive loss, temperature 0.1, of images [B, NI, DI] and texts [B, NT, DT]."""
    image, text = (linear(params, f"{side}_in", batch[side]) for side in ("image", "text"))
    for layer in range(L):
        image, text = (block(params, f"image.{layer}", image, text),
                       block(params, f"text.{layer}", text, image))

    def unit(side, x):
        x = linear(params, f"{side}_out", x.mean(1))
        return x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), 1e-12)

    scores = unit("image", image) @ unit("text", text).T / 0.1
    labels = jnp.arange(len(scores))
    return (cross_entropy(scores, labels) + cross_entropy(scores.T, labels)) / 2


if __name__ == "__main__":
    of_params, of_image, of_text = jax.random.split(jax.random.key(0), 3)
    batch = {"image": jax.random.normal(of_image, (B, NI, DI)),
             "text": jax.random.normal(of_text, (B, NT, DT))}
    measure(training_step(loss_of, lr=1e-3), init(of_params), batch)
