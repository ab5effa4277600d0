import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Plain, Result } from '../../test/against-cpu';
import { expectClose, floats, runOn } from '../../test/against-cpu';
import '../register';

type Program = (...xs: tf.Tensor[]) => tf.Tensor;

/** Σ y · w with weights that differ, so that no gradient is the same by accident. */
const weighted =
  (program: Program): Program =>
  (...xs) => {
    const y = program(...xs);
    const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1));
    return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
  };
const gradients =
  (program: Program) =>
  (...xs: tf.Tensor[]) =>
    tf.grads(weighted(program))(xs);

/**
 * What `program` gives half a step above each element less what it gives half a step below: the
 * derivative, as an einsum is linear in each.
 */
async function differences(program: Program, inputs: readonly Plain[]): Promise<number[][]> {
  const at = async (input: number, element: number, step: number): Promise<number> => {
    const moved = inputs.map((plain, i) => ({
      ...plain,
      values: plain.values.map((v, k) => (i === input && k === element ? v + step : v)),
    }));
    const [result] = await runOn('cpu', weighted(program), moved);
    return result!.values[0]!;
  };
  return Promise.all(
    inputs.map((plain, i) =>
      Promise.all(plain.values.map(async (_, k) => (await at(i, k, 0.5)) - (await at(i, k, -0.5)))),
    ),
  );
}

const tolerance = { rtol: 1e-3, atol: 1e-4 };

describe('the gradient of einsum', () => {
  it.each([
    ['ij,jk->ik', [2, 3], [3, 2]],
    ['bij,kj->bik', [2, 2, 3], [2, 3]],
    ['bi,bi->b', [2, 3], [2, 3]],
    ['i,j->ji', [2], [3]],
    ['ij->', [2, 3]],
    ['ij->j', [2, 3]],
    ['ij->ji', [2, 3]],
  ] as [string, ...number[][]][])(
    '%s agrees with finite differences',
    async (equation, ...shapes) => {
      const program: Program = (...xs) => tf.einsum(equation, ...xs);
      const inputs = shapes.map((shape) => floats(shape));
      const want = await differences(program, inputs);
      for (const backend of ['cpu', 'onnx']) {
        const got = await runOn(backend, gradients(program), inputs);
        expect(got.map(({ shape }) => shape)).toEqual(shapes);
        got.forEach((result, i) => {
          expectClose(result, { ...result, values: want[i]! }, tolerance);
        });
      }
    },
  );

  it.each([
    ['bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5], (a, b) => tf.matMul(a, b, false, true)],
    ['bhqk,bhkd->bhqd', [2, 3, 4, 6], [2, 3, 6, 5], (a, b) => tf.matMul(a, b)],
    [
      'bqhd,bkhd->bhqk',
      [2, 4, 3, 5],
      [2, 6, 3, 5],
      (a, b) =>
        tf.matMul(tf.transpose(a, [0, 2, 1, 3]), tf.transpose(b, [0, 2, 1, 3]), false, true),
    ],
    ['bij,kj->bk', [2, 3, 4], [5, 4], (a, b) => tf.matMul(tf.sum(a, 1), b, false, true)],
    ['bnd,df->bnf', [2, 4, 5], [5, 3], (a, b) => tf.matMul(a, b)],
  ] as [string, number[], number[], (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][])(
    '%s agrees with matMul',
    async (equation, left, right, byMatMul) => {
      const inputs = [floats(left), floats(right)];
      const got = await runOn(
        'onnx',
        gradients((a, b) => tf.einsum(equation, a, b)),
        inputs,
      );
      const want = await runOn(
        'onnx',
        gradients((a, b) => byMatMul(a, b)),
        inputs,
      );
      want.forEach((result, i) =>
        expectClose(got[i] as Result, result, { rtol: 1e-4, atol: 1e-5 }),
      );
    },
  );
});
