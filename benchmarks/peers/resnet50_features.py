"""The peer of `resnet50-features` in steps/workloads/resnet.ts: torchvision's without classifier."""
import torch
from torchvision.models import resnet50

from measure import maybe_compiled, measure, tuned

model, images = resnet50().eval(), torch.randn(8, 3, 224, 224)
model.fc = torch.nn.Identity()
if tuned:
    model = model.to(memory_format=torch.channels_last)
    images = images.to(memory_format=torch.channels_last)
forward = maybe_compiled(model)


def step():
    with torch.inference_mode():
        return forward(images).mean()


measure(step)
