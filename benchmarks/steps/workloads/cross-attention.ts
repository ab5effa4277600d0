import { key, mergeParams, normal, parameter, type Params } from '@crossweave/core';
import {
  gelu,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  normalize,
  scaledDotProductAttention,
} from '@crossweave/core/nn';
import { adamW } from '@crossweave/trainer';
import type { Rank, Scalar, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { crossEntropy, product, trainingStep, type Workload } from '../workload';

/** The same stand in peers/cross_attention.py. */
const BATCH = 64;
const IMAGE = { tokens: 49, width: 512 } as const;
const TEXT = { tokens: 32, width: 384 } as const;
const WIDTH = 256;
const HEADS = 4;
const LAYERS = 2;
const HIDDEN = 1024;

const seed = key(0);

const initDense = (path: string, from: number, to: number): Params =>
  initLinear(seed, path, { in: from, out: to });

function initBlock(path: string): Params {
  return mergeParams(
    initLayerNorm(`${path}.norm1`, WIDTH),
    initLayerNorm(`${path}.norm2`, WIDTH),
    ...['q', 'k', 'v', 'o'].map((part) => initDense(`${path}.${part}`, WIDTH, WIDTH)),
    initDense(`${path}.up`, WIDTH, HIDDEN),
    initDense(`${path}.down`, HIDDEN, WIDTH),
  );
}

function initParams(): Params {
  const layers = Array.from({ length: LAYERS }, (_, layer) => layer);
  return mergeParams(
    initDense('image.in', IMAGE.width, WIDTH),
    initDense('text.in', TEXT.width, WIDTH),
    ...layers.flatMap((layer) => [initBlock(`image.${layer}`), initBlock(`text.${layer}`)]),
    initDense('image.out', WIDTH, WIDTH),
    initDense('text.out', WIDTH, WIDTH),
  );
}

function attention(params: Params, path: string, query: Tensor3D, context: Tensor3D): Tensor3D {
  const split = (x: Tensor3D): Tensor4D => {
    const [batch, tokens] = x.shape;
    return tf.transpose(tf.reshape(x, [batch, tokens, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  };
  const q = split(linear(params, `${path}.q`, query));
  const k = split(linear(params, `${path}.k`, context));
  const v = split(linear(params, `${path}.v`, context));
  const mixed = tf.transpose(scaledDotProductAttention(q, k, v), [0, 2, 1, 3]);
  return linear(params, `${path}.o`, tf.reshape<Rank.R3>(mixed, query.shape));
}

function block(params: Params, path: string, x: Tensor3D, context: Tensor3D): Tensor3D {
  const normed = layerNorm(params, `${path}.norm1`, x);
  const attended = tf.add<Tensor3D>(x, attention(params, path, normed, context));
  const inner = gelu(linear(params, `${path}.up`, layerNorm(params, `${path}.norm2`, attended)));
  return tf.add(attended, linear(params, `${path}.down`, inner));
}

/** The contrastive loss, temperature 0.1, of images [B, Ni, Di] and texts [B, Nt, Dt]. */
function loss(params: Params, batch: Params): Scalar {
  let image = linear(params, 'image.in', parameter<Tensor3D>(batch, 'image'));
  let text = linear(params, 'text.in', parameter<Tensor3D>(batch, 'text'));
  for (let layer = 0; layer < LAYERS; layer++) {
    const next = block(params, `image.${layer}`, image, text);
    text = block(params, `text.${layer}`, text, image);
    image = next;
  }
  const a = normalize(linear(params, 'image.out', tf.mean<Tensor2D>(image, 1)));
  const b = normalize(linear(params, 'text.out', tf.mean<Tensor2D>(text, 1)));
  const scores = tf.div<Tensor2D>(tf.matMul(a, b, false, true), 0.1);
  const labels = tf.eye(scores.shape[0]);
  const both = tf.add(crossEntropy(scores, labels), crossEntropy(tf.transpose(scores), labels));
  return tf.div(both, 2);
}

/**
 * Products with a weight and of attention, forward and twice that backward; the input of the
 * first projections needs no gradient.
 */
function flops(): number {
  const blockOf = (own: number, other: number): number =>
    2 * product(BATCH * own, WIDTH, WIDTH) +
    2 * product(BATCH * other, WIDTH, WIDTH) +
    2 * product(BATCH * own, WIDTH, other) +
    2 * product(BATCH * own, WIDTH, HIDDEN);
  const both = blockOf(IMAGE.tokens, TEXT.tokens) + blockOf(TEXT.tokens, IMAGE.tokens);
  const heads = 2 * product(BATCH, WIDTH, WIDTH) + product(BATCH, WIDTH, BATCH);
  const inputs =
    product(BATCH * IMAGE.tokens, IMAGE.width, WIDTH) +
    product(BATCH * TEXT.tokens, TEXT.width, WIDTH);
  return 2 * inputs + 3 * (LAYERS * both + heads);
}

const optimizer = adamW({ learningRate: 1e-3, decays: () => true });

const step = trainingStep(optimizer, loss);

export const crossAttention: Workload = {
  flops: flops(),
  start(rows = BATCH) {
    const params = initParams();
    const batch = {
      image: normal<Rank.R3>(key(7), [rows, IMAGE.tokens, IMAGE.width]),
      text: normal<Rank.R3>(key(8), [rows, TEXT.tokens, TEXT.width]),
    };
    return { state: { params, optimizer: optimizer.init(params) }, batch, step };
  },
};
