"""The peer of `resnet50` in steps/workloads/resnet.ts: torchvision's, a training step."""
import torch
import torch.nn.functional as F
from torchvision.models import resnet50

from measure import measure, options, training_step, tuned

B = options.batch or 8
model, images, labels = resnet50(), torch.randn(B, 3, 224, 224), torch.arange(B)
if tuned:
    model = model.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
measure(training_step(model, lambda forward: F.cross_entropy(forward(images), labels), lr=1e-3))
