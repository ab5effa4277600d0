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
import { readOptions, withConfig } from '@crossweave/core/authoring';
import { standardise } from '@crossweave/core/nn';
import { weightCheck } from '../option-checks';
import { requireEmbeddings } from '../similarities';
import { logged } from '../terms';

export interface BarlowTwinsOptions {
  /** λ, the weight of the off-diagonal terms, at least 0. Default 0.0051. */
  redundancy?: number;
}

/**
 * Barlow Twins (arXiv 2103.03230): with C the cross-correlation [E, E] of the two sides'
 * embeddings, each dimension standardised over the batch (biased variance, + 1e-5 as a batch norm
 * has it), Σ (1 − C_ii)² + λ·Σ_{i≠j} C_ij². The first sum makes true pairs agree in every
 * dimension, the second makes dimensions uncorrelated. The loss has no negatives, so a batch may
 * repeat images.
 *
 * Needs embeddings. Terms: `invariance`, `redundancy` (unweighted sums). There is no chance level:
 * the total for C = 0 is E, which the loss does not know in advance.
 */
export function barlowTwins(options: BarlowTwinsOptions = {}): Loss<PooledFeatures> {
  const where = 'barlowTwins';
  const settings = readOptions<BarlowTwinsOptions>(
    where,
    options,
    { redundancy: 0.0051 },
    { redundancy: weightCheck },
  );
  const { redundancy: weight } = settings;

  return withConfig(where, settings, {
    name: 'barlow-twins',
    compute: (_params, outputs) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const [left, right] = [image, text].map((x) => standardise(x, [0], 1e-5).value);
        const correlation = mul<Tensor2D>(matMul(left!, right!, true), 1 / image.shape[0]);
        const diagonal = eye(correlation.shape[0]);
        const invariance = sum<Scalar>(square(mul(sub(1, correlation), diagonal)));
        const redundancy = sum<Scalar>(square(mul(correlation, sub(1, diagonal))));
        return {
          total: add<Scalar>(invariance, mul(redundancy, weight)),
          terms: logged({ invariance, redundancy }),
        };
      }),
  });
}
