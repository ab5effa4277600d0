import '@crossweave/tfjs-backend-onnx/register';
import { jit } from '@crossweave/tfjs-backend-onnx';
import { leaf, makePlan, Node } from '@crossweave/tfjs-backend-onnx/graph';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { named } from '../../../tfjs-backend-onnx/test/left-out';
import { withoutLibrary } from '../../test/library';
import '../register';
import { lowerPlan } from './lower-plan';

const reason = withoutLibrary();

/** The scatter of two rows into `rows` rows of 4 numbers, which are `number` elsewhere. */
function scatterInto(rows: number, number: number): Node {
  const start = new Node('@const', [], [], 'float32', { value: { f: number } });
  const base = new Node('Expand', [start], [rows, 4], 'float32', null, [[rows, 4]]);
  const indices = leaf([2, 4], 'int64');
  const inputs = [base, indices, leaf([2, 4], 'float32')];
  const scatter = new Node('ScatterElements', inputs, [rows, 4], 'float32', {
    axis: 0,
    reduction: 'add',
  });
  const plan = makePlan([start, base, scatter], [scatter]);
  return lowerPlan(plan, [null, null]).outputs[0]!;
}

describe('scatterBases', () => {
  it('computes a large base from the indices, and leaves a small one a constant, and −0', () => {
    const [base, indices] = scatterInto(1 << 12, 0).inputs;
    expect(base).toMatchObject({ op: 'Expand', shape: [1 << 12, 4] });
    const [number] = base!.inputs;
    expect(number!.op).toBe('Add');
    const [, zero] = number!.inputs;
    expect(zero!.op).toBe('Cast');
    expect(zero!.inputs[0]!.inputs[0]!.inputs[0]!.inputs[0]).toBe(indices);
    for (const scatter of [scatterInto(8, 0), scatterInto(1 << 12, -0)]) {
      expect(scatter.inputs[0]!.inputs[0]!.op).toBe('@const');
    }
  });
});

describe.skipIf(reason !== null)(named('scatters into large bases', reason), () => {
  it('gives the gradient of a gather, zero where nothing was read', async () => {
    await tf.setBackend('onnx:openvino');
    const [rows, width] = [5000, 4];
    const step = jit(([table, ids]: tf.Tensor[]) =>
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(tf.gather(x, ids as tf.Tensor1D))))(table!),
    );
    const inputs = [tf.fill([rows, width], 3), tf.tensor1d([4999, 7, 7], 'int32')];
    const gradient = step(inputs);
    const values = await gradient.data();
    tf.dispose([gradient, ...inputs]);
    step.dispose();
    const want = new Float32Array(rows * width);
    want.fill(6, 4999 * width);
    want.fill(12, 7 * width, 8 * width);
    expect(values).toEqual(want);
  });
});
