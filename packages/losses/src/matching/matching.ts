import { cast, greater, mul, softplus, sum, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn, type Loss, type PooledFeatures } from '@crossweave/core';
import { boolean, count, readOptions } from '@crossweave/core/authoring';
import { meanCount } from '../negatives';
import { logged } from '../terms';
import { drawChecks } from './draw';
import {
  countPairs,
  drawnImages,
  drawnTexts,
  givenFalsePairs,
  matchOf,
  truePairs,
  type Pairs,
} from './pairs';

export interface MatchingOptions {
  /** Negatives drawn from the batch for each row, of texts and of images. Default 1. */
  inBatch?: number;
  /** Draw them by similarity (true) or uniformly. Default true. */
  hard?: boolean;
  /** T of the softmax over similarities that they are drawn from. Default 0.1. */
  drawTemperature?: number;
  /** The batch's own hard negatives, where it has them, are negative pairs too. Default true. */
  negatives?: boolean;
  /**
   * True pairs weigh as much as all false ones together, so that knowing how many there are
   * of each is worth nothing; otherwise all pairs weigh the same, as in ALBEF. Default true.
   */
  balanced?: boolean;
}

/**
 * Image-text matching (ITM of ALBEF, arXiv 2107.07651): binary cross-entropy of `match`
 * over the B true pairs, `inBatch` texts and `inBatch` images drawn for each row from those of the
 * batch that are not right for it, and the given hard negatives. A row without a false pair does not
 * count with its true one either: saying yes to everything would learn it.
 *
 * Terms: `negatives` (false pairs a row), `accuracy` at the threshold 0, weighted as the total, and
 * `accuracy.true` and `accuracy.false` of either kind. Chance: ln 2 (where all pairs weigh the same, a model that
 * knows only the share of true ones gets below it).
 */
export function matching(options: MatchingOptions = {}): Loss<PooledFeatures> {
  const where = 'matching';
  const settings = readOptions<MatchingOptions>(
    where,
    options,
    { inBatch: 1, hard: true, drawTemperature: 0.1, negatives: true, balanced: true },
    { inBatch: count(0), ...drawChecks, negatives: boolean(), balanced: boolean() },
  );

  return {
    name: 'matching',
    compute: (_params, outputs, batch, ctx) =>
      tidy(() => {
        const draw = (of: typeof drawnTexts, name: string): Pairs[] =>
          of(outputs, batch, foldIn(ctx.key, name), settings.inBatch, settings);
        const falsePairs = [
          ...draw(drawnTexts, 'matching.texts'),
          ...draw(drawnImages, 'matching.images'),
          ...(settings.negatives ? givenFalsePairs(where, outputs, batch) : []),
        ];
        const counts = countPairs(falsePairs, batch.size);
        const counted = counts.map((count) => (count > 0 ? 1 : 0));
        const pairs = [truePairs(outputs, counted), ...falsePairs];
        const match = matchOf(outputs, pairs);
        const weights = pairs.flatMap((each) => each.weights);
        const truths = weights.map((_, p) => p < batch.size);
        const signed = mul<Tensor1D>(match, tensor1d(truths.map((truth) => (truth ? 1 : -1))));
        const correct = cast(greater<Tensor1D>(signed, 0), 'float32');
        const only = (kind: boolean): number[] =>
          normalised(weights.map((weight, p) => (truths[p] === kind ? weight : 0)));
        const [whenTrue, whenFalse] = [only(true), only(false)];
        const share = normalised(
          settings.balanced ? weights.map((_, p) => whenTrue[p]! + whenFalse[p]!) : weights,
        );
        return {
          // −log σ(z) of true pairs and −log σ(−z) of false ones.
          total: weighted(softplus(mul<Tensor1D>(signed, -1)), share),
          terms: logged({
            negatives: meanCount({ counts }),
            // Without a false pair there is nothing to be right about.
            ...(counted.includes(1) && {
              accuracy: weighted(correct, share),
              'accuracy.true': weighted(correct, whenTrue),
              'accuracy.false': weighted(correct, whenFalse),
            }),
          }),
        };
      }),
    chance: () => Math.LN2,
  };
}

/** Weights that sum to 1; all zero where none is left. */
function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 0));
}

function weighted(values: Tensor1D, weights: readonly number[]): Scalar {
  return sum<Scalar>(mul(values, tensor1d([...weights])));
}
