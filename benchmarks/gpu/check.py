"""Training steps on a GPU: ours through XLA, and PyTorch's, one after another, on one machine.

    python3 benchmarks/gpu/check.py --platform cuda --out gpu.json --minutes 8

Needs the folder that `node benchmarks/gpu/pack.mjs` makes, PyTorch, and a PJRT plugin (of
jax-cuda13-pjrt, or named by CROSSWEAVE_PJRT). Every row is written as soon as it is there; rows for
which no time is left are listed as left out.
"""
import argparse
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


def torch(row, variant):
    return [sys.executable, peer / f"{row.replace('-', '_')}.py", "--device", device,
            "--variant", variant, "--steps", str(options.steps)]


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
    sides = {"xla float32": ours(row), **{f"torch {v}": torch(row, v) for v in variants}}
    for side, command in sides.items():
        left = end - time.monotonic()
        if left < 20:
            result["rows"].append({"row": row, "side": side, "leftOut": "no time was left"})
        else:
            began = time.monotonic()
            try:
                ran = subprocess.run(command, capture_output=True, text=True, env=environment,
                                     timeout=min(left, 150))
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
