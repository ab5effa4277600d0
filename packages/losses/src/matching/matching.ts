import { cast, greater, mul, softplus, sum, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  hostValues,
  type HostValue,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { boolean, count, readOptions, withConfig } from '@crossweave/core/authoring';
import { meanCount } from '../negatives';
import { logged } from '../terms';
import { drawChecks } from './draw';
import { countPairs, drawnPairs, givenFalsePairs, matchOf, truePairs, type Pairs } from './pairs';

export interface MatchingOptions {
  /** Number of texts, and of images, drawn from the batch as negatives of each row. Default 1. */
  inBatch?: number;
  /** Whether to draw them by similarity instead of uniformly. Default true. */
  hard?: boolean;
  /** T of the softmax over similarities, with `hard`. Default 0.1. */
  drawTemperature?: number;
  /** Whether the hard negatives of the batch, if any, give negative pairs too. Default true. */
  negatives?: boolean;
  /**
   * Whether the true pairs together weigh as much as the false pairs together, so that predicting
   * the share of true pairs does not lower the loss. If false, all pairs have the same weight, as
   * in ALBEF. Default true.
   */
  balanced?: boolean;
}

/**
 * Image-text matching (ITM of ALBEF, arXiv 2107.07651): binary cross-entropy of `match` over the B
 * true pairs, `inBatch` false texts and `inBatch` false images drawn from the batch for each row,
 * and the given hard negatives. If a row has no false pair, its true pair does not count either,
 * since always predicting a match would minimise its loss.
 *
 * Terms: `negatives` (mean number of false pairs of a row), `accuracy` at the threshold 0 with the
 * weights of the total, `accuracy.true` and `accuracy.false` for true and false pairs. Chance: ln 2
 * (with `balanced: false`, predicting the share of true pairs gives less).
 */
export function matching(options: MatchingOptions = {}): Loss<PooledFeatures> {
  const where = 'matching';
  const settings = readOptions<MatchingOptions>(
    where,
    options,
    { inBatch: 1, hard: true, drawTemperature: 0.1, negatives: true, balanced: true },
    { inBatch: count(0), ...drawChecks, negatives: boolean(), balanced: boolean() },
  );

  return withConfig(where, settings, {
    name: 'matching',
    compute: (_params, outputs, batch, ctx) =>
      tidy(() => {
        const draw = (drawn: 'texts' | 'images'): Pairs[] => {
          const key = foldIn(ctx.key, `matching.${drawn}`);
          return drawnPairs(drawn, outputs, batch, key, settings.inBatch, settings);
        };
        const falsePairs = [
          ...draw('texts'),
          ...draw('images'),
          ...(settings.negatives ? givenFalsePairs(where, outputs, batch) : []),
        ];
        const counts = countPairs(falsePairs, batch.size);
        const counted = counts.map((each) => each.map((count) => (count > 0 ? 1 : 0)));
        const pairs = [truePairs(outputs, counted), ...falsePairs];
        const match = matchOf(outputs, pairs);
        const weights = hostValues(pairs.map((each) => each.weights)).map((all) => all.flat());
        const truths = Array.from({ length: match.size }, (_, p) => p < batch.size);
        const signed = mul<Tensor1D>(match, tensor1d(truths.map((truth) => (truth ? 1 : -1))));
        const correct = cast(greater<Tensor1D>(signed, 0), 'float32');
        const only = (all: readonly number[], kind: boolean): number[] =>
          normalised(all.map((weight, p) => (truths[p] === kind ? weight : 0)));
        const whenTrue = weights.map((all) => only(all, true));
        const whenFalse = weights.map((all) => only(all, false));
        const share = weights.map((all) => {
          if (!settings.balanced) return normalised(all);
          const [right, wrong] = [only(all, true), only(all, false)];
          return normalised(all.map((_, p) => right[p]! + wrong[p]!));
        });
        return {
          // −log σ(z) for true pairs and −log σ(−z) for false pairs.
          total: weighted(softplus(mul<Tensor1D>(signed, -1)), share),
          terms: logged({
            negatives: meanCount({ counts }),
            // Without a false pair there is no accuracy.
            ...(counted.choose((rows) => rows.includes(1)) && {
              accuracy: weighted(correct, share),
              'accuracy.true': weighted(correct, whenTrue),
              'accuracy.false': weighted(correct, whenFalse),
            }),
          }),
        };
      }),
    chance: () => Math.LN2,
  });
}

/** Weights scaled to sum 1; all zero if every weight is zero. */
function normalised(weights: readonly number[]): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 0));
}

function weighted(values: Tensor1D, weights: HostValue<readonly number[]>): Scalar {
  return sum<Scalar>(
    mul(
      values,
      weights.tensor<Rank.R1>((each) => each, [values.size]),
    ),
  );
}
