import { add, concat, mul, neg, reciprocal, softplus, sum, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, type Loss, type PooledFeatures } from '@crossweave/core';
import { anyOf, boolean, count, oneOf, readOptions, withConfig } from '@crossweave/core/authoring';
import { duplicateDefaults, type DuplicateOptions } from '../candidates';
import {
  biasCheck,
  duplicateChecks,
  fixedTemperatureCheck,
  learnedTemperatureCheck,
} from '../option-checks';
import { countedRows, meanCount, negativesOf, negativeTerms } from '../negatives';
import { negativeCounts, rightTextsOf, setMatrix } from '../same';
import {
  hardSimilarities,
  requireEmbeddings,
  requireNegatives,
  similarities,
} from '../similarities';
import { biasRule, temperatureRule, type Bias, type Temperature } from '../temperature';
import { logged } from '../terms';
import { sigmoidLossInChunks, type Signs } from './siglip-chunks';

export interface SigLIPOptions extends DuplicateOptions {
  /**
   * T; by default learned, initially 0.1 (a scale of 10). For a fusion without embeddings, whose
   * scores are already logits, use the temperature 1 and the bias 0 to leave them unchanged.
   */
  temperature?: Exclude<Temperature, 'auto'>;
  /** The bias of every logit; by default learned, initially −10. */
  bias?: Bias;
  /**
   * Whether the hard negatives of the batch are further false texts of their image. Default false.
   */
  negatives?: boolean;
  /**
   * How many texts are scored at once. The result is the same, and the memory is B·chunk instead of
   * B² scores; needs embeddings. Default `all`.
   */
  chunk?: number | 'all';
}

/**
 * SigLIP (arXiv 2303.15343): binary classification of every pair of the batch, Σ_ij −ln
 * σ(y_ij·(c_ij/T + b)) / B with y = 1 for true pairs and −1 for false pairs. The sum over B² pairs
 * is divided by B, not by B². An image without a negative does not count, and is not counted in B,
 * since always predicting a match would minimise its loss.
 *
 * Terms: `temperature`, `bias`, `negatives`, and without `chunk` also `accuracy` (images whose own
 * text scores strictly above every negative). Chance, with the initial b: ln(1 + e^−b) + (B − 1 +
 * K)·ln(1 + e^b), which is 10.0 for b = −10. Learning b alone lowers it to ln B + (B − 1)·ln(B/(B −
 * 1)).
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
      // Without `auto`: the loss has one scale for cosines and logits.
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

  return withConfig(where, settings, {
    name: 'siglip',
    ...(inits.length > 0 && { init: () => mergeParams(...inits.map((init) => init())) }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        const [scale, shift] = [temperature.inverse(params, 1), bias.value(params)];
        const right = rightTextsOf(batch, duplicates === 'negative' ? [] : settings.same);
        const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
        const counts = right.map((sets) => negativeCounts(sets).map((count) => count + extra));
        const counted = countedRows({ counts });
        const signs: Signs = (from, to) =>
          right.tensor<Rank.R2>(
            (sets) => {
              const duplicate = duplicates === 'positive' ? 1 : 0;
              const width = to - from;
              const known = setMatrix(sets, from, to);
              const out = Float32Array.from(known, (is) => (is === 0 ? -1 : duplicate));
              for (let j = from; j < to; j++) out[j * width + j - from] = 1;
              negativeCounts(sets).forEach((count, i) => {
                if (count + extra === 0) out.fill(0, i * width, (i + 1) * width);
              });
              return out;
            },
            [size, to - from],
          );
        const parts: Scalar[] = [];
        const terms: Record<string, Scalar> = {
          temperature: reciprocal(scale),
          bias: shift,
          negatives: meanCount({ counts }),
        };
        const hard = extra > 0 ? [hardSimilarities(outputs, size, extra)] : [];
        if (chunk === 'all') {
          const c = similarities(outputs);
          const y = signs(0, size);
          const margin = mul<Tensor2D>(y, add(mul(c, scale), shift));
          parts.push(sum(mul(softplus(neg(margin)), mul(y, y))));
          Object.assign(
            terms,
            negativeTerms(concat([c, ...hard], 1), negativesOf(right, size, extra)),
          );
        } else {
          const embedded = requireEmbeddings(where, outputs);
          parts.push(sigmoidLossInChunks(embedded, scale, shift, signs, chunk));
        }
        for (const s of hard) parts.push(sum(softplus(add<Tensor2D>(mul(s, scale), shift))));
        const total = parts.reduce((all, part) => add(all, part));
        const share = counted.scalar((rows) => 1 / Math.max(1, rows.filter(Boolean).length));
        return { total: mul<Scalar>(total, share), terms: logged(terms) };
      }),
    chance: (batchSize, hard = 0) =>
      Math.log1p(Math.exp(-bias.initial)) +
      (batchSize - 1 + (negatives ? hard : 0)) * Math.log1p(Math.exp(bias.initial)),
  });
}
