import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectLikeCpu, floats } from '../../test/against-cpu';
import '../register';

describe.each([false, true])('maxPoolWithArgmax, batch in the index %s', (withBatch) => {
  it.each([
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [2, 1, 'same'],
  ] as [number, number, 'valid' | 'same'][])(
    'windows of %d, strides %d, padding %s',
    (size, strides, pad) =>
      expectLikeCpu(
        (x) => {
          const { result, indexes } = tf.maxPoolWithArgmax(
            x as tf.Tensor4D,
            size,
            strides,
            pad,
            withBatch,
          );
          return [result!, indexes!];
        },
        [floats([2, 5, 4, 3])],
      ),
  );
});
