import * as tf from '@tensorflow/tfjs-core';
import { booleans, floats, integers } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

const numeric = ['sum', 'mean', 'max', 'min', 'prod'] as const;
const axes = [undefined, 0, 1, [0, 2]] as const;
const cumulative = ['cumsum', 'cumprod'] as const;

export const reductions: readonly OpCase[] = [
  ...numeric.flatMap((name) =>
    axes.flatMap((given) => {
      const axis = given as number | number[] | undefined;
      const over = `over ${JSON.stringify(axis ?? 'all')}`;
      return [
        op(`${name} of floats ${over}`, { M: 2, N: 3, K: 2 }, ({ M, N, K }) => [
          (x) => tf[name](x, axis),
          floats([M, N, K]),
        ]),
        op(`${name} of integers ${over}`, { M: 2, N: 3, K: 2 }, ({ M, N, K }) => [
          (x) => tf[name](x, axis, true),
          integers([M, N, K], -3, 3),
        ]),
      ];
    }),
  ),
  ...(['all', 'any'] as const).map((name) =>
    op(name, { M: 2, N: 3 }, ({ M, N }) => [
      (x) => [tf[name](x), tf[name](x, 0), tf[name](x, 1)],
      booleans([M, N]),
    ]),
  ),
  ...(['argMax', 'argMin'] as const).flatMap((name) => [
    op(name, { M: 2, N: 3 }, ({ M, N }) => [(x) => tf[name](x, 1), floats([M, N])]),
    op(`${name} of integers`, { M: 2, N: 3 }, ({ M, N }) => [
      (x) => tf[name](x, 0),
      integers([M, N], 0, 3),
    ]),
  ]),
  op('softmax', { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.softmax(x), floats([M, N])]),
  op('logSoftmax', { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.logSoftmax(x), floats([M, N])]),
  // tf.logSoftmax calls other kernels.
  op('the kernel LogSoftmax', { M: 2, N: 3 }, ({ M, N }) => [
    (logits) => tf.engine().runKernel<tf.Tensor>('LogSoftmax', { logits }, { axis: 1 }),
    floats([M, N]),
  ]),
  op('logSumExp', { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.logSumExp(x, 1), floats([M, N])]),
  ...cumulative.flatMap((name) => [
    op(name, { M: 2, N: 3 }, ({ M, N }) => [(x) => tf[name](x, 1), floats([M, N])]),
    op(`${name} of integers`, { M: 2, N: 3 }, ({ M, N }) => [
      (x) => tf[name](x, 0, true, true),
      integers([M, N], -3, 3),
    ]),
  ]),
  op('moments', { M: 2, N: 3 }, ({ M, N }) => [
    (x) => {
      const { mean, variance } = tf.moments(x, 0);
      return [mean, variance];
    },
    floats([M, N]),
  ]),
];
