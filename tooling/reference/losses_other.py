"""Values and gradients of packages/losses: distillation, captioning, regularisation, combination.

Where a published package has the loss, the values stored are its own: open_clip (DistillClipLoss,
CoCaLoss), torchmultimodal (ALBEF's ITC). The others are restated from the papers.

Run: python tooling/reference/losses_other.py
"""

import torch
import torch.nn.functional as F
from open_clip.loss import ClipLoss, CoCaLoss, DistillClipLoss
from torchmultimodal.modules.losses.albef import ImageTextContrastiveLoss

from fixture import write
from loss_cases import FOUR, TWINS, E, loss_case, rows_of, same, unit

torch.manual_seed(14)
torch.set_default_dtype(torch.float64)

N, V = 4, 7


def momentum_case(options, groups, alpha, queued=(), embedded=True, learned=None):
    """ALBEF: keys are the twin's embeddings and its queue's; the target mixes truth and twin."""
    queue = {"queue__image": len(queued), "queue__text": len(queued)} if queued else {}
    tree = rows_of(groups, teacher__image=len(groups), teacher__text=len(groups), **queue)
    embed = unit if embedded else lambda x: x
    everyone = [*groups, *queued]
    alike = same(everyone)[: len(groups)]
    duplicate = alike & ~torch.eye(len(groups), len(everyone), dtype=torch.bool)
    several = options.get("duplicates") == "positive"
    targets = alike.double() if several else torch.eye(len(groups), len(everyone))
    targets = targets / targets.sum(1, keepdim=True)

    def total(tree, params):
        scale = params["logit_scale"].exp() if learned else (10 if embedded else 1)
        own = {side: embed(tree[side]) for side in ("image", "text")}
        twin = {side: embed(tree[f"teacher.{side}"]).detach() for side in ("image", "text")}
        keys = {
            side: torch.cat([twin[side], unit(tree[f"queue.{side}"]).detach()]) if queued else twin[side]
            for side in ("image", "text")
        }
        if not embedded:
            ways = [
                (own["image"] @ own["text"].T, twin["image"] @ twin["text"].T),
                (own["text"] @ own["image"].T, twin["text"] @ twin["image"].T),
            ]
        else:
            ways = [
                (own["image"] @ keys["text"].T, twin["image"] @ keys["text"].T),
                (own["text"] @ keys["image"].T, twin["text"] @ keys["image"].T),
            ]
        if not several:
            ways = [[s.masked_fill(duplicate, -1e9) for s in way] for way in ways]
        (i2t, i2t_m), (t2i, t2i_m) = [[s * scale for s in way] for way in ways]
        return ImageTextContrastiveLoss()(i2t, t2i, i2t_m, t2i_m, targets, alpha)

    params = {"logit_scale": torch.tensor(learned)} if learned else {}
    given = {"queue": list(queued)} if queued else {}
    return loss_case(total, "momentum-contrastive", options, tree, groups, embedded, params, **given)


def distilled_case(options, scale, teacher_scale, weights=(1, 1), learned=False):
    tree = rows_of(FOUR, teacher__image=len(FOUR), teacher__text=len(FOUR))

    def total(tree, params):
        own = params["logit_scale"].exp() if learned else scale
        student, teacher = (
            (unit(tree[f"{who}image"]), unit(tree[f"{who}text"])) for who in ("", "teacher.")
        )
        given = [x.detach() for x in teacher]
        parts = DistillClipLoss()(*student, own, *given, teacher_scale)
        return sum(weight * part for weight, part in zip(weights, parts))

    params = {"logit_scale": torch.tensor(scale).log()} if learned else {}
    return loss_case(total, "distilled-contrastive", options, tree, FOUR, True, params)


def caption_tree(rows=FOUR):
    """Ids from 1 up; 0 is open_clip's padding, which the mask tells here."""
    targets = torch.randint(1, V, (len(rows), N))
    targets[1, 2:] = targets[3, 3] = 0
    return {
        "captions.logits": 2 * torch.randn(len(rows), N, V),
        "captions.targets": targets,
        "captions.mask": (targets != 0).double(),
    }


def captioning_case(options, smoothing=0.0):
    def total(tree, _):
        logits, targets = tree["captions.logits"], tree["captions.targets"]
        return F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=0, label_smoothing=smoothing
        )

    return loss_case(total, "captioning", options, caption_tree(), FOUR, constant=("captions.mask",))


def coca_case():
    def total(tree, _):
        image, text = unit(tree["image"]), unit(tree["text"])
        logits, targets = tree["captions.logits"], tree["captions.targets"]
        return sum(CoCaLoss(2.0, 1.0)(image, text, logits, targets, torch.tensor(10.0)))

    tree = {**rows_of(FOUR), **caption_tree()}
    return loss_case(total, "coca", {}, tree, FOUR, constant=("captions.mask",))


def alignment_uniformity_case(options, groups, alpha=2, t=2, weights=(1, 1)):
    def spread(x):
        pairs = [(i, j) for i in range(len(x)) for j in range(i) if groups[i] != groups[j]]
        return torch.stack([(-t * (x[i] - x[j]).square().sum()).exp() for i, j in pairs]).mean().log()

    def total(tree, _):
        image, text = unit(tree["image"]), unit(tree["text"])
        alignment = (image - text).norm(dim=1).pow(alpha).mean()
        return weights[0] * alignment + weights[1] * (spread(image) + spread(text)) / 2

    return loss_case(total, "alignment-uniformity", options, rows_of(groups), groups)


def barlow_twins(tree, _):
    norm = torch.nn.BatchNorm1d(E, affine=False)
    correlation = norm(unit(tree["image"])).T @ norm(unit(tree["text"])) / len(tree["image"])
    on, off = correlation.diagonal(), correlation - torch.diag(correlation.diagonal())
    return (1 - on).square().sum() + 0.0051 * off.square().sum()


def vicreg(tree, _):
    left, right = (unit(tree[side]) * E**0.5 for side in ("image", "text"))
    variance = sum(F.relu(1 - (z.var(0) + 1e-4).sqrt()).mean() / 2 for z in (left, right))
    off = [torch.cov(z.T) - torch.diag(z.var(0)) for z in (left, right)]
    covariance = sum(c.square().sum() / E for c in off)
    return 25 * F.mse_loss(left, right) + 25 * variance + covariance


def uncertainty_case():
    def total(tree, params):
        image, text = unit(tree["image"]), unit(tree["text"])
        losses = {
            "info-nce": (ClipLoss()(image, text, 10.0), 1.0),
            "vicreg": (vicreg(tree, {}), 0.5),
        }
        parts = []
        for name, (value, factor) in losses.items():
            deviation = (params[f"log_variance.{name}"] / 2).exp()
            parts.append(factor * value / deviation**2 + deviation.log())
        return sum(parts)

    params = {"log_variance.info-nce": torch.tensor(0.7), "log_variance.vicreg": torch.tensor(-0.4)}
    return loss_case(total, "uncertainty", {}, rows_of(FOUR), FOUR, True, params)


SMOOTH = {"labelSmoothing": 0.1}
write(
    __file__,
    "losses",
    "other",
    {
        "momentum, torchmultimodal": momentum_case({}, FOUR, 0.4),
        "momentum, torchmultimodal, learned": momentum_case(
            {"temperature": "learned", "alpha": 0.7}, FOUR, 0.7, learned=2.0
        ),
        "momentum, torchmultimodal, queue": momentum_case({}, FOUR, 0.4, queued=("e", "b", "f")),
        "momentum, torchmultimodal, several positives": momentum_case(
            {"duplicates": "positive"}, TWINS, 0.4, queued=("e", "b", "f")
        ),
        "momentum, torchmultimodal, logits": momentum_case({}, TWINS, 0.4, embedded=False),
        "distilled, open_clip": distilled_case({}, 10.0, 100.0),
        "distilled, open_clip, learned": distilled_case(
            {"temperature": "learned", "teacherTemperature": 0.5, "distillation": 0.3},
            5.0,
            2.0,
            (1, 0.3),
            learned=True,
        ),
        "captioning": captioning_case({}),
        "captioning, smoothed": captioning_case(SMOOTH, 0.1),
        "CoCa, open_clip": coca_case(),
        "alignment and uniformity": alignment_uniformity_case({}, TWINS),
        "alignment and uniformity, weighed": alignment_uniformity_case(
            {"alpha": 1, "t": 3, "alignment": 2, "uniformity": 0.5}, FOUR, 1, 3, (2, 0.5)
        ),
        "Barlow Twins": loss_case(barlow_twins, "barlow-twins", {}, rows_of(FOUR), FOUR),
        "VICReg": loss_case(vicreg, "vicreg", {}, rows_of(FOUR), FOUR),
        "uncertainty": uncertainty_case(),
    },
)
