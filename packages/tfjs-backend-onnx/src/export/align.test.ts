import * as tf from '@tensorflow/tfjs-core';
import { beforeEach, expect, it } from 'vitest';
import { backend } from '../../test/train';
import { OnnxBackendError } from '../errors';
import type { Node } from '../graph/node';
import type { Trace } from '../jit/trace';
import { trace } from '../jit/trace';
import '../register';
import type { Aligned } from './align';
import { align, arraysOf, fillOf, shapeOf } from './align';

beforeEach(async () => {
  await tf.setBackend('onnx');
});

type F = (x: tf.Tensor2D) => tf.Tensor;

/** One trace for each number of rows. */
const tracesOf = (f: F, rows: readonly number[]): Trace[] =>
  rows.map((count) => {
    const shapes = [{ shape: [count, 64], dtype: 'float32' as const }];
    const traced = trace(backend(), shapes, ([x]) => f(x as tf.Tensor2D));
    // Else the next trace takes the memory of what this one made.
    for (const owner of traced.owners.values()) backend().graph.values.hold(owner);
    return traced;
  });

function operatorsOf(f: F, rows: readonly number[]): Aligned[] {
  const traces = tracesOf(f, rows);
  const aligned = align(traces);
  return (traces[0] as Trace).plan.nodes.map((node) => aligned.get(node) as Aligned);
}

it('pairs the operators of all traces, and the sizes of their results', () => {
  const operators = operatorsOf((x) => tf.transpose(tf.neg(x)), [2, 3, 4]);
  expect(operators.map((nodes) => nodes.map(({ op }) => op))).toEqual([
    ['Neg', 'Neg', 'Neg'],
    ['Transpose', 'Transpose', 'Transpose'],
  ]);
  expect(operators.map(shapeOf)).toEqual([
    [
      [2, 3, 4],
      [64, 64, 64],
    ],
    [
      [64, 64, 64],
      [2, 3, 4],
    ],
  ]);
});

it('takes an array of equal values for the operator that makes one of another size', () => {
  const equal = (count: number): tf.Tensor2D =>
    tf.tensor2d(new Float32Array(count * 64).fill(1), [count, 64]);
  const traces = tracesOf((x) => tf.concat([x, equal(x.shape[0])]), [2, 4]);
  const concat = (traces[0] as Trace).plan.nodes.at(-1) as Node;
  const ones = align(traces).get(concat.inputs[1] as Node) as Aligned;
  expect(ones.map(({ isLeaf }) => isLeaf)).toEqual([true, false]);
  expect(ones.map((node) => fillOf(node, arraysOf(traces)))).toEqual([1, 1]);
});

const other: Record<string, readonly [F, string]> = {
  'another operator': [(x) => (x.shape[0] > 2 ? tf.neg(x) : tf.abs(x)), 'Abs'],
  'more operators': [(x) => tf.addN(tf.unstack(x)), 'Reshape'],
  'another attribute': [(x) => tf.cumsum(x, 1, x.shape[0] > 2), 'CumSum'],
  'another type': [(x) => tf.neg(tf.cast(x, x.shape[0] > 2 ? 'int32' : 'float32')), 'Neg'],
};

it.each(Object.keys(other))('refuses %s at another size, and names the operator', (name) => {
  const [f, op] = other[name] as readonly [F, string];
  try {
    align(tracesOf(f, [2, 3]));
    expect.unreachable();
  } catch (error) {
    expect(OnnxBackendError.is(error) && [error.code, error.op]).toEqual(['export', op]);
  }
});

it('refuses other tensors from outside', () => {
  const held = [tf.randomNormal([64]), tf.randomNormal([64])];
  const f: F = (x) => tf.add(x, held[x.shape[0] % 2] as tf.Tensor);
  expect(() => align(tracesOf(f, [2, 3]))).toThrow(/has a different structure at different sizes/);
  expect(align(tracesOf(f, [2, 4])).size).toBeGreaterThan(0);
});
