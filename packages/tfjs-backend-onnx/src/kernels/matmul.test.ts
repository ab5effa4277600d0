import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import type { Result } from '../../test/against-cpu';
import { expectClose, expectLikeCpu, floats, integers, runOn } from '../../test/against-cpu';
import '../register';

const flags = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;
const batches = [
  [[], []],
  [[3], [3]],
  [[3], []],
  [[], [3]],
  [[3], [1]],
  [[1], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], []],
] as const;

describe.each(flags)('matMul transposeA=%s transposeB=%s', (ta, tb) => {
  it.each(batches)('batch dims %j and %j', async (left, right) => {
    const a = floats([...left, ...(ta ? [5, 4] : [4, 5])]);
    const b = floats([...right, ...(tb ? [2, 5] : [5, 2])]);
    const program = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, ta, tb);
    // tfjs's cpu kernel repeats batches wrongly when both operands broadcast: spread them first.
    const batch = tf.broadcast_util.assertAndGetBroadcastShape([...left], [...right]);
    const spread = (x: tf.Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
    const explicit = (x: tf.Tensor, y: tf.Tensor) => program(spread(x), spread(y));
    const gradients = (f: typeof program) => (x: tf.Tensor, y: tf.Tensor) => [
      f(x, y),
      ...tf.grads((p: tf.Tensor, q: tf.Tensor) => tf.sum(tf.square(f(p, q))))([x, y]),
    ];
    const want = await runOn('cpu', gradients(explicit), [a, b]);
    const got = await runOn('onnx', gradients(program), [a, b]);
    want.forEach((result, i) => expectClose(got[i] as Result, result, { rtol: 1e-4, atol: 1e-4 }));
  });
  it('int32', () =>
    expectLikeCpu(
      (x, y) => tf.matMul(x, y, ta, tb),
      [integers(ta ? [3, 2] : [2, 3]), integers(tb ? [4, 3] : [3, 4])],
    ));
});

describe('edges', () => {
  it('no rows and no inner dimension', async () => {
    await expectLikeCpu((x, y) => tf.matMul(x, y), [floats([0, 3]), floats([3, 2])]);
    await expectLikeCpu((x, y) => tf.matMul(x, y), [floats([2, 0]), floats([0, 3])]);
  });
  it.each([undefined, 'relu', 'elu', 'relu6', 'sigmoid', 'linear', 'leakyrelu'] as const)(
    'fused with %s',
    async (activation) => {
      const fused = (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) =>
        tf.fused.matMul({ a, b, bias, ...(activation === undefined ? {} : { activation }) });
      await expectLikeCpu(fused, [floats([2, 3, 4]), floats([2, 4, 5]), floats([5])]);
    },
  );
  it('dot, outerProduct, einsum-free products', async () => {
    await expectLikeCpu((x, y) => tf.dot(x, y), [floats([4]), floats([4, 3])]);
    await expectLikeCpu(
      (x, y) => tf.outerProduct(x as tf.Tensor1D, y as tf.Tensor1D),
      [floats([4]), floats([3])],
    );
  });
});
