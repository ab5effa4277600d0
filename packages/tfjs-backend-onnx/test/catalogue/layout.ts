import * as tf from '@tensorflow/tfjs-core';
import { booleans, floats, integers } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

const kinds = { floats, integers, bools: booleans } as const;

export const layout: readonly OpCase[] = [
  ...(['floats', 'integers', 'bools'] as const).flatMap((kind) => {
    const make = kinds[kind];
    const of = ` of ${kind}`;
    return [
      op(`reshape${of}`, { M: 2, N: 3 }, ({ M, N }) => [
        (x) => tf.reshape(x, [N, M]),
        make([M, N]),
      ]),
      op(`identity${of}`, { N: 3 }, ({ N }) => [tf.clone, make([N])]),
      op(`expandDims${of}`, { N: 3 }, ({ N }) => [(x) => tf.expandDims(x, 0), make([N])]),
      op(`transpose${of}`, { M: 2, N: 3, K: 2 }, ({ M, N, K }) => [
        (x) => tf.transpose(x, [2, 0, 1]),
        make([M, N, K]),
      ]),
      op(`tile${of}`, { M: 2, N: 3, reps: 2 }, ({ M, N, reps }) => [
        (x) => tf.tile(x, [reps, 2]),
        make([M, N]),
      ]),
      op(`broadcastTo${of}`, { M: 2, N: 3 }, ({ M, N }) => [
        (x) => tf.broadcastTo(x, [M, N]),
        make([1, N]),
      ]),
      op(`concat${of}`, { M: 2, N: 3, K: 1 }, ({ M, N, K }) => [
        (...xs) => tf.concat(xs, 1),
        make([M, N]),
        make([M, K]),
        make([M, N]),
      ]),
      op(`stack${of}`, { M: 2, N: 3 }, ({ M, N }) => [
        (...xs) => tf.stack(xs, 1),
        make([M, N]),
        make([M, N]),
      ]),
      op(`stack of one${of}`, { M: 2, N: 3 }, ({ M, N }) => [
        (x) => tf.stack([tf.reshape(x, [N, M])], 1),
        make([M, N]),
      ]),
      op(`unstack${of}`, { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.unstack(x, 1), make([M, N])]),
      op(`slice${of}`, { M: 2, N: 3, size: 1 }, ({ M, N, size }) => [
        (x) => tf.slice(x, [1, 1], [size, size]),
        make([M, N]),
      ]),
      op(`stridedSlice${of}`, { M: 2, N: 5 }, ({ M, N }) => [
        (x) => tf.stridedSlice(x, [0, -1], [M, 0], [1, -2]),
        make([M, N]),
      ]),
      op(`split${of}`, { M: 2, N: 4 }, ({ M, N }) => [(x) => tf.split(x, 2, 1), make([M, N])]),
      op(`split into parts${of}`, { M: 2, first: 1, second: 3 }, ({ M, first, second }) => [
        (x) => tf.split(x, [first, second], 1),
        make([M, first + second]),
      ]),
      op(`reverse${of}`, { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.reverse(x, 1), make([M, N])]),
      op(`pad${of}`, { M: 2, N: 3, before: 1 }, ({ M, N, before }) => [
        (x) =>
          tf.pad(
            x,
            [
              [before, 0],
              [0, 2],
            ],
            1,
          ),
        make([M, N]),
      ]),
      op(`mirrorPad${of}`, { M: 2, N: 3 }, ({ M, N }) => [
        (x) =>
          tf.mirrorPad(
            x as tf.Tensor2D,
            [
              [0, 1],
              [1, 1],
            ],
            'symmetric',
          ),
        make([M, N]),
      ]),
      op(`diag${of}`, { M: 2, N: 3 }, ({ M, N }) => [(x) => tf.diag(x), make([M, N])]),
    ];
  }),
  // tf.broadcastTo calls Tile.
  op('the kernel BroadcastTo', { M: 2, N: 3 }, ({ M, N }) => [
    (x) => tf.engine().runKernel<tf.Tensor>('BroadcastTo', { x }, { shape: [M, N] }),
    floats([1, N]),
  ]),
  op('the gradient of slice', { M: 2, N: 3, size: 1 }, ({ M, N, size }) => [
    tf.grad((x: tf.Tensor) => tf.slice(x, [0, 0], [size, size])),
    floats([M, N]),
  ]),
  op('the gradient of concat', { M: 2, N: 3 }, ({ M, N }) => [
    (x, y) => tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.concat([a, b]))([x, y]),
    floats([M, 2]),
    floats([N, 2]),
  ]),
  op('batchToSpaceND', { B: 4, H: 2, W: 3, C: 1 }, ({ B, H, W, C }) => [
    (x) =>
      tf.batchToSpaceND(
        x as tf.Tensor4D,
        [2, 2],
        [
          [0, 1],
          [0, 0],
        ],
      ),
    floats([B, H, W, C]),
  ]),
  op('spaceToBatchND', { B: 1, H: 4, W: 2, C: 2 }, ({ B, H, W, C }) => [
    (x) =>
      tf.spaceToBatchND(
        x as tf.Tensor4D,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
    floats([B, H, W, C]),
  ]),
  op('depthToSpace', { B: 2, H: 2, W: 3, C: 4 }, ({ B, H, W, C }) => [
    (x) => tf.depthToSpace(x as tf.Tensor4D, 2),
    floats([B, H, W, C]),
  ]),
];

export const creation: readonly OpCase[] = [
  op('zeros and ones', { M: 2, N: 3 }, ({ M, N }) => [() => [tf.zeros([M, N]), tf.ones([N, M])]]),
  op('fill', { M: 2 }, ({ M }) => [() => tf.fill([M, 3], 7, 'int32')]),
  op('range', { N: 3 }, ({ N }) => [() => [tf.range(0, N), tf.range(N, 0, -1, 'int32')]]),
  op('linspace', { N: 3 }, ({ N }) => [() => tf.linspace(0, 1, N)]),
  op('eye', { M: 2, N: 3 }, ({ M, N }) => [() => tf.eye(M, N)]),
];
