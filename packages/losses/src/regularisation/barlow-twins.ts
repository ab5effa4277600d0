import {
  add,
  eye,
  matMul,
  mul,
  square,
  sub,
  sum,
  tidy,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { readOptions } from '@crossweave/core/authoring';
import { standardise } from '@crossweave/core/nn';
import { weightCheck } from '../option-checks';
import { requireEmbeddings } from '../similarities';
import { logged } from '../terms';

export interface BarlowTwinsOptions {
  /** λ: weight of the terms off the diagonal, at least 0. Default 0.0051. */
  redundancy?: number;
}

/**
 * Barlow Twins (arXiv 2103.03230): with C the cross-correlation [E, E] of the two sides' embeddings,
 * each dimension standardised over the batch (biased variance, + 1e-5 as a batch norm has it),
 * Σ (1 − C_ii)² + λ·Σ_{i≠j} C_ij². True pairs agree in every dimension, and no two dimensions say the
 * same. It has no negatives, so rows of the same image do no harm.
 *
 * Needs embeddings. Terms: `invariance`, `redundancy` (unweighted sums). Chance depends on E alone
 * (it is E, where C is 0), which the loss does not know.
 */
export function barlowTwins(options: BarlowTwinsOptions = {}): Loss<PooledFeatures> {
  const where = 'barlowTwins';
  const { redundancy: weight } = readOptions<BarlowTwinsOptions>(
    where,
    options,
    { redundancy: 0.0051 },
    { redundancy: weightCheck },
  );

  return {
    name: 'barlow-twins',
    compute: (_params, outputs, batch) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const [left, right] = [image, text].map((x) => standardise(x, [0], 1e-5).value);
        const correlation = mul<Tensor2D>(matMul(left!, right!, true), 1 / batch.size);
        const diagonal = eye(correlation.shape[0]);
        const invariance = sum<Scalar>(square(mul(sub(1, correlation), diagonal)));
        const redundancy = sum<Scalar>(square(mul(correlation, sub(1, diagonal))));
        return {
          total: add<Scalar>(invariance, mul(redundancy, weight)),
          terms: logged({ invariance, redundancy }),
        };
      }),
  };
}
