import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import type { Result } from '../../test/against-cpu';
import { expectClose, floats, runOn } from '../../test/against-cpu';
import '../register';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** The gradients of Σ f(a, b)², with both operands spread by hand or by the kernel itself. */
const gradientsOf = (f: Binary) => (a: tf.Tensor, b: tf.Tensor) =>
  tf.grads((x: tf.Tensor, y: tf.Tensor) => tf.sum(tf.square(f(x, y))))([a, b]);

describe.each(['maximum', 'minimum', 'squaredDifference'] as const)('%s', (name) => {
  it.each([
    [[3, 4], [4]],
    [
      [2, 1],
      [2, 3],
    ],
    [[], [2]],
    [
      [2, 1, 3],
      [4, 1],
    ],
  ])('sums over the dimensions in which %j and %j broadcast', async (a, b) => {
    const inputs = [floats(a), floats(b)];
    const spread: Binary = (x, y) => {
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(x.shape, y.shape);
      return tf[name](tf.broadcastTo(x, shape), tf.broadcastTo(y, shape));
    };
    for (const backend of ['cpu', 'onnx']) {
      const got = await runOn(
        backend,
        gradientsOf((x, y) => tf[name](x, y)),
        inputs,
      );
      const want = await runOn(backend, gradientsOf(spread), inputs);
      want.forEach((result, i) => expectClose(got[i] as Result, result, { rtol: 1e-4 }));
    }
  });
});

it('the gradients hold on the cpu backend too', async () => {
  const inputs = [floats([2, 3, 4]), floats([4, 5])];
  const product: Binary = (a, b) => tf.softmax(tf.relu(tf.matMul(a, b)));
  const mean: Binary = (a, b) => tf.mean(product(a, b), 1);
  const cpu = await runOn('cpu', gradientsOf(mean), inputs);
  const onnx = await runOn('onnx', gradientsOf(mean), inputs);
  cpu.forEach((result, i) => expectClose(onnx[i] as Result, result, { rtol: 1e-4, atol: 1e-5 }));
});
