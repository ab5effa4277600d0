import { add, logSumExp, mul, reciprocal, softmax, sub, tensor2d } from '@tensorflow/tfjs-core';
import { matMul, tidy, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import { sameCheck, temperatureCheck } from '../option-checks';
import { countedRows, meanOfCounted, negativesOf, negativeTerms } from '../negatives';
import { exclusionMatrix, rightImages, rightTexts, sameTexts } from '../same';
import type { RowSets, Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { diagonal } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface CloobOptions {
  /** T of the leave-one-out bound; `auto`, the default, is the paper's 1/30. */
  temperature?: Temperature;
  /** β of the Hopfield retrieval: how sharply a row picks among stored ones. Default 8. */
  beta?: number;
  /** What makes a text right for an image, and so no negative of it. Default groups and captions. */
  same?: readonly Sameness[];
}

/**
 * CLOOB (arXiv 2110.11316): each embedding is replaced by what a modern Hopfield network retrieves
 * for it among the batch's images, and among its texts, R(stored, x) = softmax(β·x·storedᵀ)·stored
 * (of unit length again); then InfoLOOB, the bound that leaves the true pair out of its sum,
 *
 *   mean_i −u_i·u'_i/T + ln Σ_{j≠i} exp(u_i·u'_j/T)
 *
 * of u retrieved by images and u' by texts among images, plus the same among texts with the two
 * roles swapped. The authors' code multiplies all by T besides. Rows without a negative do not
 * count.
 *
 * Needs embeddings. Terms: `images`, `texts` (the two bounds), `accuracy` of the embeddings as they
 * are, `negatives`, `temperature`. Chance: 2·ln(B − 1).
 */
export function cloob(options: CloobOptions = {}): Loss<PooledFeatures> {
  const where = 'cloob';
  const { temperature, beta, same } = readOptions<CloobOptions>(
    where,
    options,
    { temperature: 'auto', beta: 8, same: sameTexts },
    { temperature: temperatureCheck, beta: number({ min: 0, max: 1e4 }), same: sameCheck },
  );
  const { init, inverse } = temperatureRule(temperature);
  const retrieve = (stored: Tensor2D, by: Tensor2D): Tensor2D =>
    normalize(matMul(softmax(mul(cosines(by, stored), beta)), stored));

  return {
    name: 'cloob',
    ...(init && { init }),
    compute: (params, outputs, batch) =>
      tidy(() => {
        const { size } = batch;
        const { image, text } = requireEmbeddings(where, outputs);
        const scale = inverse(params, 1 / 30);
        const right = { texts: rightTexts(batch, same), images: rightImages(batch, same) };
        const bound = (anchors: Tensor2D, candidates: Tensor2D, sets: RowSets): Scalar => {
          const logits = mul<Tensor2D>(cosines(anchors, candidates), scale);
          const exclusion = tensor2d(exclusionMatrix(sets), [size, size]);
          const push = logSumExp<Tensor1D>(add(logits, exclusion), 1);
          return meanOfCounted(sub(push, diagonal(logits)), countedRows(negativesOf(sets)));
        };
        const images = bound(retrieve(image, image), retrieve(image, text), right.texts);
        const texts = bound(retrieve(text, text), retrieve(text, image), right.images);
        return {
          total: add<Scalar>(images, texts),
          terms: logged({
            images,
            texts,
            ...negativeTerms(cosines(image, text), negativesOf(right.texts)),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => (batchSize === 1 ? 0 : 2 * Math.log(batchSize - 1)),
  };
}
