"""The peer of steps/workloads/bert-base.ts in JAX; its parameters have the names of bert_base.py."""
import jax
import jax.numpy as jnp

from jax_measure import (attention, cross_entropy, gelu, layer_norm, linear, linear_params, measure,
                         norm_params, options, training_step)

B = options.batch or 16
N, VOCABULARY, POSITIONS, D, H, L, CLASSES = 64, 30522, 512, 768, 12, 12, 2
STD, EPS = 0.02, 1e-12


def init(key):
    params = norm_params("norm", D)
    tables = {"words": VOCABULARY, "positions": POSITIONS, "types": 2}
    for i, (path, rows) in enumerate(tables.items()):
        params[f"{path}.weight"] = STD * jax.random.normal(jax.random.fold_in(key, i), (rows, D))
    sizes = {"pooler": (D, D), "classifier": (D, CLASSES)}
    for layer in range(L):
        path = f"layers.{layer}"
        params |= norm_params(f"{path}.norm1", D) | norm_params(f"{path}.norm2", D)
        sizes |= {f"{path}.{part}": (D, D) for part in ("query", "key", "value", "output")}
        sizes |= {f"{path}.intermediate": (D, 4 * D), f"{path}.dense": (4 * D, D)}
    for path, size in sizes.items():
        params |= linear_params(key, path, *size, std=STD)
    return params


def layer_of(params, path, x, mask):
    q, k, v = (linear(params, f"{path}.{part}", x) for part in ("query", "key", "value"))
    mixed = linear(params, f"{path}.output", attention(q, k, v, H, mask))
    x = layer_norm(params, f"{path}.norm1", x + mixed, EPS)
    inner = gelu(linear(params, f"{path}.intermediate", x))
    return layer_norm(params, f"{path}.norm2", x + linear(params, f"{path}.dense", inner), EPS)


def loss_of(params, batch):
    """Cross-entropy of a classifier of the first token, of ids [B, N] whose mask [B, N] is 1 at real tokens."""
    x = params["words.weight"][batch["ids"]]
    x = x + params["positions.weight"][: x.shape[1]] + params["types.weight"][0]
    x = layer_norm(params, "norm", x, EPS)
    mask = (1.0 - batch["mask"][:, None, None, :]) * jnp.finfo(jnp.float32).min
    for layer in range(L):
        x = layer_of(params, f"layers.{layer}", x, mask)
    return cross_entropy(linear(params, "classifier", jnp.tanh(linear(params, "pooler", x[:, 0]))),
                         batch["labels"])


if __name__ == "__main__":
    of_params, of_ids = jax.random.split(jax.random.key(0))
    batch = {"ids": jax.random.randint(of_ids, (B, N), 0, VOCABULARY), "mask": jnp.ones((B, N)),
             "labels": jnp.arange(B) % CLASSES}
    measure(training_step(loss_of, lr=1e-4), init(of_params), batch)
