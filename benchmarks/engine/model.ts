import { key } from '@crossweave/core';
import {
  gelu,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  normalize,
  scaledDotProductAttention,
} from '@crossweave/core/nn';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
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

const seed = key(0);

export function init(): Params {
  const { imageWidth, textWidth, width, layers, hidden } = SIZES;
  const linearOf = (path: string, from: number, to: number): Params =>
    initLinear(seed, path, { in: from, out: to });
  const block = (path: string): Params => ({
    ...initLayerNorm(`${path}.norm1`, width),
    ...initLayerNorm(`${path}.norm2`, width),
    ...['q', 'k', 'v', 'o'].reduce(
      (all, part) => ({ ...all, ...linearOf(`${path}.${part}`, width, width) }),
      {},
    ),
    ...linearOf(`${path}.up`, width, hidden),
    ...linearOf(`${path}.down`, hidden, width),
  });
  let params: Params = {
    ...linearOf('image.in', imageWidth, width),
    ...linearOf('text.in', textWidth, width),
    ...linearOf('image.out', width, width),
    ...linearOf('text.out', width, width),
  };
  for (let layer = 0; layer < layers; layer++) {
    params = { ...params, ...block(`image.${layer}`), ...block(`text.${layer}`) };
  }
  return params;
}

const get = (params: Params, path: string): Tensor => params[path] as Tensor;

function attention(params: Params, path: string, query: Tensor3D, context: Tensor3D): Tensor3D {
  const { width, heads } = SIZES;
  const split = (x: Tensor3D): Tensor4D => {
    const [batch, tokens] = x.shape;
    return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3]);
  };
  const q = split(linear(params, `${path}.q`, query));
  const k = split(linear(params, `${path}.k`, context));
  const v = split(linear(params, `${path}.v`, context));
  const mixed = tf.transpose(scaledDotProductAttention(q, k, v), [0, 2, 1, 3]);
  return linear(params, `${path}.o`, tf.reshape<tf.Rank.R3>(mixed, query.shape));
}

function block(params: Params, path: string, x: Tensor3D, context: Tensor3D): Tensor3D {
  const attended = tf.add<Tensor3D>(
    x,
    attention(params, path, layerNorm(params, `${path}.norm1`, x), context),
  );
  const inner = gelu(linear(params, `${path}.up`, layerNorm(params, `${path}.norm2`, attended)));
  return tf.add(attended, linear(params, `${path}.down`, inner));
}

/** The contrastive loss of image tokens [B, Ni, Di] and text tokens [B, Nt, Dt]. */
export function loss(params: Params, image: Tensor3D, text: Tensor3D): tf.Scalar {
  let i = linear(params, 'image.in', image);
  let t = linear(params, 'text.in', text);
  for (let layer = 0; layer < SIZES.layers; layer++) {
    const next = block(params, `image.${layer}`, i, t);
    t = block(params, `text.${layer}`, t, i);
    i = next;
  }
  const a = normalize(linear(params, 'image.out', tf.mean<Tensor2D>(i, 1)));
  const b = normalize(linear(params, 'text.out', tf.mean<Tensor2D>(t, 1)));
  const scores = tf.div(tf.matMul(a, b, false, true), 0.1);
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
