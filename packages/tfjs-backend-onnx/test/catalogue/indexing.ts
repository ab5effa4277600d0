import * as tf from '@tensorflow/tfjs-core';
import { floats, integers, plain } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

const count = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Indices within [0, length), as many as asked for. */
const within = (shape: readonly number[], length: number) =>
  integers(shape, 0, Math.max(0, length - 1));

export const indexing: readonly OpCase[] = [
  op('gather', { rows: 4, width: 3, picks: 2 }, ({ rows, width, picks }) => [
    (x, i) => tf.gather(x, i),
    floats([rows, width]),
    within([picks], rows),
  ]),
  op('gather along the last axis', { rows: 4, width: 3, picks: 2 }, ({ rows, width, picks }) => [
    (x, i) => tf.gather(x, i, 1),
    integers([rows, width]),
    within([picks, 2], width),
  ]),
  op('gather by batches', { B: 2, width: 3, picks: 2, depth: 2 }, ({ B, width, picks, depth }) => [
    (x, i) => tf.gather(x, i, 1, 1),
    floats([B, width, depth]),
    within([B, picks], width),
  ]),
  op('the gradient of gather', { rows: 4, width: 3, picks: 2 }, ({ rows, width, picks }) => [
    (x, i) => tf.grad((y: tf.Tensor) => tf.gather(y, i))(x),
    floats([rows, width]),
    within([picks], rows),
  ]),
  op('gatherND', { rows: 4, width: 3, picks: 2, depth: 2 }, ({ rows, width, picks, depth }) => [
    (x, i) => tf.gatherND(x, i),
    floats([rows, width]),
    within([picks, depth], Math.min(rows, width)),
  ]),
  op('scatterND', { picks: 2, rows: 4, width: 3 }, ({ picks, rows, width }) => [
    (i, u) => tf.scatterND(i, u, [rows, width]),
    within([picks, 1], rows),
    floats([picks, width]),
  ]),
  op('scatterND of elements', { picks: 2, rows: 4, width: 3 }, ({ picks, rows, width }) => [
    (i, u) => tf.scatterND(i, u, [rows, width]),
    within([picks, 2], Math.min(rows, width)),
    integers([picks]),
  ]),
  op('tensorScatterUpdate', { picks: 2, rows: 4, width: 3 }, ({ picks, rows, width }) => [
    (x, i, u) => tf.tensorScatterUpdate(x, i, u),
    floats([rows, width]),
    plain(count(picks), [picks, 1], 'int32'),
    floats([picks, width]),
  ]),
  op('sparseToDense', { picks: 2, rows: 4 }, ({ picks, rows }) => [
    (i, v) => tf.sparseToDense(i, v, [rows], tf.scalar(5)),
    plain(count(picks), [picks], 'int32'),
    floats([picks]),
  ]),
  op('unsortedSegmentSum', { N: 4, width: 3, rows: 2 }, ({ N, width, rows }) => [
    (x, i) => tf.unsortedSegmentSum(x, i as tf.Tensor1D, rows),
    floats([N, width]),
    within([N], rows),
  ]),
  op('oneHot', { N: 3, depth: 4 }, ({ N, depth }) => [
    (i) => tf.oneHot(i, depth),
    within([N], depth),
  ]),
  op('oneHot of floats', { N: 3, depth: 4 }, ({ N, depth }) => [
    (i) => tf.oneHot(i, depth, 2, -1, 'float32'),
    within([N, 2], depth),
  ]),
  op('bincount', { N: 5, size: 4 }, ({ N, size }) => [
    (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, size),
    within([N], size),
    floats([N]),
  ]),
  op('denseBincount', { M: 2, N: 5, size: 4 }, ({ M, N, size }) => [
    (x) => [
      tf.denseBincount(x as tf.Tensor2D, tf.zeros<tf.Rank.R2>([0, 0]), size),
      tf.denseBincount(x as tf.Tensor2D, tf.zeros<tf.Rank.R2>([0, 0]), size, true),
    ],
    within([M, N], size),
  ]),
  op('topk', { M: 2, N: 5, k: 2 }, ({ M, N, k }) => [
    (x) => {
      const { values, indices } = tf.topk(x, k);
      return [values, indices];
    },
    floats([M, N]),
  ]),
  op('topk of integers', { M: 2, N: 5, k: 2 }, ({ M, N, k }) => [
    (x) => {
      const { values, indices } = tf.topk(x, k);
      return [values, indices];
    },
    integers([M, N]),
  ]),
];
