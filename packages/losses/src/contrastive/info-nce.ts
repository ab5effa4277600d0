import { add, concat, mul, reciprocal, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { boolean, oneOf, readOptions, share, withConfig } from '@crossweave/core/authoring';
import { candidates, duplicateDefaults, type DuplicateOptions } from '../candidates';
import { duplicateChecks, temperatureCheck } from '../option-checks';
import { hardSimilarities, requireNegatives, similarities } from '../similarities';
import { countedRows, negativeTerms } from '../negatives';
import { crossEntropy } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface InfoNCEOptions extends DuplicateOptions {
  /**
   * T. `auto`, the default, is 0.1 for cosines and 1 for a fusion without embeddings, whose scores
   * are already logits. Any other value applies to both.
   */
  temperature?: Temperature;
  /** Images with texts (`i2t`), texts with images (`t2i`), or the mean of both. Default `both`. */
  direction?: 'both' | 'i2t' | 't2i';
  /**
   * Whether the hard negatives of the batch are further candidates of their image. Default false.
   */
  negatives?: boolean;
  /** Share of the target that is spread over all candidates, in [0, 1]. Default 0. */
  labelSmoothing?: number;
}

/**
 * InfoNCE over the batch (arXiv 1807.03748; in both directions as in CLIP, arXiv 2103.00020): the
 * mean over rows i of −log(exp(s_ii/T) / Σ_j exp(s_ij/T)), where s are the cosines of `embed`, or
 * `score` if the fusion has no embeddings. Other texts that are true of an image are left out of
 * its sum. With `duplicates: 'positive'` they share the target evenly with its own text (ALBEF's
 * targets by image id, the outer form of SupCon). Rows without a negative do not count.
 *
 * Terms: `i2t`, `t2i`, `accuracy` (rows of the first direction whose own partner scores strictly
 * above every negative), `negatives` (mean number of negatives of such a row), `temperature`.
 * Chance: ln B, with K hard negatives ln(B + K) for images.
 */
export function infoNCE(options: InfoNCEOptions = {}): Loss<PooledFeatures> {
  const where = 'infoNCE';
  const settings = readOptions<InfoNCEOptions>(
    where,
    options,
    {
      temperature: 'auto',
      direction: 'both',
      negatives: false,
      labelSmoothing: 0,
      ...duplicateDefaults,
    },
    {
      temperature: temperatureCheck,
      direction: oneOf('both', 'i2t', 't2i'),
      negatives: boolean(),
      labelSmoothing: share(),
      ...duplicateChecks,
    },
  );
  const { temperature, direction, labelSmoothing } = settings;
  const { init, inverse } = temperatureRule(temperature);
  const ways = { i2t: direction !== 't2i', t2i: direction !== 'i2t' };

  return withConfig(where, settings, {
    name: 'info-nce',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const scale = inverse(params, outputs.embed === undefined ? 1 : 0.1);
        const square = mul<Tensor2D>(similarities(outputs), scale);
        const contrast = (logits: Tensor2D, among: 'texts' | 'images') => {
          const { targets, exclusion, negatives } = candidates(batch, settings, {
            among,
            smoothing: labelSmoothing,
            hard: logits.shape[1] - batch.size,
          });
          const counting = add<Tensor2D>(logits, exclusion);
          return {
            loss: crossEntropy(counting, targets, countedRows(negatives)),
            terms: negativeTerms(counting, negatives),
          };
        };
        const across = (): Tensor2D => {
          if (!settings.negatives) return square;
          const extra = requireNegatives(where, outputs, batch);
          const hard = mul<Tensor2D>(hardSimilarities(outputs, batch.size, extra), scale);
          return concat([square, hard], 1);
        };
        const i2t = ways.i2t ? contrast(across(), 'texts') : undefined;
        const t2i = ways.t2i ? contrast(transpose(square), 'images') : undefined;
        const [first, second] = [i2t, t2i].filter((way) => way !== undefined);
        return {
          total: second ? mul<Scalar>(add(first!.loss, second.loss), 0.5) : first!.loss,
          terms: logged({
            ...(i2t && { i2t: i2t.loss }),
            ...(t2i && { t2i: t2i.loss }),
            ...first!.terms,
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize, hard = 0) => {
      const levels = [
        ...(ways.i2t ? [Math.log(batchSize + (settings.negatives ? hard : 0))] : []),
        ...(ways.t2i ? [Math.log(batchSize)] : []),
      ];
      return levels.reduce((sum, level) => sum + level, 0) / levels.length;
    },
  });
}
