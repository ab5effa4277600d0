import { mul, softplus, sum, tensor2d } from '@tensorflow/tfjs-core';
import type { Task } from '@crossweave/core';
import { defineTask } from '@crossweave/lab';

const thresholds = [1, 2, 3, 4];

/** 1 to 5 stars: an output for each "more than s stars?", so that 4 is nearer to 5 than 1 is. */
export function stars(): Task {
  return defineTask<number>({
    name: 'stars',
    outputs: thresholds.length,
    read: (label) => [1, 2, 3, 4, 5].find((star) => star === label),
    // −log σ(x) where there are more stars than s, −log σ(−x) elsewhere.
    loss(outputs, stars) {
      const signs = stars.map((given) => thresholds.map((s) => (given > s ? -1 : 1)));
      return sum(softplus(mul(outputs, tensor2d(signs))), 1);
    },
    predict: (outputs) => 1 + outputs.filter((x) => x > 0).length,
    metrics: {
      accuracy: { best: 1, of: (predicted, given) => Number(predicted === given) },
      mae: { best: 0, of: (predicted, given) => Math.abs(predicted - given) },
    },
  });
}
