import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Sizes of the cross-attention step; the same stand in peers/cross_attention_step.py. */
export const SIZES = {
  batch: 64,
  imageTokens: 49,
  imageWidth: 512,
  textTokens: 32,
  textWidth: 384,
  width: 256,
  heads: 4,
  layers: 2,
  hidden: 1024,
} as const;

export type Params = Record<string, Tensor>;

const normal = (shape: number[], seed: number): Tensor =>
  tf.randomNormal(shape, 0, 0.02, 'float32', seed);

function linearParams(params: Params, path: string, from: number, to: number): void {
  params[`${path}.weight`] = normal([from, to], Object.keys(params).length + 1);
  params[`${path}.bias`] = tf.zeros([to]);
}

function layerNormParams(params: Params, path: string, width: number): void {
  params[`${path}.weight`] = tf.ones([width]);
  params[`${path}.bias`] = tf.zeros([width]);
}

export function init(): Params {
  const { imageWidth, textWidth, width, layers, hidden } = SIZES;
  const params: Params = {};
  linearParams(params, 'image.in', imageWidth, width);
  linearParams(params, 'text.in', textWidth, width);
  for (const side of ['image', 'text']) {
    for (let layer = 0; layer < layers; layer++) {
      const block = `${side}.${layer}`;
      layerNormParams(params, `${block}.norm1`, width);
      for (const part of ['q', 'k', 'v', 'o'])
        linearParams(params, `${block}.${part}`, width, width);
      layerNormParams(params, `${block}.norm2`, width);
      linearParams(params, `${block}.up`, width, hidden);
      linearParams(params, `${block}.down`, hidden, width);
    }
    linearParams(params, `${side}.out`, width, width);
  }
  return params;
}

const get = (params: Params, path: string): Tensor => params[path] as Tensor;

/** x [B, N, from] to [B, N, to] */
function linear(params: Params, path: string, x: Tensor): Tensor {
  const rows = tf.reshape(x, [-1, x.shape.at(-1) as number]);
  const y = tf.matMul(rows as Tensor2D, get(params, `${path}.weight`) as Tensor2D);
  const out = tf.add(y, get(params, `${path}.bias`));
  return tf.reshape(out, [...x.shape.slice(0, -1), out.shape.at(-1) as number]);
}

function layerNorm(params: Params, path: string, x: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  const normed = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normed, get(params, `${path}.weight`)), get(params, `${path}.bias`));
}

const gelu = (x: Tensor): Tensor =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

function attention(params: Params, path: string, query: Tensor, context: Tensor): Tensor {
  const { width, heads } = SIZES;
  const [batch, tokens] = query.shape as [number, number];
  const split = (x: Tensor): Tensor =>
    tf.transpose(tf.reshape(x, [batch, -1, heads, width / heads]), [0, 2, 1, 3]);
  const q = split(linear(params, `${path}.q`, query));
  const k = split(linear(params, `${path}.k`, context));
  const v = split(linear(params, `${path}.v`, context));
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads));
  const mixed = tf.matMul(tf.softmax(scores), v);
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width]);
  return linear(params, `${path}.o`, joined);
}

function block(params: Params, path: string, x: Tensor, context: Tensor): Tensor {
  const attended = tf.add(
    x,
    attention(params, path, layerNorm(params, `${path}.norm1`, x), context),
  );
  const inner = gelu(linear(params, `${path}.up`, layerNorm(params, `${path}.norm2`, attended)));
  return tf.add(attended, linear(params, `${path}.down`, inner));
}

const unit = (x: Tensor): Tensor =>
  tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)));

/** The contrastive loss of image tokens [B, Ni, Di] and text tokens [B, Nt, Dt]. */
export function loss(params: Params, image: Tensor, text: Tensor): tf.Scalar {
  let i = linear(params, 'image.in', image);
  let t = linear(params, 'text.in', text);
  for (let layer = 0; layer < SIZES.layers; layer++) {
    const next = block(params, `image.${layer}`, i, t);
    t = block(params, `text.${layer}`, t, i);
    i = next;
  }
  const a = unit(linear(params, 'image.out', tf.mean(i, 1)));
  const b = unit(linear(params, 'text.out', tf.mean(t, 1)));
  const scores = tf.div(tf.matMul(a as Tensor2D, b as Tensor2D, false, true), 0.1);
  const labels = tf.eye(SIZES.batch);
  const crossEntropy = (x: Tensor): Tensor =>
    tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(x)), -1)));
  const both = tf.add(crossEntropy(scores), crossEntropy(tf.transpose(scores)));
  return tf.div(both, 2);
}

export interface AdamState {
  params: Params;
  first: Params;
  second: Params;
  step: number;
}

export function initAdam(params: Params): AdamState {
  const zeros = (): Params =>
    Object.fromEntries(Object.entries(params).map(([path, p]) => [path, tf.zeros(p.shape)]));
  return { params, first: zeros(), second: zeros(), step: 0 };
}

/** One step: loss, gradients, clipping to norm 1, AdamW. Disposes of the state it was given. */
export function trainStep(
  state: AdamState,
  lossOf: (params: Params) => tf.Scalar,
): { state: AdamState; loss: tf.Scalar } {
  const paths = Object.keys(state.params);
  const step = state.step + 1;
  const result = tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((...tensors: Tensor[]) =>
      lossOf(Object.fromEntries(paths.map((path, i) => [path, tensors[i] as Tensor]))),
    )(paths.map((path) => get(state.params, path)));
    const squares = grads.map((g) => tf.sum(tf.square(g)));
    const norm = tf.sqrt(squares.reduce((a, b) => tf.add(a, b)));
    const scale = tf.minimum(tf.div(1, tf.add(norm, 1e-6)), 1);
    const corrections = [1 / (1 - 0.9 ** step), 1 / (1 - 0.999 ** step)] as const;
    const next = { params: {} as Params, first: {} as Params, second: {} as Params };
    paths.forEach((path, i) => {
      const g = tf.mul(grads[i] as Tensor, scale);
      const m = tf.add(tf.mul(get(state.first, path), 0.9), tf.mul(g, 0.1));
      const v = tf.add(tf.mul(get(state.second, path), 0.999), tf.mul(tf.square(g), 0.001));
      const update = tf.div(
        tf.mul(m, tf.tensor1d([corrections[0]])),
        tf.add(tf.sqrt(tf.mul(v, tf.tensor1d([corrections[1]]))), 1e-8),
      );
      const p = get(state.params, path);
      next.params[path] = tf.sub(p, tf.mul(tf.add(update, tf.mul(p, 0.01)), 1e-3));
      next.first[path] = m;
      next.second[path] = v;
    });
    return { value, next };
  });
  tf.dispose([state.params, state.first, state.second]);
  return { state: { ...result.next, step }, loss: result.value as tf.Scalar };
}
