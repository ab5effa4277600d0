import {
  foldIn,
  key,
  normal,
  type Batch,
  type BatchSource,
  type Encoder,
  type Loss,
  type PooledFeatures,
} from '@crossweave/core';
import { dualEncoder } from '@crossweave/fusion';
import { infoNCE } from '@crossweave/losses';
import { jointModel } from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';

export type VectorBatch = Batch<tf.Tensor2D, tf.Tensor2D>;
export type Disturbance = 'none' | 'NaN in the data' | 'infinite gradient' | 'wrong texts';

const size = 32;
const width = 32;

const tower: Encoder<tf.Tensor2D, PooledFeatures> = {
  name: 'linear',
  features: { dim: width, tokens: 0 },
  init: (own) => ({ weight: normal(foldIn(own, 'weight'), [width, width], 0, 0.2) }),
  apply: (params, x) => ({ pooled: tf.matMul(x, params['weight'] as tf.Tensor2D) }),
};

export const model = jointModel<tf.Tensor2D, tf.Tensor2D, PooledFeatures>({
  ...{ image: tower, text: tower },
  fusion: dualEncoder({ dim: 16 }),
});

const contrast = infoNCE();

/** The contrast, and the lengths of the images' features: a root, whose slope at 0 is infinite. */
export const loss: Loss<PooledFeatures> = {
  ...contrast,
  compute: (params, outputs, batch, ctx) =>
    tf.tidy(() => {
      const { total, terms } = contrast.compute(params, outputs, batch, ctx);
      const lengths = tf.sqrt(tf.sum(tf.square(outputs.image.pooled), 1));
      const all: tf.Scalar = tf.add(total, tf.mul(1e-3, tf.mean(lengths)));
      return { total: all, terms };
    }),
};

/** Texts are the images turned, and noise; the batch of step `at` is disturbed, of wrong texts four in a row. */
export function source(kind: Disturbance, at: number): BatchSource<VectorBatch> {
  const turn = normal<tf.Rank.R2>(key(7), [width, width], 0, 1 / Math.sqrt(width));
  return {
    batchSize: size,
    batchesPerEpoch: 1_000_000,
    async *batches(_epoch, from = 0) {
      for (let step = from + 1; ; step++) {
        await Promise.resolve();
        const own = foldIn(key(8), step);
        const ids = Array.from({ length: size }, (_, row) => `${step}.${row}`);
        const [image, text] = tf.tidy(() => {
          const x = normal<tf.Rank.R2>(foldIn(own, 'image'), [size, width]);
          const noise = normal<tf.Rank.R2>(foldIn(own, 'noise'), [size, width], 0, 0.5);
          return disturbed(kind, step - at, x, tf.add(tf.matMul(x, turn), noise));
        });
        yield { ...{ size, ids, groups: ids }, image, text };
      }
    },
  };
}

function disturbed(
  kind: Disturbance,
  since: number,
  image: tf.Tensor2D,
  text: tf.Tensor2D,
): [tf.Tensor2D, tf.Tensor2D] {
  if (kind === 'NaN in the data' && since === 0) return [tf.fill(image.shape, NaN), text];
  if (kind === 'infinite gradient' && since === 0) return [tf.zerosLike(image), text];
  if (kind === 'wrong texts' && since >= 0 && since < 4) return [image, tf.reverse(text, 0)];
  return [image, text];
}
