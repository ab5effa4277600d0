import * as tf from '@tensorflow/tfjs-core';
import { floats, integers } from '../against-cpu';
import type { OpCase } from './op-case';
import { op } from './op-case';

type Four = tf.Tensor4D;
type Five = tf.Tensor5D;
const image = { B: 2, H: 4, W: 5, C: 2 } as const;
const volume = { B: 2, D: 3, H: 3, W: 4, C: 2 } as const;
const grads = (f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor) => (x: tf.Tensor, y: tf.Tensor) =>
  tf.grads(f)([x, y]);

const convolutions: readonly (readonly [string, (x: tf.Tensor, f: tf.Tensor) => tf.Tensor])[] = [
  ['same', (x, f) => tf.conv2d(x as Four, f as Four, 1, 'same')],
  ['valid', (x, f) => tf.conv2d(x as Four, f as Four, 1, 'valid')],
  ['strided', (x, f) => tf.conv2d(x as Four, f as Four, 2, 'same')],
];

export const convolution: readonly OpCase[] = [
  ...convolutions.flatMap(([how, conv]) => [
    op(`conv2d, ${how}`, { ...image, k: 2, O: 3 }, ({ B, H, W, C, k, O }) => [
      conv,
      floats([B, H, W, C]),
      floats([k, k, C, O]),
    ]),
    op(`the gradients of conv2d, ${how}`, { ...image, k: 2, O: 3 }, ({ B, H, W, C, k, O }) => [
      grads(conv),
      floats([B, H, W, C]),
      floats([k, k, C, O]),
    ]),
  ]),
  op('conv2d of channels first', { ...image, k: 2, O: 3 }, ({ B, H, W, C, k, O }) => [
    (x, f) => tf.conv2d(x as Four, f as Four, 1, 'same', 'NCHW'),
    floats([B, C, H, W]),
    floats([k, k, C, O]),
  ]),
  op('fused conv2d', { ...image, k: 2, O: 3 }, ({ B, H, W, C, k, O }) => [
    (x, filter, bias) =>
      tf.fused.conv2d({
        ...{ x: x as Four, filter: filter as Four, strides: 1, pad: 'same', bias },
        activation: 'relu',
      }),
    floats([B, H, W, C]),
    floats([k, k, C, O]),
    floats([O]),
  ]),
  op('depthwiseConv2d', { ...image, k: 2, M: 2 }, ({ B, H, W, C, k, M }) => [
    (x, f) => tf.depthwiseConv2d(x as Four, f as Four, 1, 'same'),
    floats([B, H, W, C]),
    floats([k, k, C, M]),
  ]),
  op('the gradients of depthwiseConv2d', { ...image, k: 2, M: 2 }, ({ B, H, W, C, k, M }) => [
    grads((x, f) => tf.depthwiseConv2d(x as Four, f as Four, 1, 'same')),
    floats([B, H, W, C]),
    floats([k, k, C, M]),
  ]),
  op('fused depthwiseConv2d', { ...image, k: 2, M: 2 }, ({ B, H, W, C, k, M }) => [
    (x, filter, bias) =>
      tf.fused.depthwiseConv2d({
        ...{ x: x as Four, filter: filter as Four, strides: 1, pad: 'valid', bias },
        activation: 'elu',
      }),
    floats([B, H, W, C]),
    floats([k, k, C, M]),
    floats([C * M]),
  ]),
  op('conv2dTranspose', { ...image, k: 2, O: 3 }, ({ B, H, W, C, k, O }) => [
    (x, f) => tf.conv2dTranspose(x as Four, f as Four, [B, 2 * H, 2 * W, O], 2, 'same'),
    floats([B, H, W, C]),
    floats([k, k, O, C]),
  ]),
  op('conv3d', { ...volume, k: 2, O: 3 }, ({ B, D, H, W, C, k, O }) => [
    (x, f) => tf.conv3d(x as Five, f as Five, 1, 'same'),
    floats([B, D, H, W, C]),
    floats([k, k, k, C, O]),
  ]),
  op('the gradients of conv3d', { ...volume, k: 2, O: 3 }, ({ B, D, H, W, C, k, O }) => [
    grads((x, f) => tf.conv3d(x as Five, f as Five, 1, 'valid')),
    floats([B, D, H, W, C]),
    floats([k, k, k, C, O]),
  ]),
];

const pools = ['maxPool', 'avgPool'] as const;
const pools3d = ['maxPool3d', 'avgPool3d'] as const;

export const pooling: readonly OpCase[] = [
  ...pools.flatMap((name) =>
    (['same', 'valid'] as const).flatMap((pad) => [
      op(`${name}, ${pad}`, { ...image, k: 2, s: 2 }, ({ B, H, W, C, k, s }) => [
        (x) => tf[name](x as Four, k, s, pad),
        floats([B, H, W, C]),
      ]),
    ]),
  ),
  // With padding, tfjs divides the gradient of a mean by the whole window; see the README.
  op('the gradient of maxPool, same', { ...image, k: 2, s: 2 }, ({ B, H, W, C, k, s }) => [
    tf.grad((x: tf.Tensor) => tf.maxPool(x as Four, k, s, 'same')),
    floats([B, H, W, C]),
  ]),
  ...pools.map((name) =>
    op(`the gradient of ${name}`, { ...image, k: 2, s: 2 }, ({ B, H, W, C, k, s }) => [
      tf.grad((x: tf.Tensor) => tf[name](x as Four, k, s, 'valid')),
      floats([B, H, W, C]),
    ]),
  ),
  ...pools3d.flatMap((name) => [
    op(name, { ...volume, k: 2 }, ({ B, D, H, W, C, k }) => [
      (x) => tf[name](x as Five, k, 1, 'same'),
      floats([B, D, H, W, C]),
    ]),
    op(`the gradient of ${name}`, { ...volume, k: 2 }, ({ B, D, H, W, C, k }) => [
      tf.grad((x: tf.Tensor) => tf[name](x as Five, k, 1, 'valid')),
      floats([B, D, H, W, C]),
    ]),
  ]),
  op('maxPoolWithArgmax', { ...image, k: 2 }, ({ B, H, W, C, k }) => [
    (x) => {
      const { result, indexes } = tf.maxPoolWithArgmax(x as Four, k, 2, 'valid');
      return [result, indexes] as tf.Tensor[];
    },
    floats([B, H, W, C]),
  ]),
];

export const pictures: readonly OpCase[] = [
  ...(['resizeBilinear', 'resizeNearestNeighbor'] as const).flatMap((name) => [
    op(name, { ...image, h: 3, w: 7 }, ({ B, H, W, C, h, w }) => [
      (x) => tf.image[name](x as Four, [h, w]),
      floats([B, H, W, C]),
    ]),
    op(`the gradient of ${name}`, { ...image, h: 3, w: 7 }, ({ B, H, W, C, h, w }) => [
      tf.grad((x: tf.Tensor) => tf.image[name](x as Four, [h, w])),
      floats([B, H, W, C]),
    ]),
  ]),
  op('resizeNearestNeighbor of integers', { ...image, h: 3, w: 7 }, ({ B, H, W, C, h, w }) => [
    (x) => tf.image.resizeNearestNeighbor(x as Four, [h, w]),
    integers([B, H, W, C]),
  ]),
  op('cropAndResize', { ...image, boxes: 3, h: 2, w: 3 }, ({ B, H, W, C, boxes, h, w }) => [
    (x, box, i) => tf.image.cropAndResize(x as Four, box as tf.Tensor2D, i as tf.Tensor1D, [h, w]),
    floats([B, H, W, C]),
    floats([boxes, 4], 0.4, 0.5),
    integers([boxes], 0, Math.max(0, B - 1)),
  ]),
  op('flipLeftRight', image, ({ B, H, W, C }) => [
    (x) => tf.image.flipLeftRight(x as Four),
    floats([B, H, W, C]),
  ]),
  op('batchNorm', image, ({ B, H, W, C }) => [
    (x, mean, variance, scale) => tf.batchNorm(x, mean, variance, undefined, scale),
    floats([B, H, W, C]),
    floats([C]),
    floats([C], 0.2, 1),
    floats([C]),
  ]),
  op('batchNorm after a convolution', image, ({ B, H, W, C }) => [
    (x, f, mean, variance) =>
      tf.batchNorm(
        tf.conv2d(x as Four, f as Four, 1, 'same'),
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
      ),
    floats([B, H, W, C]),
    floats([2, 2, C, C]),
    floats([C]),
    floats([C], 0.2, 1),
  ]),
  op('localResponseNormalization', image, ({ B, H, W, C }) => [
    (x) => tf.localResponseNormalization(x as Four, 1),
    floats([B, H, W, C]),
  ]),
  op('the gradient of localResponseNormalization', image, ({ B, H, W, C }) => [
    tf.grad((x: tf.Tensor) => tf.localResponseNormalization(x as Four, 1)),
    floats([B, H, W, C]),
  ]),
];
