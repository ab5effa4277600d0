import {
  add,
  cast,
  div,
  greater,
  logSoftmax,
  max,
  maximum,
  mul,
  oneHot,
  reshape,
  scalar,
  sub,
  sum,
  tidy,
  where as choose,
  type Rank,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { ConfigError, checkShapes, type Loss, type PooledFeatures } from '@crossweave/core';
import { anyOf, count, oneOf, readOptions, share, withConfig } from '@crossweave/core/authoring';
import { excluded } from '../same';
import { logged } from '../terms';

export interface CaptioningOptions {
  /**
   * Share of the target that is spread over the vocabulary, in [0, 1]. Default 0; BLIP uses 0.1.
   */
  labelSmoothing?: number;
  /** V, from which the chance level is computed. Default `unknown`: there is no chance level. */
  vocabulary?: number | 'unknown';
}

/**
 * Captioning (CoCa, arXiv 2205.01917): cross-entropy of a text decoder's logits, averaged over the
 * tokens of the batch that are not padding, so long captions weigh more than short captions. A
 * batch of padding only gives 0. A target that is no id of the vocabulary makes the total NaN, unless
 * its mask is 0 (as it must be for PyTorch's `ignore_index`, −100). CoCa's loss is the `weightedSum` of InfoNCE with weight 1 and
 * captioning with weight 2.
 *
 * Terms: `accuracy` (share of tokens whose true id scores strictly highest). Chance: ln V, if
 * `vocabulary` is given.
 *
 * @throws ConfigError when the model gives no `captions`.
 */
export function captioning(options: CaptioningOptions = {}): Loss<PooledFeatures> {
  const where = 'captioning';
  const settings = readOptions<CaptioningOptions>(
    where,
    options,
    { labelSmoothing: 0, vocabulary: 'unknown' },
    { labelSmoothing: share(), vocabulary: anyOf(count(), oneOf('unknown')) },
  );
  const { labelSmoothing, vocabulary } = settings;

  return withConfig(where, settings, {
    name: 'captioning',
    compute: (_params, { captions }) =>
      tidy(() => {
        if (captions === undefined) {
          throw new ConfigError('the loss needs caption logits, and the model outputs have none', {
            where,
            expected: 'outputs.captions, from a model with a text decoder',
          });
        }
        const { N, V, B } = checkShapes(where, {
          'captions.logits': [captions.logits, ['B', 'N', 'V']],
          'captions.targets': [captions.targets, ['B', 'N']],
          'captions.mask': [captions.mask, ['B', 'N']],
        });
        const logits = reshape<Rank.R2>(captions.logits, [B * N, V]);
        const ids = reshape<Rank.R1>(captions.targets, [B * N]);
        const right = cast(oneHot(ids, V), 'float32') as Tensor2D;
        const real = cast(reshape<Rank.R1>(captions.mask, [B * N]), 'float32');
        const weights = div<Tensor1D>(real, maximum(sum(real), 1));
        const smoothed = add(mul(right, 1 - labelSmoothing), labelSmoothing / V);
        const each = sum<Tensor1D>(mul(logSoftmax(logits), smoothed), 1);
        const own = sum(mul(logits, right), 1);
        const best = max(add(logits, mul(right, excluded)), 1);
        const correct = cast(greater(own, best), 'float32');
        const total = mul<Scalar>(sum(mul(each, weights)), -1);
        // A row without a right token has loss 0: it would count as one that was told right.
        const isStrange = mul(real, sub(1, sum<Tensor1D>(right, 1)));
        return {
          total: choose<Scalar>(greater(sum(isStrange), 0), scalar(Number.NaN), total),
          terms: logged({ accuracy: sum<Scalar>(mul(correct, weights)) }),
        };
      }),
    ...(vocabulary !== 'unknown' && { chance: () => Math.log(vocabulary) }),
  });
}
