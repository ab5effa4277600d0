import {
  add,
  logSumExp,
  mul,
  reciprocal,
  softmax,
  sub,
  matMul,
  tidy,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { HostValue, Loss, PooledFeatures } from '@crossweave/core';
import { number, readOptions, withConfig } from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import { sameCheck, temperatureCheck } from '../option-checks';
import { countedRows, meanOfCounted, negativesOf, negativeTerms } from '../negatives';
import { exclusionOf, rightImagesOf, rightTextsOf, sameTexts } from '../same';
import type { RowSets, Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { diagonal } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface CloobOptions {
  /** T of the leave-one-out bound; `auto`, the default, is the paper's 1/30. */
  temperature?: Temperature;
  /** β, the inverse temperature of the Hopfield retrieval. Default 8. */
  beta?: number;
  /**
   * What makes a text true of an image, so that it is not a negative. Default groups and captions.
   */
  same?: readonly Sameness[];
}

/**
 * CLOOB (arXiv 2110.11316): each embedding x is replaced by the pattern that a modern Hopfield
 * network retrieves for it from the batch's images, and from the batch's texts, R(stored, x) =
 * softmax(β·x·storedᵀ)·stored, scaled to unit length. The loss is InfoLOOB, InfoNCE without the
 * true pair in the sum,
 *
 *   mean_i −u_i·u'_i/T + ln Σ_{j≠i} exp(u_i·u'_j/T)
 *
 * with u retrieved for images and u' for texts, both from the images, plus the same with patterns
 * retrieved from the texts and the two roles swapped. (The authors' code also multiplies the loss
 * by T.) Rows without a negative do not count.
 *
 * Needs embeddings. Terms: `images`, `texts` (the two bounds), `accuracy` (of the embeddings before
 * retrieval), `negatives`, `temperature`. Chance: 2·ln(B − 1).
 */
export function cloob(options: CloobOptions = {}): Loss<PooledFeatures> {
  const where = 'cloob';
  const settings = readOptions<CloobOptions>(
    where,
    options,
    { temperature: 'auto', beta: 8, same: sameTexts },
    { temperature: temperatureCheck, beta: number({ min: 0, max: 1e4 }), same: sameCheck },
  );
  const { temperature, beta, same } = settings;
  const { init, inverse } = temperatureRule(temperature);
  const retrieve = (stored: Tensor2D, by: Tensor2D): Tensor2D =>
    normalize(matMul(softmax(mul(cosines(by, stored), beta)), stored));

  return withConfig(where, settings, {
    name: 'cloob',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        const { image, text } = requireEmbeddings(where, outputs);
        const scale = inverse(params, 1 / 30);
        const right = { texts: rightTextsOf(batch, same), images: rightImagesOf(batch, same) };
        const bound = (
          anchors: Tensor2D,
          candidates: Tensor2D,
          sets: HostValue<RowSets>,
        ): Scalar => {
          const logits = mul<Tensor2D>(cosines(anchors, candidates), scale);
          const exclusion = exclusionOf(sets, size);
          const push = logSumExp<Tensor1D>(add(logits, exclusion), 1);
          return meanOfCounted(sub(push, diagonal(logits)), countedRows(negativesOf(sets, size)));
        };
        const images = bound(retrieve(image, image), retrieve(image, text), right.texts);
        const texts = bound(retrieve(text, text), retrieve(text, image), right.images);
        return {
          total: add<Scalar>(images, texts),
          terms: logged({
            images,
            texts,
            ...negativeTerms(cosines(image, text), negativesOf(right.texts, size)),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => (batchSize === 1 ? 0 : 2 * Math.log(batchSize - 1)),
  });
}
