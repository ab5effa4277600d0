"""The peer of steps/workloads/vit-b16.ts: torchvision's ViT-B/16; `--features`: its tokens alone."""
import torch
import torch.nn.functional as F
from torchvision.models import vit_b_16

from measure import maybe_compiled, measure, options, training_step

B = options.batch or 8
images, labels = torch.randn(B, 3, 224, 224), torch.arange(B)


def tokens(model):
    """What `model.forward` computes before it takes the class token."""
    x = model._process_input(images)
    return model.encoder(torch.cat([model.class_token.expand(len(x), -1, -1), x], 1))


if options.features:
    model = vit_b_16().eval()
    forward = maybe_compiled(lambda: tokens(model))

    def step():
        with torch.inference_mode():
            return forward().mean()

    measure(step)
else:
    model = vit_b_16().train()
    measure(training_step(model, lambda model: F.cross_entropy(model(images), labels), lr=1e-4))
