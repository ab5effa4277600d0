"""Figures of representations for packages/lab/fixtures/representations.json: scikit-learn's classifiers, and
the papers' formulas written out in NumPy.

Run: python tooling/reference/representations.py (needs scikit-learn)
"""

import json
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist, pdist
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(11)


def rounded(value):
    return json.loads(
        json.dumps(np.asarray(value).tolist()), parse_float=lambda v: float(f"{float(v):.9g}")
    )


def drawn(*shape):
    """Values that the fixture restores exactly."""
    return np.asarray(rounded(rng.normal(size=shape)))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def effective_rank(x):
    s = np.linalg.svd(x, compute_uv=False)
    p = s / s.sum()
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))


def cka(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    norm = np.linalg.norm
    return float(norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y)))


def geometry(name, x, y):
    x, y = np.asarray(rounded(x)), np.asarray(rounded(y))
    a, b = unit(x), unit(y)
    return {
        "name": name,
        "x": rounded(x),
        "y": rounded(y),
        # align_loss and uniform_loss of Wang and Isola 2020.
        "alignment": {
            str(alpha): float((np.linalg.norm(a - b, axis=1) ** alpha).mean()) for alpha in (1, 2)
        },
        "uniformity": {str(t): float(np.log(np.exp(-t * pdist(a) ** 2).mean())) for t in (1, 2)},
        "modalityGap": float(np.linalg.norm(a.mean(0) - b.mean(0))),
        "effectiveRank": effective_rank(x),
        "cka": cka(x, y),
    }


def classes(name, rows, asked, width, count, spread, scales=1.0):
    centres = drawn(count, width) * spread
    offset = drawn(width) * 3

    def side(n):
        labels = np.r_[np.arange(count), rng.integers(0, count, n - count)]
        x = (centres[labels] + rng.normal(size=(n, width))) * scales + offset
        return np.asarray(rounded(x)), labels

    (x, labels), (z, truth) = side(rows), side(asked)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, tol=1e-12, max_iter=100000))
    probe.fit(x, labels)
    logits = np.atleast_2d(probe.decision_function(z))
    if count == 2:
        # scikit-learn has one column for two classes: the difference of ours.
        logits = np.stack([-logits.ravel() / 2, logits.ravel() / 2], 1)
    plain = LogisticRegression(C=2.0, tol=1e-12, max_iter=100000).fit(x - offset, labels)
    cosine = 1 - cdist(unit(z), unit(x), "cosine")

    def neighbours(k, weights):
        return KNeighborsClassifier(k, weights=weights, metric="cosine", algorithm="brute")

    weigh = lambda t: lambda distances: np.exp((1 - distances) / t)
    vote = lambda k, weights: neighbours(k, weights).fit(x, labels).predict(z).tolist()
    return {
        "name": name,
        "train": rounded(x),
        "classes": labels.tolist(),
        "test": rounded(z),
        "truth": truth.tolist(),
        "probe": {"c": 0.5, "logits": rounded(logits), "classes": probe.predict(z).tolist()},
        "plain": {"c": 2.0, "offset": rounded(offset), "classes": plain.predict(z - offset).tolist()},
        "neighbours": [
            {"k": 1, "votes": "equal", "classes": vote(1, "uniform")},
            {"k": 7, "votes": "equal", "classes": vote(7, "uniform")},
            {"k": 9, "votes": {"temperature": 0.07}, "classes": vote(9, weigh(0.07))},
        ],
        "separated": float(np.sort(cosine, 1)[:, -1].mean()),
    }


base = drawn(12, 5)
low = drawn(30, 2) @ drawn(2, 6)
out = {
    "source": "tooling/reference/representations.py",
    "geometry": [
        geometry("two sides", base + 0.5, base + 0.3 * drawn(12, 5)),
        geometry("fewer rows than numbers", drawn(6, 9), drawn(6, 9)),
        geometry("two dimensions of six", low, low + 1e-3 * drawn(30, 6)),
        geometry("wide scales", drawn(40, 8) * np.logspace(-3, 3, 8), drawn(40, 8)),
    ],
    "classes": [
        classes("four classes", 60, 30, 6, 4, 1.0),
        classes("two classes", 40, 25, 4, 2, 0.6),
        classes("numbers of very different sizes", 50, 25, 5, 3, 1.2, np.logspace(-2, 2, 5)),
    ],
}
path = Path(__file__).parents[2] / "packages/lab/fixtures/representations.json"
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(path.stat().st_size, [c["separated"] for c in out["classes"]])
