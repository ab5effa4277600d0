"""Training steps on a GPU: ours through XLA, PyTorch's and JAX's, one after another, on one machine.

    python3 benchmarks/gpu/check.py --platform cuda --out gpu.json --minutes 8

Needs the folder that `node benchmarks/gpu/pack.mjs` makes, and a PJRT plugin (of jax-cuda13-pjrt, or
named by CROSSWEAVE_PJRT); PyTorch and JAX where they are to be compared with. Every row is written as
soon as it is there; rows without their library, and those for which no time is left, are listed as
left out.
"""
import argparse
import importlib.util
import json
import os
import pathlib
import platform as machine
import subprocess
import sys
import sysconfig
import time

here = pathlib.Path(__file__).resolve().parent
parser = argparse.ArgumentParser()
parser.add_argument("--platform", default="cuda", choices=("cuda", "cpu"))
parser.add_argument("--out", default="gpu.json")
parser.add_argument("--minutes", type=float, default=8)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--rows", nargs="*", default=["cross-attention", "bert-base", "vit-b16", "resnet50"])
options = parser.parse_args()

node = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "crossweave-node"
if not node.exists():
    with open(node, "wb") as file:
        subprocess.run(["xz", "-dc", here / "pack/node.xz"], stdout=file, check=True)
    node.chmod(0o755)

environment = dict(os.environ)
# The environment of this Python, where the plugin's wheel is, unless another one is named.
environment.setdefault("CROSSWEAVE_PJRT", sysconfig.get_paths()["purelib"])
device = "cuda" if options.platform == "cuda" else "cpu"
peer = here.parent / "peers"


def ours(row):
    return [node, here / "pack/measure.mjs", row, "--platform", options.platform,
            "--steps", str(options.steps)]


def theirs(script, variant):
    return [sys.executable, peer / script, "--device", device, "--variant", variant,
            "--steps", str(options.steps)]


def sides_of(row):
    """Commands by what they measure. JAX has peers of the first two rows."""
    script = row.replace("-", "_") + ".py"
    sides = {"xla float32": ours(row)}
    sides |= {f"torch {variant}": theirs(script, variant) for variant in variants}
    if (peer / f"jax_{script}").exists():
        sides |= {f"jax {variant}": theirs(f"jax_{script}", variant) for variant in variants}
    return sides


def left_out(side):
    """Why a side is not measured, or None."""
    library = side.split()[0]
    if library != "xla" and importlib.util.find_spec(library) is None:
        return f"{library} is not installed"
    return "no time was left" if end - time.monotonic() < 20 else None


def card():
    try:
        asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return "none"


end = time.monotonic() + 60 * options.minutes
result = {"card": card(), "machine": machine.platform(), "platform": options.platform, "rows": []}
variants = ("default", "tf32", "bf16") if device == "cuda" else ("default", "bf16")
for row in options.rows:
    for side, command in sides_of(row).items():
        reason = left_out(side)
        if reason is not None:
            result["rows"].append({"row": row, "side": side, "leftOut": reason})
            print(f"{row:16} {side:14} left out: {reason}", flush=True)
        else:
            began = time.monotonic()
            try:
                ran = subprocess.run(command, capture_output=True, text=True, env=environment,
                                     timeout=min(end - began, 150))
                lines = ran.stdout.strip().splitlines()
                found = json.loads(lines[-1]) if ran.returncode == 0 and lines else {
                    "failed": (ran.stderr or ran.stdout)[-2000:]}
            except subprocess.TimeoutExpired:
                found = {"failed": "out of time"}
            took = round(time.monotonic() - began, 1)
            result["rows"].append({"row": row, "side": side, "seconds": took, **found})
            least = min(found["times"]) if "times" in found else found["failed"][-300:]
            print(f"{row:16} {side:14} {least} ms", flush=True)
        with open(options.out, "w") as file:
            json.dump(result, file, indent=1)
