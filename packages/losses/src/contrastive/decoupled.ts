import {
  add,
  concat,
  logSumExp,
  mul,
  reciprocal,
  softmax,
  sub,
  tidy,
  transpose,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { hostValues, type HostValue, type Loss, type PooledFeatures } from '@crossweave/core';
import { anyOf, boolean, number, oneOf, readOptions, withConfig } from '@crossweave/core/authoring';
import { sameCheck, temperatureCheck } from '../option-checks';
import { meanOfCounted, negativesOf, negativeTerms } from '../negatives';
import {
  exclusionOf,
  rightImagesOf,
  rightTextsOf,
  samenessOf,
  sameTexts,
  type RowSets,
  type Sameness,
} from '../same';
import {
  cosines,
  hardSimilarities,
  requireEmbeddings,
  requireNegatives,
  similarities,
} from '../similarities';
import { diagonal } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface DecoupledOptions {
  /** T; `auto`, the default, is 0.1 for cosines and 1 for logits. */
  temperature?: Temperature;
  /**
   * Whether rows of the same modality are negatives too, as in the paper (whose two sides are views
   * of one image); needs embeddings. Default false.
   */
  within?: boolean;
  /**
   * σ of DCLW, which weights true pairs by 2 − B·softmax(s_ii/σ), so that pairs with low similarity
   * count more; or `none`. Default `none`; the paper's σ is 0.5.
   */
  weightSigma?: number | 'none';
  /** Whether the hard negatives of the batch are negatives of their image. Default false. */
  negatives?: boolean;
  /**
   * What makes a text true of an image, so that it is not a negative. Default groups and captions.
   */
  same?: readonly Sameness[];
}

/**
 * Decoupled contrastive learning (DCL, arXiv 2110.06848): InfoNCE without the true pair in the sum,
 * −s_ii/T + ln Σ_{j≠i} exp(s_ij/T), mean of both directions. So the gradient does not vanish for
 * small or easy batches. Rows without a negative do not count. The total may be negative.
 *
 * Terms: `i2t`, `t2i`, `accuracy` and `negatives` (of images among texts), `temperature`. Chance:
 * ln(B − 1), with K hard negatives ln(B − 1 + K) for images, and 2·(B − 1) in place of B − 1 with
 * `within`.
 */
export function decoupled(options: DecoupledOptions = {}): Loss<PooledFeatures> {
  const where = 'decoupled';
  const settings = readOptions<DecoupledOptions>(
    where,
    options,
    {
      temperature: 'auto',
      within: false,
      weightSigma: 'none',
      negatives: false,
      same: sameTexts,
    },
    {
      temperature: temperatureCheck,
      within: boolean(),
      weightSigma: anyOf(number({ min: 1e-3, max: 1e3 }), oneOf('none')),
      negatives: boolean(),
      same: sameCheck,
    },
  );
  const { within, weightSigma, negatives, same } = settings;
  const { init, inverse } = temperatureRule(settings.temperature);
  const rowsOf = (batchSize: number): number => (batchSize - 1) * (within ? 2 : 1);

  return withConfig(where, settings, {
    name: 'decoupled',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        const scale = inverse(params, outputs.embed === undefined ? 1 : 0.1);
        const exclusion = (sets: HostValue<RowSets>): Tensor2D => exclusionOf(sets, size);
        const [texts, images] = [rightTextsOf(batch, same), rightImagesOf(batch, same)];
        const alike = samenessOf(batch, same);
        const extra = negatives ? requireNegatives(where, outputs, batch) : 0;
        const sides = within ? requireEmbeddings(where, outputs) : undefined;
        const square = sides ? cosines(sides.image, sides.text) : similarities(outputs);
        const own = diagonal(square);
        const pull = mul<Tensor1D>(
          mul(own, scale),
          weightSigma === 'none' ? 1 : sub(2, mul(softmax(mul(own, 1 / weightSigma)), size)),
        );
        const hard = extra > 0 ? [hardSimilarities(outputs, size, extra)] : [];
        const contrast = (
          across: Tensor2D,
          right: HostValue<RowSets>,
          own: Tensor2D | undefined,
          more: Tensor2D[] = [],
        ): Scalar => {
          const columns = [
            add<Tensor2D>(mul(across, scale), exclusion(right)),
            ...(own ? [add<Tensor2D>(mul(own, scale), exclusion(alike))] : []),
            ...more.map((s) => mul<Tensor2D>(s, scale)),
          ];
          const push = logSumExp(concat(columns, 1), 1);
          const counted = hostValues([right, alike]).map(([across, within]) =>
            across!.map(
              (rows, i) =>
                rows.size < size ||
                more.length > 0 ||
                (own !== undefined && within![i]!.size < size),
            ),
          );
          return meanOfCounted(sub<Tensor1D>(push, pull), counted);
        };
        const i2t = contrast(square, texts, sides && cosines(sides.image, sides.image), hard);
        const t2i = contrast(transpose(square), images, sides && cosines(sides.text, sides.text));
        return {
          total: mul<Scalar>(add(i2t, t2i), 0.5),
          terms: logged({
            i2t,
            t2i,
            ...negativeTerms(concat([square, ...hard], 1), negativesOf(texts, size, extra)),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize, hard = 0) => {
      const [i2t, t2i] = [rowsOf(batchSize) + (negatives ? hard : 0), rowsOf(batchSize)].map(
        (count) => (count === 0 ? 0 : Math.log(count)),
      );
      return (i2t! + t2i!) / 2;
    },
  });
}
