"""The peer of `resnet-small` in steps/workloads/resnet.ts: one basic block a stage."""
import torch
import torch.nn as nn
import torch.nn.functional as F

from measure import measure, training_step, tuned

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
if tuned:
    model = model.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
measure(training_step(model, lambda forward: F.cross_entropy(forward(images), labels), lr=1e-3))
