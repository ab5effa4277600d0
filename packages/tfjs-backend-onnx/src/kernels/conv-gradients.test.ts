import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { expectClose, expectGradientLikeCpu, floats, runOn } from '../../test/against-cpu';
import '../register';

const close = { rtol: 2e-4, atol: 2e-3 };

/** Small and large images, few and many channels, one image and several take different ways. */
const cases = [
  { batch: 2, size: [5, 6], channels: [17, 4], k: [3, 3], stride: 1, pad: 'same' },
  { batch: 2, size: [21, 23], channels: [17, 4], k: [3, 3], stride: 1, pad: 'same' },
  { batch: 1, size: [21, 23], channels: [16, 3], k: [3, 3], stride: 1, pad: 'valid' },
  { batch: 2, size: [22, 21], channels: [18, 4], k: [3, 2], stride: 1, pad: 'same' },
  { batch: 2, size: [23, 22], channels: [17, 3], k: [1, 3], stride: 1, pad: 'same' },
  { batch: 2, size: [45, 44], channels: [16, 3], k: [3, 3], stride: 2, pad: 'same' },
  { batch: 1, size: [9, 8], channels: [16, 3], k: [3, 3], stride: 2, pad: 1 },
  { batch: 2, size: [9, 8], channels: [16, 3], k: [3, 3], stride: [1, 2], pad: 'same' },
  { batch: 2, size: [41, 42], channels: [3, 5], k: [7, 7], stride: 2, pad: 3 },
  { batch: 2, size: [7, 7], channels: [20, 18], k: [1, 1], stride: 1, pad: 'valid' },
  { batch: 3, size: [21, 20], channels: [20, 6], k: [1, 1], stride: 1, pad: 'valid' },
  { batch: 1, size: [7, 7], channels: [16, 4], k: [1, 1], stride: 1, pad: 'valid' },
  { batch: 2, size: [8, 8], channels: [16, 4], k: [1, 1], stride: 2, pad: 'valid' },
  { batch: 2, size: [43, 41], channels: [16, 4], k: [1, 1], stride: 2, pad: 'valid' },
] as const;

describe.each(cases)(
  'batch $batch size $size channels $channels kernel $k stride $stride pad $pad',
  ({ batch, size, channels, k, stride, pad }) => {
    const x = floats([batch, ...size, channels[0]]);
    const filter = floats([...k, ...channels]);
    const rounding = typeof pad === 'number' ? 'floor' : undefined;
    const conv = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride as number, pad, 'NHWC', 1, rounding);
    it('has the gradients of the cpu backend', () =>
      expectGradientLikeCpu(conv, [x, filter], close));
  },
);

it('takes filters in the order [out, in, kh, kw] and gives their gradients in it', async () => {
  const weight = floats([5, 17, 3, 3]);
  const conv = (a: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(a as tf.Tensor4D, tf.transpose<tf.Tensor4D>(w as tf.Tensor4D, [2, 3, 1, 0]), 1, 1);
  await expectGradientLikeCpu(conv, [floats([2, 21, 20, 17]), weight], close);
});

it('keeps to the images given as [B, C, H, W]', async () => {
  const x = floats([2, 6, 7, 16]);
  const filter = floats([3, 3, 16, 4]);
  const gradients = (format: 'NHWC' | 'NCHW') => (a: tf.Tensor, b: tf.Tensor) => {
    const image = format === 'NCHW' ? tf.transpose(a, [0, 3, 1, 2]) : a;
    return tf.grads((p: tf.Tensor, q: tf.Tensor) =>
      tf.sum(tf.square(tf.conv2d(p as tf.Tensor4D, q as tf.Tensor4D, 1, 'same', format))),
    )([image, b]);
  };
  const [dx, dw] = await runOn('onnx', gradients('NCHW'), [x, filter]);
  const [wantedX, wantedW] = await runOn(
    'cpu',
    (a, b) => {
      const [p, q] = gradients('NHWC')(a, b) as [tf.Tensor, tf.Tensor];
      return [tf.transpose(p, [0, 3, 1, 2]), q];
    },
    [x, filter],
  );
  expectClose(dx!, wantedX!, close);
  expectClose(dw!, wantedW!, close);
});
