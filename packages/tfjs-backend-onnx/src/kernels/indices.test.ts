import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, it } from 'vitest';
import { OnnxBackendError } from '../errors';
import { jit } from '../jit/jit';
import '../register';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

type Indexed = (indices: tf.Tensor) => tf.Tensor;
const rows = (): tf.Tensor => tf.reshape(tf.range(0, 12), [4, 3]);

/** By op: a call with indices, right ones with what they give, and wrong ones. */
const ops: Readonly<
  Record<string, { call: Indexed; shape: number[]; right: number[]; wrong: number[][] }>
> = {
  gather: {
    call: (i) => tf.sum(tf.gather(rows(), i), 1),
    shape: [2],
    right: [3, 0],
    wrong: [
      [4, 0],
      [0, -1],
    ],
  },
  'gather by batches': {
    call: (i) => tf.gather(tf.slice(rows(), [0, 0], [2, 3]), i, 1, 1),
    shape: [2, 1],
    right: [2, 0],
    // Unchecked, these would come from the other row.
    wrong: [
      [3, 0],
      [0, -1],
    ],
  },
  gatherND: {
    call: (i) => tf.gatherND(rows(), i),
    shape: [1, 2],
    right: [3, 2],
    wrong: [
      [4, 0],
      [-1, 0],
      [0, 3],
      [0, -1],
    ],
  },
  scatterND: {
    call: (i) => tf.sum(tf.scatterND(i, tf.tensor1d([5]), [4, 3])),
    shape: [1, 2],
    right: [3, 2],
    // Unchecked, [0, 5] would be [1, 2].
    wrong: [
      [4, 0],
      [0, 5],
      [-1, 0],
      [1, -1],
    ],
  },
  tensorScatterUpdate: {
    call: (i) => tf.tensorScatterUpdate(rows(), i, tf.tensor1d([50])),
    shape: [1, 2],
    right: [3, 2],
    wrong: [
      [4, 0],
      [0, 3],
      [-1, 0],
    ],
  },
  sparseToDense: {
    call: (i) => tf.sparseToDense(i, tf.tensor1d([1, 2]), [4]),
    shape: [2],
    right: [0, 3],
    wrong: [
      [0, 4],
      [-1, 3],
    ],
  },
  bincount: {
    call: (i) => tf.bincount(i as tf.Tensor1D, tf.tensor1d([]), 4),
    shape: [2],
    right: [0, 9],
    wrong: [[-1, 0]],
  },
  cropAndResize: {
    call: (i) =>
      tf.image.cropAndResize(tf.ones([2, 3, 3, 1]), [[0, 0, 1, 1]], i as tf.Tensor1D, [2, 2]),
    shape: [1],
    right: [1],
    wrong: [[2], [-1]],
  },
};

describe.each(Object.entries(ops))('%s', (_, { call, shape, right, wrong }) => {
  const given = (values: number[]): tf.Tensor => tf.tensor(values, shape, 'int32');
  /** The same values, known only when the graph is run. */
  const computed = (values: number[]): tf.Tensor => tf.neg(tf.neg(given(values)));
  const read = (make: () => tf.Tensor): number[] => {
    const results: number[] = [];
    tf.tidy(() => results.push(...make().dataSync()));
    return results;
  };

  it('gives the same for indices that are known and indices that are computed', async () => {
    await tf.setBackend('cpu');
    const want = read(() => call(given(right)));
    await tf.setBackend('onnx');
    expect(read(() => call(given(right)))).toEqual(want);
    expect(read(() => call(computed(right)))).toEqual(want);
    const compiled = jit(call);
    expect(read(() => compiled(given(right)))).toEqual(want);
    expect(read(() => compiled(given(right)))).toEqual(want);
    compiled.dispose();
  });

  it.each(wrong.map((indices) => [indices]))('refuses %j, known or computed', (indices) => {
    expect(() => read(() => call(given(indices)))).toThrow();
    let refused: unknown;
    try {
      read(() => call(computed(indices)));
    } catch (error) {
      refused = error;
    }
    expect(OnnxBackendError.is(refused)).toBe(true);
    expect((refused as Error).message).toMatch(/an index is out of range/);
    const compiled = jit(call);
    expect(() => read(() => compiled(given(indices)))).toThrow(/an index is out of range/);
    compiled.dispose();
  });
});

it('leaves out segments and classes that do not exist, as tfjs does', () => {
  const ids = tf.tensor1d([0, 7, -1], 'int32');
  const sums = tf.unsortedSegmentSum(tf.tensor1d([1, 2, 4]), ids, 2);
  expect([...sums.dataSync()]).toEqual([1, 0]);
  expect(tf.oneHot(ids, 2).arraySync()).toEqual([
    [1, 0],
    [0, 0],
    [0, 0],
  ]);
});

it('counts to more places than an int32 holds', () => {
  const places = tf.tensor2d([[70_000, 1]], [1, 2], 'int32');
  // 70,001 · 70,000 elements would be there; the update has one element of a row of none.
  expect(tf.scatterND(places, tf.zeros([1, 0]), [70_001, 70_000, 0]).shape).toEqual([
    70_001, 70_000, 0,
  ]);
});
