import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { measure, setUp } from './measure';
import type { Params } from './model';
import { initAdam, trainStep } from './model';

/** A small residual network: batch 64 of 64 × 64 × 3, widths 32, 64, 128; ten classes. */
const BATCH = 64;
const WIDTHS = [32, 64, 128] as const;
const CLASSES = 10;

await setUp();

const get = (params: Params, path: string): Tensor => params[path] as Tensor;

function init(): Params {
  const params: Params = {};
  let seed = 0;
  const conv = (path: string, size: number, from: number, to: number): void => {
    const deviation = Math.sqrt(2 / (size * size * from));
    const shape: [number, number, number, number] = [to, from, size, size];
    params[`${path}.weight`] = tf.randomNormal(shape, 0, deviation, 'float32', ++seed);
  };
  const norm = (path: string, width: number): void => {
    params[`${path}.weight`] = tf.ones([width]);
    params[`${path}.bias`] = tf.zeros([width]);
  };
  conv('conv1', 3, 3, WIDTHS[0]);
  norm('bn1', WIDTHS[0]);
  let from: number = WIDTHS[0];
  for (const [i, width] of WIDTHS.entries()) {
    conv(`layer${i}.conv1`, 3, from, width);
    norm(`layer${i}.bn1`, width);
    conv(`layer${i}.conv2`, 3, width, width);
    norm(`layer${i}.bn2`, width);
    if (from !== width) {
      conv(`layer${i}.down`, 1, from, width);
      norm(`layer${i}.bn3`, width);
    }
    from = width;
  }
  params['fc.weight'] = tf.randomNormal([from, CLASSES], 0, 0.1, 'float32', ++seed);
  params['fc.bias'] = tf.zeros([CLASSES]);
  return params;
}

function conv(params: Params, path: string, x: Tensor4D, stride: number): Tensor4D {
  const weight = get(params, `${path}.weight`) as Tensor4D;
  const padding = (weight.shape[2] - 1) / 2;
  return tf.conv2d(x, tf.transpose(weight, [2, 3, 1, 0]), stride, padding);
}

function norm(params: Params, path: string, x: Tensor4D): Tensor4D {
  const centred = tf.sub(x, tf.mean(x, [0, 1, 2], true));
  const variance = tf.mean(tf.square(centred), [0, 1, 2], true);
  const scale = tf.mul(tf.rsqrt(tf.add(variance, 1e-5)), get(params, `${path}.weight`));
  return tf.add(tf.mul(centred, scale), get(params, `${path}.bias`));
}

function forward(params: Params, image: Tensor4D): Tensor2D {
  let x = tf.relu(norm(params, 'bn1', conv(params, 'conv1', image, 1)));
  for (const i of WIDTHS.keys()) {
    const stride = i === 0 ? 1 : 2;
    const path = `layer${i}`;
    const first = tf.relu(norm(params, `${path}.bn1`, conv(params, `${path}.conv1`, x, stride)));
    const second = norm(params, `${path}.bn2`, conv(params, `${path}.conv2`, first, 1));
    const straight =
      stride === 1 ? x : norm(params, `${path}.bn3`, conv(params, `${path}.down`, x, stride));
    x = tf.relu(tf.add(second, straight));
  }
  const pooled = tf.mean(x, [1, 2]) as Tensor2D;
  return tf.add(tf.matMul(pooled, get(params, 'fc.weight') as Tensor2D), get(params, 'fc.bias'));
}

const images = tf.randomNormal<tf.Rank.R4>([BATCH, 64, 64, 3], 0, 1, 'float32', 7);
const classes = Array.from({ length: BATCH }, (_, i) => i % CLASSES);
const labels = tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), CLASSES), 'float32');
let state = initAdam(init());
await measure(
  'convolution',
  () => {
    const result = trainStep(state, (params) => {
      const logits = forward(params, images);
      return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1)));
    });
    state = result.state;
    return result.loss;
  },
  8,
);
