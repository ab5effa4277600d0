"""scikit-learn's and SciPy's values of metrics for packages/lab/fixtures/metrics.json.

Run: python tooling/reference/metrics.py (needs scikit-learn)
"""

import json
from pathlib import Path

import numpy as np
from scipy import optimize, stats
from sklearn import metrics

rng = np.random.default_rng(5)


def rounded(value):
    return json.loads(json.dumps(np.asarray(value).tolist()), parse_float=lambda v: float(f"{float(v):.9g}"))


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def ece(confidence, right, bins=15):
    edges = np.linspace(0, 1, bins + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if low == 0:
            inside |= confidence == 0
        if inside.any():
            error += inside.sum() * abs(right[inside].mean() - confidence[inside].mean())
    return error / len(confidence)


def classes(name, count, samples, used, tied=False):
    """`used`: the classes that occur among the true ones; ties by rounding the logits."""
    truth = rng.choice(used, size=samples)
    logits = rng.normal(size=(samples, count))
    logits[np.arange(samples), truth] += 1.0
    if tied:
        logits = np.round(logits)
    logits = np.asarray(rounded(logits))
    predicted = logits.argmax(1)
    p = softmax(logits)
    onehot = np.eye(count)[truth]
    both = [k for k in range(count) if 0 < onehot[:, k].sum() < samples]
    right = predicted == truth
    nll = lambda t: metrics.log_loss(truth, softmax(logits / t), labels=list(range(count)))
    best = optimize.minimize_scalar(lambda u: nll(np.exp(u)), bounds=(-3, 3), method="bounded")
    return {
        "name": name,
        "truth": truth.tolist(),
        "logits": rounded(logits),
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balancedAccuracy": metrics.balanced_accuracy_score(truth, predicted),
        "f1Micro": metrics.f1_score(truth, predicted, average="micro", zero_division=0),
        "f1Macro": metrics.f1_score(truth, predicted, average="macro", zero_division=0),
        "f1Weighted": metrics.f1_score(truth, predicted, average="weighted", zero_division=0),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=list(range(count))).tolist(),
        "logLoss": metrics.log_loss(truth, p, labels=list(range(count))),
        "brier": float(((p - onehot) ** 2).sum(1).mean()),
        "ece": ece(p.max(1), right),
        "rocAuc": float(np.mean([metrics.roc_auc_score(onehot[:, k], p[:, k]) for k in both])),
        "averagePrecision": float(
            np.mean([metrics.average_precision_score(onehot[:, k], p[:, k]) for k in both])
        ),
        "temperature": float(np.exp(best.x)),
        "logLossAtTemperature": float(best.fun),
    }


def multilabel(name, count, samples):
    truth = (rng.random((samples, count)) < np.linspace(0, 0.6, count)).astype(int)
    logits = np.asarray(rounded(rng.normal(size=(samples, count)) + 1.5 * truth - 0.7))
    p = 1 / (1 + np.exp(-logits))
    predicted = (p > 0.5).astype(int)
    some = [k for k in range(count) if truth[:, k].sum() > 0]
    both = [k for k in some if truth[:, k].sum() < samples]
    seen = [k for k in range(count) if truth[:, k].sum() + predicted[:, k].sum() > 0]
    f1 = lambda average, ks: metrics.f1_score(truth[:, ks], predicted[:, ks], average=average, zero_division=0)
    everything = list(range(count))
    return {
        "name": name,
        "truth": truth.tolist(),
        "logits": rounded(logits),
        "exactMatch": metrics.accuracy_score(truth, predicted),
        "f1Micro": f1("micro", everything),
        "f1Macro": f1("macro", seen),
        "f1Weighted": f1("weighted", everything),
        "meanAveragePrecision": metrics.average_precision_score(truth[:, some], p[:, some], average="macro"),
        "rocAuc": metrics.roc_auc_score(truth[:, both], p[:, both], average="macro"),
        "logLoss": float(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)).mean()),
        "brier": float(((p - truth) ** 2).mean()),
    }


def numbers(name, truth, predicted):
    truth, predicted = np.asarray(rounded(truth)), np.asarray(rounded(predicted))
    return {
        "name": name,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "mae": metrics.mean_absolute_error(truth, predicted),
        "rmse": metrics.root_mean_squared_error(truth, predicted),
        "r2": metrics.r2_score(truth, predicted),
        "spearman": float(stats.spearmanr(truth, predicted).statistic),
    }


def binary(name, positive, scores):
    return {
        "name": name,
        "positive": [bool(v) for v in positive],
        "scores": rounded(scores),
        "averagePrecision": metrics.average_precision_score(positive, scores),
        "rocAuc": metrics.roc_auc_score(positive, scores),
    }


def ranks(name, truth, predicted, count):
    return {
        "name": name,
        "ranks": count,
        "truth": truth,
        "predicted": predicted,
        "quadraticKappa": metrics.cohen_kappa_score(
            truth, predicted, labels=list(range(count)), weights="quadratic"
        ),
    }


def ranked(name, count, samples, noise, used=None):
    truth = rng.choice(used or count, size=samples)
    predicted = np.clip(np.round(truth + noise * rng.normal(size=samples)), 0, count - 1)
    return ranks(name, truth.tolist(), predicted.astype(int).tolist(), count)


values = rng.normal(size=40)
out = {
    "classes": [
        classes("plain", 4, 60, [0, 1, 2, 3]),
        classes("ties", 3, 50, [0, 1, 2], tied=True),
        classes("a class that never occurs", 5, 40, [0, 2, 3]),
        classes("two classes", 2, 30, [0, 1]),
    ],
    "multilabel": [multilabel("plain", 5, 50)],
    "numbers": [
        numbers("plain", values, 0.7 * values + rng.normal(size=40)),
        numbers("ties", np.round(values), np.round(values + rng.normal(size=40))),
        numbers("worse than the mean", values, -values),
    ],
    "binary": [
        binary("plain", rng.random(50) < 0.3, rng.normal(size=50)),
        binary("ties", rng.random(50) < 0.5, np.round(rng.normal(size=50))),
        binary("all equal", [1, 0, 0, 1, 1], [0.5] * 5),
        binary("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]),
    ],
    "ranks": [
        ranked("five ranks", 5, 60, 1.0),
        ranked("two ranks", 2, 30, 0.7),
        ranked("a rank between that never occurs", 4, 40, 0.8, used=[0, 1, 3]),
        ranked("unrelated", 6, 50, 50.0),
        ranks("turned around", [0, 1, 2, 3], [3, 2, 1, 0], 4),
        ranks("one rank for all", [0, 1, 2, 2], [1, 1, 1, 1], 3),
        ranks("no mistake", [0, 2, 1, 1], [0, 2, 1, 1], 3),
    ],
}
path = Path(__file__).parents[2] / "packages/lab/fixtures/metrics.json"
path.write_text(json.dumps(out))
