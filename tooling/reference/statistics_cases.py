"""SciPy values for packages/lab/fixtures/statistics.json.

Run: python tooling/reference/statistics_cases.py
"""

import json
from pathlib import Path

import numpy as np
from scipy import optimize, stats

rng = np.random.default_rng(11)
freedom = [1, 2, 2.7, 5, 12.5, 30, 999, 1e6]
points = [-8.0, -2.5, -0.3, 0.0, 0.01, 1.0, 3.2, 40.0]
probabilities = [0.001, 0.025, 0.2, 0.5, 0.9, 0.975, 0.9999]
samples = [rng.normal(0.6, 0.05, size=n).tolist() for n in (2, 3, 5, 20)]
other = [rng.normal(0.58, 0.05, size=n).tolist() for n in (2, 3, 5, 20)]


def interval(values):
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    return [low, high]


def detectable(count, sd, alpha=0.05, power=0.8):
    critical = stats.t.ppf(1 - alpha / 2, count - 1)

    def missing(effect):
        shift = effect * np.sqrt(count) / sd
        upper = stats.nct.sf(critical, count - 1, shift)
        lower = np.nan_to_num(stats.nct.cdf(-critical, count - 1, shift))
        return upper + lower - power

    return optimize.brentq(missing, 1e-6, 4 * sd)


signs = rng.normal(0.4, 1.0, size=12)
permutation = stats.permutation_test(
    (signs,), np.mean, permutation_type="samples", n_resamples=np.inf
)
pvalues = [0.01, 0.04, 0.03, 0.005, 0.5]
order = np.argsort(pvalues)
running, adjusted = 0.0, [0.0] * len(pvalues)
for rank, index in enumerate(order):
    running = max(running, min(1.0, (len(pvalues) - rank) * pvalues[index]))
    adjusted[index] = running

out = {
    "cdf": [[t, df, stats.t.cdf(t, df)] for df in freedom for t in points],
    "twoSided": [[t, df, 2 * stats.t.sf(abs(t), df)] for df in freedom for t in points],
    "quantile": [[p, df, stats.t.ppf(p, df)] for df in freedom for p in probabilities],
    "intervals": [{"values": v, "sd": np.std(v, ddof=1), "interval": interval(v)} for v in samples],
    "paired": [
        {"a": a, "b": b, "p": stats.ttest_rel(a, b).pvalue} for a, b in zip(samples, other)
    ],
    "permutation": {"differences": signs.tolist(), "p": permutation.pvalue},
    "holm": {"p": pvalues, "adjusted": adjusted},
    "detectable": [[n, 0.02, detectable(n, 0.02)] for n in (3, 6, 10, 30)],
}
path = Path(__file__).parents[2] / "packages/lab/fixtures/statistics.json"
path.write_text(json.dumps(out))
