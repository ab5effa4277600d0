import { jit } from '@crossweave/tfjs-backend-onnx';
import * as tf from '@tensorflow/tfjs-core';

/** Pairs, tokens of a picture and of a text, width, heads. */
const [B, NI, NT, D, H] = [6, 5, 4, 16, 2];
const RATE = 1e-2;

type Tree = Record<string, tf.Tensor>;

const matrix = (seed: number, rows: number, columns: number): tf.Tensor =>
  tf.randomNormal([rows, columns], 0, 1 / Math.sqrt(rows), 'float32', seed);

function initParams(): Tree {
  const names = ['image', 'text'].flatMap((side) =>
    ['q', 'k', 'v', 'o', 'up', 'down', 'out'].map((part) => `${side}.${part}`),
  );
  return Object.fromEntries(names.map((name, i) => [name, matrix(i + 1, D, D)]));
}

function norm(x: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)));
}

const rows = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(tf.reshape(x, [-1, D]), w), x.shape);

function attend(params: Tree, side: string, x: tf.Tensor, context: tf.Tensor): tf.Tensor {
  const split = (part: string, of: tf.Tensor): tf.Tensor => {
    const y = rows(of, params[`${side}.${part}`]!);
    return tf.transpose(tf.reshape(y, [B, -1, H, D / H]), [0, 2, 1, 3]);
  };
  const [q, k, v] = [split('q', norm(x)), split('k', context), split('v', context)];
  const weights = tf.softmax(tf.div(tf.matMul(q, k, false, true), Math.sqrt(D / H)));
  const mixed = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), x.shape);
  const attended = tf.add(x, rows(mixed, params[`${side}.o`]!));
  const inner = rows(norm(attended), params[`${side}.up`]!);
  const gelu = tf.mul(tf.mul(inner, 0.5), tf.add(tf.erf(tf.div(inner, Math.SQRT2)), 1));
  return tf.add(attended, rows(gelu, params[`${side}.down`]!));
}

/** The contrastive loss, temperature 0.1, after one block of co-attention. */
function lossOf(params: Tree, image: tf.Tensor, text: tf.Tensor): tf.Scalar {
  const unit = (side: string, x: tf.Tensor): tf.Tensor => {
    const y = tf.matMul(tf.mean<tf.Tensor2D>(x, 1), params[`${side}.out`] as tf.Tensor2D);
    return tf.div(y, tf.norm(y, 2, 1, true));
  };
  const a = unit('image', attend(params, 'image', image, text));
  const b = unit('text', attend(params, 'text', text, image));
  const scores = tf.div(tf.matMul(a, b, false, true), 0.1);
  const labels = tf.eye(B);
  const each = [scores, tf.transpose(scores)].map((logits) =>
    tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1))),
  );
  return tf.div(tf.addN(each), 2);
}

type State = {
  readonly params: Tree;
  readonly first: Tree;
  readonly second: Tree;
  readonly step: tf.Tensor;
};

/** One step of AdamW, with a bias correction that is computed in the graph. */
function step(state: State, image: tf.Tensor, text: tf.Tensor): { loss: tf.Tensor; state: State } {
  const names = Object.keys(state.params);
  const { value, grads } = tf.valueAndGrads((...list: tf.Tensor[]) =>
    lossOf(Object.fromEntries(names.map((name, i) => [name, list[i]!])), image, text),
  )(names.map((name) => state.params[name]!));
  const at = tf.add(state.step, 1);
  const [params, first, second]: [Tree, Tree, Tree] = [{}, {}, {}];
  const mixed = (old: tf.Tensor, now: tf.Tensor, share: number): tf.Tensor =>
    tf.add(tf.mul(old, share), tf.mul(now, 1 - share));
  const corrected = (moment: tf.Tensor, share: number): tf.Tensor =>
    tf.div(moment, tf.sub(1, tf.pow(share, at)));
  names.forEach((name, i) => {
    first[name] = mixed(state.first[name]!, grads[i]!, 0.9);
    second[name] = mixed(state.second[name]!, tf.square(grads[i]!), 0.999);
    const root = tf.add(tf.sqrt(corrected(second[name], 0.999)), 1e-8);
    const change = tf.div(corrected(first[name], 0.9), root);
    const decayed = tf.mul(state.params[name]!, 1 - RATE * 0.01);
    params[name] = tf.sub(decayed, tf.mul(change, RATE));
  });
  return { loss: value, state: { params, first, second, step: at } };
}

/**
 * Trains a small cross-attention model on the current backend, compiled, its state donated.
 * @param seen is told of each step; the losses are read in every one.
 */
export async function trainCrossAttention(
  steps: number,
  seen: (step: number) => void = () => undefined,
): Promise<{ readonly losses: number[]; readonly weights: number[] }> {
  const params = initParams();
  const zeros = (): Tree =>
    Object.fromEntries(Object.entries(params).map(([name, x]) => [name, tf.zerosLike(x)]));
  const image = tf.randomNormal([B, NI, D], 0, 1, 'float32', 101);
  const text = tf.randomNormal([B, NT, D], 0, 1, 'float32', 102);
  const compiled = jit((given: State, a: tf.Tensor, b: tf.Tensor) => step(given, a, b), {
    donate: [0],
  });
  let state: State = { params, first: zeros(), second: zeros(), step: tf.scalar(0) };
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = compiled(state, image, text);
    state = next.state;
    losses.push(((await next.loss.data()) as Float32Array)[0]!);
    next.loss.dispose();
    seen(i);
  }
  const weights = Object.values(state.params).flatMap((x) => [...x.dataSync()]);
  tf.dispose([state, image, text] as never);
  compiled.dispose();
  return { losses, weights };
}
