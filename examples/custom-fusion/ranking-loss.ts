import {
  cast,
  eye,
  greater,
  mul,
  neg,
  softplus,
  sub,
  sum,
  tensor2d,
  tidy,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { stopGradient } from '@crossweave/core/nn';

/**
 * The mean of log(1 + exp(s_ij − s_ii)) over the texts j that are false of image i: each is to
 * score below the true one (BPR, Rendle et al. 2009, arXiv 1205.2618). Term: `won`, the share that
 * do.
 */
export function rankingLoss(): Loss<PooledFeatures> {
  return {
    name: 'ranking',
    compute: (_, outputs, { size, groups }) =>
      tidy(() => {
        const wrong = groups.flatMap((one) => groups.map((other) => (one === other ? 0 : 1)));
        const count = wrong.reduce<number>((total, one) => total + one, 0);
        const weights = tensor2d(wrong, [size, size]);
        const mean = (values: Tensor2D): Scalar =>
          sum(mul(values, mul(weights, 1 / Math.max(1, count))));

        const scores = outputs.score(outputs.image, outputs.text);
        const own = sum<Tensor2D>(mul(scores, eye(size)), 1, true);
        const ahead = sub<Tensor2D>(own, scores);
        const won = cast(greater<Tensor2D>(stopGradient(ahead), 0), 'float32');
        return { total: mean(softplus(neg(ahead))), terms: { won: mean(won) } };
      }),
    chance: () => Math.log(2),
  };
}
