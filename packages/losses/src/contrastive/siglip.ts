import { add, mul, neg, reciprocal, softplus, sum, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Loss, type PooledFeatures } from '@crossweave/core';
import { anyOf, boolean, count, oneOf, readOptions } from '@crossweave/core/authoring';
import { duplicateDefaults, type DuplicateOptions } from '../candidates';
import {
  biasCheck,
  duplicateChecks,
  fixedTemperatureCheck,
  learnedTemperatureCheck,
} from '../option-checks';
import { sameRows } from '../same';
import {
  hardSimilarities,
  requireEmbeddings,
  requireNegatives,
  similarities,
} from '../similarities';
import { strictlyFirst } from '../softmax';
import { biasRule, temperatureRule, type Bias, type Temperature } from '../temperature';
import { logged } from '../terms';
import { sigmoidLossInChunks, type Signs } from './siglip-chunks';

export interface SigLIPOptions extends DuplicateOptions {
  /**
   * T; default learned from 0.1 (a scale of 10). For a fusion without embeddings, whose scores
   * are logits already, a temperature of 1 and a bias of 0 add nothing to them.
   */
  temperature?: Exclude<Temperature, 'auto'>;
  /** Added to every logit. Default learned from −10. */
  bias?: Bias;
  /** The batch's hard negatives are further false texts of their own image. Default false. */
  negatives?: boolean;
  /**
   * How many texts are weighed at once. The result is the same, the memory B·chunk instead of
   * B²; needs embeddings. Default `all`.
   */
  chunk?: number | 'all';
}

/**
 * SigLIP (arXiv 2303.15343): every pair of the batch is a yes-or-no question of its own,
 * Σ_ij −ln σ(y_ij·(c_ij/T + b)) / B with y = 1 for true pairs and −1 for others. The sum over B²
 * pairs is divided by B, not by B².
 *
 * Terms: `temperature`, `bias`, and unless in chunks `accuracy` (images whose own text scores
 * strictly first). Chance, with b as it starts: ln(1 + e^−b) + (B − 1 + K)·ln(1 + e^b), which is 10.0
 * for b = −10; a model that knows nothing but learns b gets to ln B + (B − 1)·ln(B/(B − 1)).
 */
export function siglip(options: SigLIPOptions = {}): Loss<PooledFeatures> {
  const where = 'siglip';
  const settings = readOptions<SigLIPOptions>(
    where,
    options,
    {
      temperature: { initial: 0.1 },
      bias: 'learned',
      negatives: false,
      chunk: 'all',
      ...duplicateDefaults,
    },
    {
      // The scale belongs to the loss; a fusion's logits have no T of their own to choose.
      temperature: anyOf(fixedTemperatureCheck, learnedTemperatureCheck),
      bias: biasCheck,
      negatives: boolean(),
      chunk: anyOf(count(), oneOf('all')),
      ...duplicateChecks,
    },
  );
  const { chunk, negatives, duplicates } = settings;
  const temperature = temperatureRule(settings.temperature);
  const bias = biasRule(settings.bias);
  const inits = [temperature.init, bias.init].filter((init) => init !== undefined);

  return {
    name: 'siglip',
    ...(inits.length > 0 && { init: () => mergeParams(...inits.map((init) => init())) }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        const [scale, shift] = [temperature.inverse(params, 1), bias.value(params)];
        const signs: Signs = (from, to) => {
          const by = duplicates === 'negative' ? [] : settings.same;
          const same = sameRows(batch, by, from, to);
          const duplicate = duplicates === 'positive' ? 1 : 0;
          const out = same.map((is) => (is === 0 ? -1 : duplicate));
          for (let j = from; j < to; j++) out[j * (to - from) + j - from] = 1;
          return out;
        };
        const parts: Scalar[] = [];
        const terms: Record<string, Scalar> = { temperature: reciprocal(scale), bias: shift };
        if (chunk === 'all') {
          const c = similarities(outputs);
          const y = tensor2d(signs(0, size), [size, size]);
          const margin = mul<Tensor2D>(y, add(mul(c, scale), shift));
          parts.push(sum(mul(softplus(neg(margin)), mul(y, y))));
          terms['accuracy'] = strictlyFirst(c, tensor2d(sameRows(batch), [size, size]));
        } else {
          const embedded = requireEmbeddings(where, outputs);
          parts.push(sigmoidLossInChunks(embedded, scale, shift, signs, chunk));
        }
        if (negatives) {
          const extra = requireNegatives(where, outputs, batch);
          const hard = hardSimilarities(outputs, size, extra);
          parts.push(sum(softplus(add<Tensor2D>(mul(hard, scale), shift))));
        }
        const total = parts.reduce((all, part) => add(all, part));
        return { total: mul<Scalar>(total, 1 / size), terms: logged(terms) };
      }),
    chance: (batchSize, hard = 0) =>
      Math.log1p(Math.exp(-bias.initial)) +
      (batchSize - 1 + (negatives ? hard : 0)) * Math.log1p(Math.exp(bias.initial)),
  };
}
