import { add, logSumExp, mul, reciprocal, softmax, sub, tensor2d } from '@tensorflow/tfjs-core';
import { matMul, tidy, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Loss, PooledFeatures } from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { normalize } from '@crossweave/core/nn';
import { sameCheck, temperatureCheck } from '../option-checks';
import { excluded, rivalCounts, rivals, sameRows, sameTexts, type Sameness } from '../same';
import { cosines, requireEmbeddings } from '../similarities';
import { diagonal, meanOfCounted, strictlyFirst } from '../softmax';
import { temperatureRule, type Temperature } from '../temperature';
import { logged } from '../terms';

export interface CloobOptions {
  /** T of the leave-one-out bound; `auto`, the default, is the paper's 1/30. */
  temperature?: Temperature;
  /** β of the Hopfield retrieval: how sharply a row picks among stored ones. Default 8. */
  beta?: number;
  /** What makes two rows the same, and so no negatives of each other. Default groups and captions. */
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
 * are, `temperature`. Chance: 2·ln(B − 1).
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
        const others = rivals(batch, same);
        const counted = rivalCounts(others).map((count) => count > 0);
        const barred = tensor2d(
          others.map((rival) => (1 - rival) * excluded),
          [size, size],
        );
        const bound = (anchors: Tensor2D, candidates: Tensor2D): Scalar => {
          const logits = mul<Tensor2D>(cosines(anchors, candidates), scale);
          const push = logSumExp<Tensor1D>(add(logits, barred), 1);
          return meanOfCounted(sub(push, diagonal(logits)), counted);
        };
        const images = bound(retrieve(image, image), retrieve(image, text));
        const texts = bound(retrieve(text, text), retrieve(text, image));
        const spared = tensor2d(sameRows(batch, same), [size, size]);
        return {
          total: add<Scalar>(images, texts),
          terms: logged({
            images,
            texts,
            accuracy: strictlyFirst(cosines(image, text), spared),
            temperature: reciprocal(scale),
          }),
        };
      }),
    chance: (batchSize) => (batchSize === 1 ? 0 : 2 * Math.log(batchSize - 1)),
  };
}
