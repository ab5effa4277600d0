"""The peer of engine/conv-step.ts: the same residual network in eager PyTorch, 2 threads."""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

THREADS = next((int(a) for a in sys.argv[1:] if a.isdigit()), 2)
torch.manual_seed(0)
torch.set_num_threads(THREADS)
B, WIDTHS, CLASSES = 64, (32, 64, 128), 10


def conv(size, a, b, stride):
    return nn.Conv2d(a, b, size, stride, (size - 1) // 2, bias=False)


class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(3, a, b, stride), nn.BatchNorm2d(b)
        self.conv2, self.bn2 = conv(3, b, b, 1), nn.BatchNorm2d(b)
        self.down = nn.Identity() if a == b else nn.Sequential(conv(1, a, b, stride), nn.BatchNorm2d(b))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.down(x))


model = nn.Sequential(
    conv(3, 3, WIDTHS[0], 1), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU(),
    Block(WIDTHS[0], WIDTHS[0], 1), Block(WIDTHS[0], WIDTHS[1], 2), Block(WIDTHS[1], WIDTHS[2], 2),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTHS[2], CLASSES))
images, labels = torch.randn(B, 3, 64, 64), torch.arange(B) % CLASSES
if "--channels-last" in sys.argv:
    model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
times, cpu = [], []
for _ in range(8):
    start, used = time.perf_counter(), time.process_time()
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    loss.item()
    times.append((time.perf_counter() - start) * 1000)
    cpu.append((time.process_time() - used) * 1000)
times = sorted(times[2:])
print(json.dumps({
    "name": "convolution", "torch": torch.__version__, "leastMs": round(times[0]),
    "middleMs": round(times[len(times) // 2]), "cpuMs": round(min(cpu[2:])),
    "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
}))
