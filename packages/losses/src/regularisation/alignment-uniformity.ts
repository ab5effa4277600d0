import {
  add,
  exp,
  log,
  maximum,
  mul,
  pow,
  scalar,
  sub,
  sum,
  mean,
  square,
  tidy,
  transpose,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { number, readOptions, withConfig } from '@crossweave/core/authoring';
import { sameCheck, weightCheck } from '../option-checks';
import { meanCount } from '../negatives';
import { negativeCounts, negativeMask, samenessOf, sameTexts, type Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { logged } from '../terms';

export interface AlignmentUniformityOptions {
  /** Power of the distance of true pairs, in [1, 8]. Default 2. */
  alpha?: number;
  /** Sharpness of the Gaussian kernel. Default 2. */
  t?: number;
  /** Weight of alignment, at least 0. Default 1. */
  alignment?: number;
  /** Weight of uniformity, at least 0. Default 1. */
  uniformity?: number;
  /**
   * What makes two rows the same, so that their pair is left out of uniformity. Default groups and
   * captions.
   */
  same?: readonly Sameness[];
}

/**
 * Alignment and uniformity on the sphere (arXiv 2005.10242): the mean over pairs of ‖image −
 * text‖^α, and the mean of both modalities' ln mean_{i<j} exp(−t·‖x_i − x_j‖²), which falls as
 * embeddings spread. Pairs of rows with the same image, or text, are left out of uniformity; if no
 * pair is left it is 0. The total may be negative.
 *
 * Needs embeddings. Terms: `alignment`, `uniformity`, `uniformity.image`, `uniformity.text`,
 * `negatives` (mean number of rows that a row is compared with). There is no chance level, since
 * features without information may have any uniformity.
 */
export function alignmentUniformity(
  options: AlignmentUniformityOptions = {},
): Loss<PooledFeatures> {
  const where = 'alignmentUniformity';
  const settings = readOptions<AlignmentUniformityOptions>(
    where,
    options,
    { alpha: 2, t: 2, alignment: 1, uniformity: 1, same: sameTexts },
    {
      alpha: number({ min: 1, max: 8 }),
      t: number({ min: 1e-3, max: 1e3 }),
      alignment: weightCheck,
      uniformity: weightCheck,
      same: sameCheck,
    },
  );
  const { alpha, t, same } = settings;

  return withConfig(where, settings, {
    name: 'alignment-uniformity',
    compute: (_params, outputs, batch) =>
      tidy(() => {
        const { image, text } = requireEmbeddings(where, outputs);
        const apart = sum<Tensor1D>(square(sub(image, text)), 1);
        // Below 1e-12 the gradient is 0, because the root's would be infinite.
        const alignment = mean<Scalar>(alpha === 2 ? apart : pow(maximum(apart, 1e-12), alpha / 2));
        const alike = samenessOf(batch, same);
        const counts = alike.map(negativeCounts);
        const count = counts.map((each) => each.reduce((total, pairs) => total + pairs, 0));
        const isAlone = count.choose((pairs) => pairs === 0);
        const weights = negativeMask(alike, batch.size);
        const share = count.scalar((pairs) => 1 / pairs);
        const spread = (x: Tensor2D): Scalar =>
          isAlone ? scalar(0) : log(mul<Scalar>(sum(mul(kernel(x, t), weights)), share));
        const [images, texts] = [spread(image), spread(text)];
        const uniformity = mul<Scalar>(add(images, texts), 0.5);
        return {
          total: add<Scalar>(
            mul(alignment, settings.alignment),
            mul(uniformity, settings.uniformity),
          ),
          terms: logged({
            alignment,
            uniformity,
            'uniformity.image': images,
            'uniformity.text': texts,
            negatives: meanCount({ counts }),
          }),
        };
      }),
  });
}

/**
 * [B, B] exp(−t·‖x_i − x_j‖²), with the distance from ‖a‖² + ‖b‖² − 2ab, since a zero row does not
 * have length 1.
 */
function kernel(x: Tensor2D, t: number): Tensor2D {
  const squares = sum<Tensor2D>(square(x), 1, true);
  const distances = sub<Tensor2D>(add(squares, transpose(squares)), mul(cosines(x, x), 2));
  return exp(mul<Tensor2D>(distances, -t));
}
