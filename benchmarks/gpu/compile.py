"""Compiles steps for an H100 without a GPU: modules of ours and JAX's peers, by the same plugin.

    python3 benchmarks/gpu/compile.py MODULES/*.mlir --jax cross_attention bert_base vit_b16

Needs jax, jax-cuda13-plugin, jax-cuda13-pjrt, nvidia-cuda-nvcc and nvidia-nvvm of pip, and the modules
that modules.ts writes. It says whether XLA takes them, how many kernels a step launches, what memory it
needs beside its arguments, and how many bytes its own kernels read and write. Without a GPU there is no choice of kernels by measuring, so
products are cuBLAS's and kernels are not the fastest.

    python3 benchmarks/gpu/compile.py --fusions MODULES/*.mlir

With --fusions XLA joins to products what comes before them, as it does where there is a GPU, as far as
kernels would be chosen: a module that it ends the process for is named with the check that failed. Each
is compiled in a process of its own.
"""
import argparse
import collections
import math
import os
import pathlib
import re
import sys
import tempfile

parser = argparse.ArgumentParser()
parser.add_argument("modules", nargs="*")
parser.add_argument("--jax", nargs="*", default=[], choices=("cross_attention", "bert_base", "vit_b16"))
parser.add_argument("--rows", type=int, help="rows of the peers' batches; default: the benchmark's")
parser.add_argument("--variant", default="default", choices=("default", "tf32", "bf16"))
parser.add_argument("--fusions", action="store_true", help="only whether XLA joins products to the rest")
options = parser.parse_args()
os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
# Where there are joined products, compiling ends with a refusal when their kernels are to be chosen.
os.environ["XLA_FLAGS"] = "--xla_gpu_autotune_level=0 " + (
    "--xla_gpu_require_complete_aot_autotune_results=true" if options.fusions
    else "--xla_gpu_enable_triton_gemm=false")
# The peers read their options from the command line.
sys.argv = [sys.argv[0], "--variant", options.variant]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax._src import compiler  # noqa: E402
from jax._src.interpreters import mlir  # noqa: E402
from jax._src.lib import xla_client  # noqa: E402
from jax.experimental import topologies  # noqa: E402
from jaxlib.mlir import ir  # noqa: E402

H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32 shared_memory_per_block: 49152
  shared_memory_per_core: 233472 threads_per_core_limit: 2048 core_count: 132 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  memory_bandwidth: 3352320000000 l2_cache_size: 52428800 clock_rate_ghz: 1.98
  device_memory_size: 84942979072 shared_memory_per_block_optin: 232448
  cuda_compute_capability { major: 9 }
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
}
runtime_version { major: 13 } platform_name: "CUDA" dnn_version_info { major: 9 minor: 12 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""


def devices_of(count):
    shape = f"1x1x{count}"
    return topologies.get_topology_desc("h100", "cuda", target_config=H100, topology=shape).devices


WIDTHS = {"pred": 1, "s8": 1, "u8": 1, "bf16": 2, "f16": 2, "s64": 8, "u64": 8, "f64": 8}


def bytes_of(shape):
    return sum(WIDTHS.get(dtype, 4) * math.prod(int(size) for size in sizes.split(",") if size)
               for dtype, sizes in re.findall(r"(\w+)\[([\d,]*)\]", shape))


def bytes_moved(entry):
    """What fused kernels and copies read and write, each operand as a whole."""
    sizes, moved = {}, 0
    for name, shape, kind, operands in re.findall(
            r"^ *(?:ROOT )?%?([\w.\-]+) = (\(.*?\)|\S+) ([a-z\-]+)\((.*?)\)(?:,|$)", entry, re.MULTILINE):
        sizes[name] = bytes_of(shape)
        if kind in ("fusion", "copy"):
            read = (each.split()[-1].lstrip("%") for each in operands.split(",") if each.strip())
            moved += sizes[name] + sum(sizes.get(each, 0) for each in read)
    return moved


def report(name, text, memory):
    entry = text[text.index("ENTRY"):]
    kinds = collections.Counter(re.findall(r"= (?:\([^=]*?\)|\S+) ([a-z\-]+)\(", entry))
    calls = collections.Counter(re.findall(r'custom_call_target="([^"]+)"', entry))
    reduced = sum(kinds[kind] for kind in kinds if kind.startswith("all-reduce"))
    print(f"{name:36} {memory.temp_size_in_bytes / 1e6:7.0f} MB beside {memory.argument_size_in_bytes / 1e6:.0f}; "
          f"kernels: {kinds['fusion']} fused, {kinds['copy']} copies, {bytes_moved(entry) / 1e6:.0f} MB moved, "
          f"{sum(calls.values())} of libraries, {reduced} all-reduces", flush=True)


def compile_module(path):
    text = pathlib.Path(path).read_text()
    count = int((re.search(r'"batch"=(\d+)', text) or [0, 1])[1])
    devices = devices_of(count)
    build = compiler.get_compile_options(num_replicas=1, num_partitions=count)
    build.executable_build_options.use_spmd_partitioning = count > 1
    build.executable_build_options.use_shardy_partitioner = count > 1
    with mlir.make_ir_context():
        made = devices[0].client.compile(
            ir.Module.parse(text), xla_client.DeviceList(tuple(devices)), build)
    if options.fusions:
        return
    report(pathlib.Path(path).stem, made.hlo_modules()[0].to_string(), made.get_compiled_memory_stats())


def compile_peer(name):
    import importlib

    import jax_measure
    peer = importlib.import_module(f"jax_{name}")
    batch = {
        "cross_attention": lambda: {"image": jnp.zeros((64, 49, 512)), "text": jnp.zeros((64, 32, 384))},
        "bert_base": lambda: {"ids": jnp.zeros((16, 64), jnp.int32), "mask": jnp.ones((16, 64)),
                              "labels": jnp.zeros(16, jnp.int32)},
        "vit_b16": lambda: {"images": jnp.zeros((8, 224, 224, 3)), "labels": jnp.zeros(8, jnp.int32)},
    }[name]
    rows = options.rows

    def resized(x):
        return jax.ShapeDtypeStruct((rows or x.shape[0], *x.shape[1:]), x.dtype)

    place = jax.sharding.SingleDeviceSharding(devices_of(1)[0])
    state, inputs = jax.eval_shape(lambda: (jax_measure.start(peer.init(jax.random.key(0))), batch()))
    shapes = (state, jax.tree.map(resized, inputs))
    shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=place), shapes)
    step = jax_measure.training_step(peer.loss_of, lr=1e-3)
    made = step.trace(*shapes).lower(lowering_platforms=("cuda",)).compile()
    report(f"jax {name} {options.variant}", made.as_text(), made.memory_analysis())


def in_process_of_its_own(compile_one, name):
    """What a process died of that compiled it, or None."""
    with tempfile.TemporaryFile("w+") as log:
        child = os.fork()
        if child == 0:
            os.dup2(log.fileno(), 2)
            try:
                compile_one(name)
            except jax.errors.JaxRuntimeError as error:
                if not CHOICE.search(str(error)):
                    print(f"{name}: {str(error)[:500]}", flush=True)
                    os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        log.seek(0)
        told = log.read()
    if status == 0:
        return None
    fatal = re.search(r"^F\d{4} .*?\] (.*)$", told, re.MULTILINE)
    return fatal[1] if fatal else f"status {status}: {told[-500:]}"


# What XLA says when it is to choose the kernel of a joined product.
CHOICE = re.compile(r"Failed to get configs|No cached config found")
failed = 0
if options.fusions:
    for name in options.modules:
        reason = in_process_of_its_own(compile_module, name)
        if reason is not None:
            failed += 1
            print(f"{name}: {reason}", flush=True)
    print(f"{len(options.modules) - failed} of {len(options.modules)} modules are taken")
    sys.exit(1 if failed else 0)
for compile_one, name in [(compile_module, path) for path in options.modules] + \
                         [(compile_peer, name) for name in options.jax]:
    try:
        compile_one(name)
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        failed += 1
        print(f"{name}: {str(error)[:500]}")
sys.exit(1 if failed else 0)
