"""What every JAX peer shares, as measure.py is of those of PyTorch."""
import argparse
import math

import jax
import jax.numpy as jnp

from timing import peak_mb, print_times

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--warmup", type=int, default=3, help="steps before the counted ones")
parser.add_argument(
    "--variant", choices=("default", "bf16", "tf32"), default="default",
    help="default: float32; tf32: products in TF32, on a GPU alone; bf16: operands of products are "
         "bfloat16, sums, norms, softmax, parameters and optimizer float32")
parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
parser.add_argument("--batch", type=int, help="rows of a batch, where others than the peer's own")
parser.add_argument("--behind", type=int, choices=(0, 1), default=0,
                    help="1: a loss is read when the next step has begun")
options = parser.parse_args()
jax.config.update("jax_platforms", options.device)
# Without this, float32 products of a GPU are TF32.
precisions = {"default": "highest", "tf32": "tensorfloat32", "bf16": "highest"}
jax.config.update("jax_default_matmul_precision", precisions[options.variant])
operand = jnp.bfloat16 if options.variant == "bf16" else jnp.float32


start_mb = peak_mb()


def linear_params(key, path, n_in, n_out, std=None):
    """A weight [out, in] and a bias by their paths, drawn as torch.nn.Linear does unless `std` is given."""
    weight, bias = jax.random.split(jax.random.fold_in(key, sum(map(ord, path))))
    if std is not None:
        return {f"{path}.weight": std * jax.random.normal(weight, (n_out, n_in)),
                f"{path}.bias": jnp.zeros(n_out)}
    bound = 1 / math.sqrt(n_in)
    return {f"{path}.weight": jax.random.uniform(weight, (n_out, n_in), minval=-bound, maxval=bound),
            f"{path}.bias": jax.random.uniform(bias, (n_out,), minval=-bound, maxval=bound)}


def norm_params(path, n):
    return {f"{path}.weight": jnp.ones(n), f"{path}.bias": jnp.zeros(n)}


def product(equation, a, b):
    """A product with operands in the variant's numbers and a float32 sum."""
    return jnp.einsum(equation, a.astype(operand), b.astype(operand),
                      preferred_element_type=jnp.float32)


def linear(params, path, x):
    return product("...i,oi->...o", x, params[f"{path}.weight"]) + params[f"{path}.bias"]


def layer_norm(params, path, x, eps=1e-5):
    centred = x - x.mean(-1, keepdims=True)
    scale = jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + eps)
    return centred * scale * params[f"{path}.weight"] + params[f"{path}.bias"]


def attention(q, k, v, heads, mask=0.0):
    """Of q [B, N, D] over k and v [B, M, D]; `mask` is added to the scores [B, H, N, M]."""
    split = lambda x: x.reshape(*x.shape[:2], heads, -1)
    q, k, v = split(q), split(k), split(v)
    scores = product("bnhd,bmhd->bhnm", q, k) / math.sqrt(q.shape[-1])
    mixed = product("bhnm,bmhd->bnhd", jax.nn.softmax(scores + mask, axis=-1), v)
    return mixed.reshape(*mixed.shape[:2], -1)


def gelu(x):
    return jax.nn.gelu(x, approximate=False)


def cross_entropy(scores, labels):
    return -jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1).mean()


def training_step(loss_of, lr, decay=0.01, betas=(0.9, 0.999), eps=1e-8):
    """One step of AdamW, its gradients clipped to norm 1, as one program whose state is donated."""
    def step(state, batch):
        params, first, second, count = state
        loss, grads = jax.value_and_grad(loss_of)(params, batch)
        norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(grads)))
        grads = jax.tree.map(lambda g: g * jnp.minimum(1.0, 1.0 / (norm + 1e-6)), grads)
        count = count + 1
        first = jax.tree.map(lambda m, g: betas[0] * m + (1 - betas[0]) * g, first, grads)
        second = jax.tree.map(lambda v, g: betas[1] * v + (1 - betas[1]) * g * g, second, grads)
        shares = [1 - beta**count for beta in betas]

        def updated(p, m, v):
            change = (m / shares[0]) / (jnp.sqrt(v / shares[1]) + eps)
            return p * (1 - lr * decay) - lr * change

        return (jax.tree.map(updated, params, first, second), first, second, count), loss

    return jax.jit(step, donate_argnums=0)


def start(params):
    """The state of a first step. It has copies, since a step takes the memory of what it is given."""
    zeros = lambda: jax.tree.map(jnp.zeros_like, params)
    return jax.tree.map(jnp.copy, params), zeros(), zeros(), jnp.zeros((), jnp.float32)


def measure(step, params, batch):
    """Runs the step and prints its times."""
    state = start(params)

    def once():
        nonlocal state
        state, loss = step(state, batch)
        return loss

    print_times(once, float, options, start_mb, {"jax": jax.__version__})
