"""The peer of steps/workloads/vit-b16.ts in JAX; its parameters have the names of torchvision's parts."""
import jax
import jax.numpy as jnp

from jax_measure import (attention, cross_entropy, gelu, layer_norm, linear, linear_params, measure,
                         norm_params, options, training_step)

B = options.batch or 8
SIDE, PATCH, D, H, L, CLASSES = 224, 16, 768, 12, 12, 1000
PATCHES, EPS = (SIDE // PATCH) ** 2, 1e-6


def init(key):
    params = norm_params("norm", D)
    params["class_token"] = jnp.zeros((1, 1, D))
    params["positions"] = 0.02 * jax.random.normal(key, (1, PATCHES + 1, D))
    sizes = {"patches": (3 * PATCH * PATCH, D), "head": (D, CLASSES)}
    for layer in range(L):
        path = f"layers.{layer}"
        params |= norm_params(f"{path}.norm1", D) | norm_params(f"{path}.norm2", D)
        sizes |= {f"{path}.{part}": (D, D) for part in ("query", "key", "value", "output")}
        sizes |= {f"{path}.up": (D, 4 * D), f"{path}.down": (4 * D, D)}
    for path, size in sizes.items():
        params |= linear_params(key, path, *size)
    return params


def layer_of(params, path, x):
    normed = layer_norm(params, f"{path}.norm1", x, EPS)
    q, k, v = (linear(params, f"{path}.{part}", normed) for part in ("query", "key", "value"))
    x = x + linear(params, f"{path}.output", attention(q, k, v, H))
    inner = gelu(linear(params, f"{path}.up", layer_norm(params, f"{path}.norm2", x, EPS)))
    return x + linear(params, f"{path}.down", inner)


def loss_of(params, batch):
    """Cross-entropy of a classifier of the class token, of images [B, SIDE, SIDE, 3]."""
    rows, steps = len(batch["images"]), SIDE // PATCH
    cut = batch["images"].reshape(rows, steps, PATCH, steps, PATCH, 3).swapaxes(2, 3)
    x = linear(params, "patches", cut.reshape(rows, PATCHES, -1))
    token = jnp.broadcast_to(params["class_token"], (rows, 1, D))
    x = jnp.concatenate([token, x], 1) + params["positions"]
    for layer in range(L):
        x = layer_of(params, f"layers.{layer}", x)
    pooled = layer_norm(params, "norm", x, EPS)[:, 0]
    return cross_entropy(linear(params, "head", pooled), batch["labels"])


if __name__ == "__main__":
    of_params, of_images = jax.random.split(jax.random.key(0))
    batch = {"images": jax.random.normal(of_images, (B, SIDE, SIDE, 3)),
             "labels": jnp.arange(B) % CLASSES}
    measure(training_step(loss_of, lr=1e-4), init(of_params), batch)
