"""Values and gradients of packages/losses: mixup of embeddings.

Run: python tooling/reference/losses_mixup.py
"""

import torch
import torch.nn.functional as F

from fixture import write
from loss_cases import FOUR, TWINS, loss_case, rows_of, same, unit

torch.manual_seed(15)
torch.set_default_dtype(torch.float64)


def geodesic_mixup_case(options, groups, share, temperature=0.1):
    """m2-Mix of Oh et al. 2023; pairs of one image are no negatives of each other."""
    alike = same(groups)

    def total(tree, params):
        image, text = unit(tree["image"]), unit(tree["text"])
        own = (image * text).sum(1)
        angle = own.acos().unsqueeze(1)
        mixed = (share * angle).sin() / angle.sin() * image
        mixed = mixed + ((1 - share) * angle).sin() / angle.sin() * text

        def direction(side):
            logits = (side @ mixed.T).masked_fill(alike, -torch.inf)
            logits = torch.where(torch.eye(len(groups), dtype=torch.bool), own.unsqueeze(1), logits)
            return F.cross_entropy(logits / temperature, torch.arange(len(groups)))

        return (direction(image) + direction(text)) / 2

    return loss_case(total, "geodesic-mixup", options, rows_of(groups), groups)


write(
    __file__,
    "losses",
    "mixup",
    {
        "m2-Mix": geodesic_mixup_case({"mix": 0.3}, FOUR, 0.3),
        "m2-Mix, groups": geodesic_mixup_case(
            {"mix": 0.8, "temperature": 0.5}, TWINS, 0.8, temperature=0.5
        ),
    },
)
