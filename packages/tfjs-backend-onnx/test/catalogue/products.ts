import * as tf from '@tensorflow/tfjs-core';
import { floats, integers } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

const equations: readonly (readonly [equation: string, left: string, right: string])[] = [
  ['mk,kn->mn', 'MK', 'KN'],
  ['bmk,bnk->bmn', 'BMK', 'BNK'],
  ['mk,mk->', 'MK', 'MK'],
  ['bm,bm->bm', 'BM', 'BM'],
];

export const products: readonly OpCase[] = [
  ...[false, true].flatMap((turnA) =>
    [false, true].flatMap((turnB) => {
      const a = (M: number, K: number) => (turnA ? [K, M] : [M, K]);
      const b = (K: number, N: number) => (turnB ? [N, K] : [K, N]);
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, turnA, turnB);
      const how = `${turnA ? 'turned' : 'plain'} by ${turnB ? 'turned' : 'plain'}`;
      return [
        op(`matMul, ${how}`, { M: 2, K: 3, N: 4 }, ({ M, K, N }) => [
          product,
          floats(a(M, K)),
          floats(b(K, N)),
        ]),
        op(`matMul of batches, ${how}`, { B: 2, M: 2, K: 3, N: 4 }, ({ B, M, K, N }) => [
          product,
          floats([B, ...a(M, K)]),
          floats([B, ...b(K, N)]),
        ]),
        op(`matMul of integers, ${how}`, { M: 2, K: 3, N: 4 }, ({ M, K, N }) => [
          product,
          integers(a(M, K)),
          integers(b(K, N)),
        ]),
      ];
    }),
  ),
  op('matMul of many by one', { B: 2, M: 2, K: 3, N: 4 }, ({ B, M, K, N }) => [
    (x, y) => tf.matMul(x, y),
    floats([B, M, K]),
    floats([K, N]),
  ]),
  op('the gradients of matMul', { B: 2, M: 2, K: 3, N: 4 }, ({ B, M, K, N }) => [
    (x, y) => tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b))([x, y]),
    floats([B, M, K]),
    floats([B, K, N]),
  ]),
  op('fused matMul', { M: 2, K: 3, N: 4 }, ({ M, K, N }) => [
    (a, b, bias) => tf.fused.matMul({ a, b, bias, activation: 'relu' }),
    floats([M, K]),
    floats([K, N]),
    floats([N]),
  ]),
  ...equations.map(([equation, left, right]) =>
    op(`einsum ${equation}`, { B: 2, M: 2, K: 3, N: 4 }, (sizes) => {
      const shape = (letters: string) => Array.from(letters, (letter) => sizes[letter as 'B']);
      return [(a, b) => tf.einsum(equation, a, b), floats(shape(left)), floats(shape(right))];
    }),
  ),
];
