import { key, normal, parameter } from '@crossweave/core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { product, type Workload } from '../workload';

/** One product of square matrices; one entry is read, so that no copy counts. */
export function gemm(size: number): Workload {
  return {
    flops: product(size, size, size),
    start: () => ({
      state: { params: {}, optimizer: {} },
      batch: {
        a: normal<Rank.R2>(key(1), [size, size]),
        b: normal<Rank.R2>(key(2), [size, size]),
      },
      step: (state, batch) => ({
        state,
        loss: tf.tidy(() => {
          const [a, b] = [parameter<Tensor2D>(batch, 'a'), parameter<Tensor2D>(batch, 'b')];
          return tf.reshape<Rank.R0>(tf.slice(tf.matMul(a, b), [0, 0], [1, 1]), []);
        }),
      }),
    }),
  };
}
