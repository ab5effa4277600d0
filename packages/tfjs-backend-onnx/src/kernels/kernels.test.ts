import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import type { Result } from '../../test/against-cpu';
import {
  expectGradientLikeCpu,
  expectClose,
  expectLikeCpu,
  floats,
  runOn,
} from '../../test/against-cpu';
import '../register';

const close = { rtol: 1e-4, atol: 1e-4 };
const cases = [
  { size: 5, k: 3, stride: 1, pad: 'same' },
  { size: 5, k: 3, stride: 1, pad: 'valid' },
  { size: 6, k: 3, stride: 2, pad: 'same' },
  { size: 7, k: 3, stride: 2, pad: 'same' },
  { size: 7, k: 3, stride: 2, pad: 1 },
  { size: 8, k: 3, stride: 2, pad: 1 },
  { size: 8, k: 7, stride: 2, pad: 3 },
  { size: 5, k: 1, stride: 1, pad: 'valid' },
  { size: 6, k: 1, stride: 2, pad: 'valid' },
  { size: 7, k: 1, stride: 2, pad: 'same' },
  { size: 6, k: 2, stride: 2, pad: 'valid' },
  { size: 7, k: 2, stride: 3, pad: 'valid' },
  { size: 6, k: 4, stride: 1, pad: 'same' },
] as const;

describe.each(cases)('size $size kernel $k stride $stride pad $pad', ({ size, k, stride, pad }) => {
  const x = floats([2, size, size + 1, 3]);
  const w = floats([k, k, 3, 4]);
  const conv = (a: tf.Tensor, b: tf.Tensor) =>
    tf.conv2d(
      a as tf.Tensor4D,
      b as tf.Tensor4D,
      stride,
      pad,
      'NHWC',
      undefined,
      pad === 1 || pad === 3 ? 'floor' : undefined,
    );
  it('values', () => expectLikeCpu(conv, [x, w], close));
  it('gradients', () => expectGradientLikeCpu(conv, [x, w], close));
  it('depthwise values and gradients', async () => {
    const depthwise = (a: tf.Tensor, b: tf.Tensor) =>
      tf.depthwiseConv2d(
        a as tf.Tensor4D,
        b as tf.Tensor4D,
        stride,
        pad,
        'NHWC',
        undefined,
        pad === 1 || pad === 3 ? 'floor' : undefined,
      );
    const filter = floats([k, k, 3, 2]);
    await expectLikeCpu(depthwise, [x, filter], close);
    await expectGradientLikeCpu(depthwise, [x, filter], close);
  });
  it('pools', async () => {
    const rounding = pad === 1 || pad === 3 ? 'floor' : undefined;
    const max = (a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, k, stride, pad, rounding);
    const average = (a: tf.Tensor) => tf.avgPool(a as tf.Tensor4D, k, stride, pad, rounding);
    await expectLikeCpu(max, [x], close);
    // On the cpu backend the average of a window that sees nothing is NaN; here it is 0.
    const seesAll = typeof pad === 'string' || pad < k;
    if (seesAll) await expectLikeCpu(average, [x], close);
    await expectGradientLikeCpu(max, [x], close);
    // tfjs's cpu gradient of a padded average divides by the whole window, not by what it saw.
    if (pad === 'valid') await expectGradientLikeCpu(average, [x], close);
  });
});

describe('more convolutions', () => {
  it.each([
    [2, 2, 0],
    [1, 1, 1],
    [2, 1, 2],
    [2, 3, 3],
  ])('pools with windows of %d, strides %d and padding %d', async (k, stride, pad) => {
    const x = floats([2, 5, 6, 3]);
    const max = (a: tf.Tensor) => tf.maxPool(a as tf.Tensor4D, k, stride, pad);
    await expectLikeCpu(max, [x], close);
    const upstream = (a: tf.Tensor) => tf.grad((v) => tf.sum(tf.relu(max(v))))(a);
    await expectLikeCpu(upstream, [x], close);
    const average = (a: tf.Tensor) => tf.avgPool(a as tf.Tensor4D, k, stride, pad);
    const whole = (a: tf.Tensor) => {
      const around: [number, number] = [pad, pad];
      const padded = (v: tf.Tensor) => tf.pad(v, [[0, 0], around, around, [0, 0]]);
      const mean = (v: tf.Tensor) => tf.avgPool(padded(v) as tf.Tensor4D, k, stride, 'valid');
      return tf.divNoNan(mean(a), mean(tf.onesLike(a)));
    };
    const [got] = await runOn('onnx', average, [x]);
    const [want] = await runOn('cpu', whole, [x]);
    expectClose(got!, want!, close);
  });
  it('gradient of a padded average pool is that of its sum over counts', async () => {
    const x = floats([1, 5, 5, 2]);
    const pool = (a: tf.Tensor) => tf.avgPool(a as tf.Tensor4D, 3, 2, 'same');
    const [got] = await runOn('onnx', (a) => tf.grad((v) => tf.sum(tf.square(pool(v))))(a), [x]);
    const explicit = (a: tf.Tensor) => {
      const identity = tf.reshape(tf.eye(2), [1, 1, 2, 2]);
      const ones = tf.tile(identity as tf.Tensor4D, [3, 3, 1, 1]);
      const sums = tf.conv2d(a as tf.Tensor4D, ones, 2, 'same');
      return tf.div(sums, tf.conv2d(tf.ones<tf.Rank.R4>([1, 5, 5, 2]), ones, 2, 'same'));
    };
    const [want] = await runOn('cpu', (a) => tf.grad((v) => tf.sum(tf.square(explicit(v))))(a), [
      x,
    ]);
    expectClose(got as Result, want as Result, close);
  });
  it('dilated', () =>
    expectLikeCpu(
      (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', 2),
      [floats([1, 7, 7, 2]), floats([3, 3, 2, 3])],
      close,
    ));
  it('conv1d', () =>
    expectGradientLikeCpu(
      (a, b) => tf.conv1d(a as tf.Tensor3D, b as tf.Tensor3D, 1, 'same'),
      [floats([2, 7, 3]), floats([3, 3, 4])],
      close,
    ));
  it('transposed', () =>
    expectGradientLikeCpu(
      (a, b) => tf.conv2dTranspose(a as tf.Tensor4D, b as tf.Tensor4D, [2, 8, 8, 3], 2, 'same'),
      [floats([2, 4, 4, 5]), floats([3, 3, 3, 5])],
      close,
    ));
  it('fused with bias and activation', () =>
    expectLikeCpu(
      (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          bias,
          activation: 'relu',
        }),
      [floats([2, 5, 5, 3]), floats([3, 3, 3, 4]), floats([4])],
      close,
    ));
  it('a residual block with batch norm, in one layout from end to end', () =>
    expectGradientLikeCpu(
      (image, w1, w2, scale, offset) => {
        const norm = (x: tf.Tensor) => {
          const { mean, variance } = tf.moments(x, [0, 1, 2], true);
          return tf.add(
            tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3))), scale),
            offset,
          );
        };
        const conv = (x: tf.Tensor, w: tf.Tensor) =>
          tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
        const first = tf.relu(norm(conv(image, w1)));
        const second = norm(conv(first, w2));
        const joined = tf.relu(tf.add(second, image));
        const pooled = tf.maxPool(joined as tf.Tensor4D, 2, 2, 'same');
        return tf.mean(pooled, [1, 2]);
      },
      [floats([2, 6, 6, 3]), floats([3, 3, 3, 3]), floats([3, 3, 3, 3]), floats([3]), floats([3])],
      { rtol: 1e-3, atol: 1e-4 },
    ));
  it('batchNorm', async () => {
    const inputs = [
      floats([2, 3, 3, 4]),
      floats([4]),
      floats([4], 0.5, 1),
      floats([4]),
      floats([4]),
    ];
    const program = (x: tf.Tensor, m: tf.Tensor, v: tf.Tensor, o: tf.Tensor, s: tf.Tensor) =>
      tf.batchNorm4d(
        x as tf.Tensor4D,
        m as tf.Tensor1D,
        v as tf.Tensor1D,
        o as tf.Tensor1D,
        s as tf.Tensor1D,
        1e-3,
      );
    await expectLikeCpu(program, inputs, close);
    await expectGradientLikeCpu(program, inputs, { rtol: 1e-3, atol: 1e-3 });
  });
});

describe('resize', () => {
  it.each([
    [[4, 6], false, false],
    [[8, 3], true, false],
    [[5, 9], false, true],
    [[1, 1], false, false],
  ] as const)('to %j alignCorners=%s halfPixelCenters=%s', async (size, align, half) => {
    // One image: tfjs's cpu gradient is wrong from the second on.
    const x = floats([1, 4, 4, 3]);
    const to: [number, number] = [size[0], size[1]];
    const linear = (a: tf.Tensor) => tf.image.resizeBilinear(a as tf.Tensor4D, to, align, half);
    const near = (a: tf.Tensor) =>
      tf.image.resizeNearestNeighbor(a as tf.Tensor4D, to, align, half);
    await expectLikeCpu(linear, [x], close);
    await expectLikeCpu(near, [x], close);
    if (half) return;
    await expectGradientLikeCpu(linear, [x], close);
    await expectGradientLikeCpu(near, [x], close);
  });
});
