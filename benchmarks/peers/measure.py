"""What every peer of PyTorch shares: options, the training step as people write it."""
import argparse
from dataclasses import dataclass

import torch

from timing import peak_mb, print_times

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--warmup", type=int, default=3, help="steps before the counted ones")
parser.add_argument(
    "--variant", choices=("default", "tuned", "compiled", "bf16", "tf32"), default="default",
    help="default: as most programs run; tuned: fused AdamW, fused attention, channels_last; "
         "compiled: tuned under torch.compile, which needs a C++ compiler; "
         "bf16: tuned, with the forward pass under autocast to bfloat16; "
         "tf32: tuned, with products in TF32, on a GPU alone")
parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
parser.add_argument("--batch", type=int, help="rows of a batch, where the peer has others than its own")
parser.add_argument("--behind", type=int, choices=(0, 1), default=0,
                    help="1: a loss is read when the next step has begun")
parser.add_argument("--features", action="store_true", help="no training: the features alone")
parser.add_argument("--fusion", help="of fusions.py alone")
parser.add_argument("--size", type=int, default=1024, help="of gemm.py alone")
options = parser.parse_args()
tuned, compiled = options.variant != "default", options.variant == "compiled"
autocast = torch.autocast(options.device, dtype=torch.bfloat16, enabled=options.variant == "bf16")
torch.set_default_device(options.device)
torch.backends.cuda.matmul.allow_tf32 = options.variant == "tf32"
torch.backends.cudnn.allow_tf32 = options.variant == "tf32"
torch.manual_seed(0)
torch.set_num_threads(options.threads)


start_mb = peak_mb()


def maybe_compiled(model):
    return torch.compile(model) if compiled else model


def training_step(model, loss_of, lr):
    """A function that does one step, clipped to norm 1, of AdamW and returns the loss, not yet read."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.01, fused=tuned)
    forward = maybe_compiled(model)

    def step():
        optimizer.zero_grad(set_to_none=True)
        with autocast:
            loss = loss_of(forward)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    step.trains = True
    return step


def measure(step):
    """Runs the step and prints its times."""
    if not hasattr(step, "trains"):
        step = autocast(step)
    print_times(step, lambda loss: loss.item(), options, start_mb, {"torch": torch.__version__})
