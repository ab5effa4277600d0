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
import statistics
import subprocess
import sys
import sysconfig
import time

from cases import run_cases

here = pathlib.Path(__file__).resolve().parent
ROWS = ["cross-attention", "bert-base", "vit-b16", "resnet50",
        "cross-attention:256", "bert-base:256", "vit-b16:256",
        "quickstart-co-attention", "quickstart-single-stream", "fixtures", "conformance"]
parser = argparse.ArgumentParser()
parser.add_argument("--platform", default="cuda", choices=("cuda", "cpu"))
parser.add_argument("--out", default="gpu.json")
parser.add_argument("--minutes", type=float, default=8)
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--warmup", type=int,
                    help="steps that are not counted; default 60, and 3 on a CPU: Node compiles JavaScript "
                         "while it runs, and a launch takes twice as long before")
parser.add_argument("--rows", nargs="*", default=ROWS,
                    help="models, each with the rows of its batch where they are not the benchmark's "
                         "own, as in bert-base:256; fixtures: those of PyTorch, values and gradients; "
                         "conformance: tfjs-core's own tests")
parser.add_argument("--behind", type=int, choices=(0, 1), default=1,
                    help="0: each loss is read before the next step begins")
parser.add_argument("--sides", default="xla,torch,jax",
                    help="also webgpu: ours by ONNX Runtime, where a driver for Vulkan is")
parser.add_argument("--precisions", default="float32,tf32,bf16")
parser.add_argument("--processes", type=int, default=8, help="that share the fixtures, and the tests")
parser.add_argument("--profile", help="a folder for V8's profiles of our steps")
parser.add_argument("--stop", action="store_true", help="ends with the first failure of ours")
options = parser.parse_args()

def unpack(packed, path):
    if not path.exists():
        with open(path, "wb") as file:
            subprocess.run(["xz", "-dc", packed], stdout=file, check=True)
        path.chmod(0o755)
    return path


node = unpack(here / "pack/node.xz", pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "crossweave-node")
runtime = here / "pack/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1"
if runtime.with_name(f"{runtime.name}.xz").exists():
    unpack(runtime.with_name(f"{runtime.name}.xz"), runtime)

environment = dict(os.environ)
# The environment of this Python, where the plugin's wheel is, unless another one is named.
environment.setdefault("CROSSWEAVE_PJRT", sysconfig.get_paths()["purelib"])
device = options.platform
warmup = options.warmup if options.warmup is not None else 3 if device == "cpu" else 60
peer = here.parent / "peers"
# By precision, what peers call it: without a word they compute in float32.
VARIANTS = {"float32": "default", "tf32": "tf32", "bf16": "bf16"}


def sides_of(row):
    """Commands of a row, each with its library and precision."""
    name, _, batch = row.partition(":")
    script = name.replace("-", "_") + ".py"
    rows = ["--batch", batch] if batch else []
    fusion = name.removeprefix("quickstart-")
    if fusion != name:
        script = "quickstart.py"
    for precision in options.precisions.split(","):
        if device == "cpu" and precision == "tf32":
            continue
        steps = ["--steps", str(options.steps), "--warmup", str(warmup),
                 "--behind", str(options.behind), *rows]
        profile = ["--cpu-prof", "--cpu-prof-dir", options.profile] if options.profile else []
        yield "xla", precision, [node, *profile, here / "pack/measure.mjs", name, "--platform", device,
                                 "--precision", precision, *steps]
        if precision == "float32" and device == "cuda":
            yield "webgpu", precision, [node, here / "pack/measure.mjs", name, "--platform", "webgpu", *steps]
        for library, file in (("torch", script), ("jax", f"jax_{script}")):
            if (peer / file).exists():
                own = ["--fusion", fusion] if script == "quickstart.py" else []
                yield library, precision, [sys.executable, peer / file, "--device", device,
                                           "--variant", VARIANTS[precision], *steps, *own]


def left_out(library):
    """Why a side is not measured, or None."""
    if library in ("torch", "jax") and importlib.util.find_spec(library) is None:
        return f"{library} is not installed"
    return "no time was left" if end - time.monotonic() < 20 else None


def card():
    try:
        asked = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
        return subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return "none"


def found_by(command):
    """The last line of what a command prints, as JSON; or why there is none."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, env=environment,
                             timeout=min(end - time.monotonic(), 150))
    except subprocess.TimeoutExpired:
        return {"failed": "out of time"}
    lines = ran.stdout.strip().splitlines()
    if ran.returncode == 0 and lines:
        return json.loads(lines[-1])
    return {"failed": f"status {ran.returncode}: {(ran.stderr or ran.stdout)[-3000:]}"}


def note(entry):
    result["rows"].append(entry)
    with open(options.out, "w") as file:
        json.dump(result, file, indent=1)


def measure(row):
    for library, precision, command in sides_of(row):
        if library not in options.sides.split(","):
            continue
        entry = {"row": row, "library": library, "precision": precision}
        reason = left_out(library)
        began = time.monotonic()
        entry |= {"leftOut": reason} if reason is not None else found_by(command)
        note(entry | {"seconds": round(time.monotonic() - began, 1)})
        told = (f"{min(entry['times'])} least, {statistics.median(entry['times'])} middle"
                if "times" in entry else entry.get("leftOut") or entry["failed"][-600:])
        print(f"{row:20} {library:6} {precision:8} {told} ({time.monotonic() - began:.0f} s)", flush=True)
        if options.stop and library == "xla" and "failed" in entry:
            sys.exit(1)


def check_cases(row):
    """Several processes, since most of the time is compiling."""
    began = time.monotonic()
    program = [node, here / "pack" / {"fixtures": "fixtures.mjs", "conformance": "conformance.cjs"}[row],
               "--platform", device, "--packages", here.parents[1] / "packages"]
    entry = {"row": row, "library": "xla", "precision": "float32",
             **run_cases(program, options.processes, environment, end)}
    note(entry | {"seconds": round(time.monotonic() - began, 1)})
    print(f"{row}: {entry['passed']} passed, {len(entry['failed'])} failed ({time.monotonic() - began:.0f} s) "
          f"{json.dumps([entry['leftOut'], entry['failed']])[:2500]}", flush=True)


end = time.monotonic() + 60 * options.minutes
result = {"card": card(), "machine": machine.platform(), "platform": options.platform, "rows": []}
print(result["card"], flush=True)
for row in options.rows:
    if row in ("fixtures", "conformance"):
        check_cases(row)
    else:
        measure(row)
