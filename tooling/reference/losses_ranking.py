"""Values and gradients of the losses of packages/losses that rank or leave the true pair out.

Multiple negatives ranking is sentence-transformers' own; the triplet losses follow VSE++ and MMF,
the others their papers.

Run: python tooling/reference/losses_ranking.py
"""

import torch
import torch.nn.functional as F
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

from fixture import write
from loss_cases import FOUR, K, TWINS, E, loss_case, rivals, rows_of, unit

torch.manual_seed(13)
torch.set_default_dtype(torch.float64)

DIRECTIONS = {"i2t": "query_to_doc", "t2i": "doc_to_query", "i2i": "query_to_query", "t2t": "doc_to_doc"}
HARDNESS = {"in-batch": "in_batch_negatives", "hard": "hard_negatives", "all": "all_negatives"}


def ranking_case(options, negatives=True):
    peer = MultipleNegativesRankingLoss(
        None,
        scale=20.0,
        directions=tuple(DIRECTIONS[name] for name in options.get("directions", ["i2t"])),
        partition_mode=options.get("partition", "joint").replace("-", "_"),
        hardness_mode=HARDNESS.get(options.get("hardness")),
        hardness_strength=options.get("hardnessStrength", 0.0),
    )

    def total(tree, _):
        columns = [tree["image"], tree["text"]]
        if negatives:
            columns += list(tree["negatives"].view(len(FOUR), K, E).unbind(1))
        return peer.compute_loss_from_embeddings(columns, None)

    return loss_case(total, "multiple-negatives-ranking", options, rows_of(FOUR, negatives), FOUR)


def ranking_by_image_case():
    """Rows of one image are left out, which sentence-transformers leaves to its sampler."""

    def total(tree, _):
        image, text = unit(tree["image"]), unit(tree["text"])
        parts = []
        for i in range(len(TWINS)):
            others = rivals(TWINS, i)
            columns = torch.cat(
                [image[i] @ text[[i, *others]].T, text[i] @ image[[i, *others]].T]
                + [image[i] @ image[others].T, text[i] @ text[others].T]
            )
            parts.append(torch.logsumexp(20 * columns, 0) - 20 * image[i] @ text[i])
        return sum(parts) / len(TWINS)

    options = {"directions": list(DIRECTIONS)}
    return loss_case(total, "multiple-negatives-ranking", options, rows_of(TWINS), TWINS)


def triplet_case(options, groups, embedded=True):
    margin, negatives = options.get("margin", 0.2), options.get("negatives", False)
    euclidean, direction = options.get("measure") == "euclidean", options.get("direction", "both")
    gather = max if options.get("mining", "hardest") == "hardest" else sum

    def total(tree, _):
        embed = unit if embedded else lambda x: x
        image, text = embed(tree["image"]), embed(tree["text"])
        measure = (lambda a, b: -(a - b).norm()) if euclidean else torch.dot
        parts = []
        for i in range(len(groups)):
            own = measure(image[i], text[i])
            ways = {
                "i2t": [measure(image[i], text[j]) for j in rivals(groups, i)],
                "t2i": [measure(text[i], image[j]) for j in rivals(groups, i)],
            }
            if negatives:
                hard = embed(tree["negatives"][i * K : (i + 1) * K])
                ways["i2t"] += [measure(image[i], n) for n in hard]
            for way in ("i2t", "t2i"):
                if direction in ("both", way):
                    parts.append(gather([F.relu(margin + s - own) for s in ways[way]]))
        return sum(parts) / (1 if options.get("reduction") == "sum" else len(groups))

    return loss_case(total, "triplet", options, rows_of(groups, negatives), groups, embedded)


def decoupled_case(options, groups, temperature):
    within, sigma = options.get("within", False), options.get("weightSigma")
    negatives = options.get("negatives", False)

    def total(tree, _):
        image, text = unit(tree["image"]), unit(tree["text"])
        agreement = (image * text).sum(1)
        weight = 1 if sigma is None else 2 - len(groups) * torch.softmax(agreement / sigma, 0)
        pull = agreement / temperature * weight
        ways = []
        for one, other in ((image, text), (text, image)):
            parts = []
            for i in range(len(groups)):
                candidates = [other[rivals(groups, i)]]
                if within:
                    candidates.append(one[rivals(groups, i)])
                if negatives and one is image:
                    candidates.append(unit(tree["negatives"][i * K : (i + 1) * K]))
                push = torch.logsumexp(torch.cat(candidates) @ one[i] / temperature, 0)
                parts.append(push - pull[i])
            ways.append(sum(parts) / len(parts))
        return sum(ways) / 2

    return loss_case(total, "decoupled", options, rows_of(groups, negatives), groups)


def cloob_case(options, groups, temperature, beta=8.0):
    def retrieve(stored, by):
        return unit(torch.softmax(beta * by @ stored.T, 1) @ stored)

    def bound(anchors, others, groups):
        parts = []
        for i in range(len(groups)):
            push = torch.logsumexp(others[rivals(groups, i)] @ anchors[i] / temperature, 0)
            parts.append(push - anchors[i] @ others[i] / temperature)
        return sum(parts) / len(parts)

    def total(tree, _):
        image, text = unit(tree["image"]), unit(tree["text"])
        images = bound(retrieve(image, image), retrieve(image, text), groups)
        return images + bound(retrieve(text, text), retrieve(text, image), groups)

    return loss_case(total, "cloob", options, rows_of(groups), groups)


ALL = {"directions": list(DIRECTIONS)}
BOTH = {"directions": ["i2t", "t2i"], "partition": "per-direction"}
write(
    __file__,
    "losses",
    "ranking",
    {
        "ranking, sentence-transformers": ranking_case({}, negatives=False),
        "ranking, sentence-transformers, negatives": ranking_case({}),
        "ranking, sentence-transformers, GTE": ranking_case(ALL),
        "ranking, sentence-transformers, two softmaxes": ranking_case(BOTH),
        "ranking, sentence-transformers, in batch": ranking_case(
            {"hardness": "in-batch", "hardnessStrength": 9}
        ),
        "ranking, sentence-transformers, hard": ranking_case(
            {"hardness": "hard", "hardnessStrength": 5}
        ),
        "ranking, sentence-transformers, all": ranking_case({"hardness": "all", "hardnessStrength": 2}),
        "ranking, groups": ranking_by_image_case(),
        "triplet": triplet_case({}, TWINS),
        "triplet, VSE++": triplet_case({"mining": "hardest", "reduction": "sum"}, FOUR),
        "triplet, MMF": triplet_case({"mining": "all", "reduction": "sum", "margin": 0}, FOUR, False),
        "triplet, negatives": triplet_case({"negatives": True, "mining": "all"}, TWINS),
        "triplet, distances": triplet_case(
            {"measure": "euclidean", "margin": 0.5, "direction": "i2t", "negatives": True}, FOUR
        ),
        "DCL": decoupled_case({}, TWINS, 0.1),
        "DCL, within": decoupled_case({"within": True}, FOUR, 0.1),
        "DCLW": decoupled_case({"weightSigma": 0.5, "temperature": 0.3}, FOUR, 0.3),
        "DCL, negatives": decoupled_case({"negatives": True}, TWINS, 0.1),
        "CLOOB": cloob_case({}, FOUR, 1 / 30),
        "CLOOB, groups": cloob_case({"temperature": 0.2, "beta": 3}, TWINS, 0.2, 3.0),
    },
)
