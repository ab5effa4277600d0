/**
 * The most memory that training steps of a deep encoder take, in a process of its own:
 * `tsx … checkpointing/measure.ts ENGINE plain|checkpointed [LAYERS]`. Prints one line of JSON.
 */
import {
  inference,
  key,
  mergeParams,
  normal,
  subtree,
  withPrefix,
  type Params,
} from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { checkpoint, initTransformerBlock, transformerBlock } from '@crossweave/core/nn';
import { adamW } from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';

const [engine = 'onnx', mode = 'plain', layers = '12'] = process.argv.slice(2);
await useEngine(engine);
const sizes = { dim: 256, hidden: 1024, heads: 4, batch: 16, tokens: 128 };

const prefixes = Array.from({ length: Number(layers) }, (_, i) => `layer.${i}.`);
const x = normal<tf.Rank.R3>(key(1), [sizes.batch, sizes.tokens, sizes.dim]);
const optimizer = adamW({ learningRate: 1e-3 });
let params = mergeParams(
  ...prefixes.map((prefix, i) => withPrefix(prefix, initTransformerBlock(key(i), 'block', sizes))),
);
let state = optimizer.init(params);

const block = (own: Params, [input]: readonly [tf.Tensor3D]): tf.Tensor3D =>
  transformerBlock(own, 'block', input, { heads: sizes.heads, ctx: inference });

const loss = (all: Params): tf.Scalar => {
  const last = prefixes.reduce((at, prefix) => {
    const own = subtree(all, prefix);
    return mode === 'plain' ? block(own, [at]) : checkpoint(block, own, [at], inference);
  }, x);
  return tf.mean(tf.square(tf.sub(last, 1)));
};

const startMb = process.memoryUsage().rss / 2 ** 20;
const times: number[] = [];
const losses: number[] = [];
for (let step = 0; step < 4; step++) {
  const began = performance.now();
  const names = Object.keys(params);
  const next = tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) =>
      loss(Object.fromEntries(names.map((name, i) => [name, values[i]!]))),
    )(Object.values(params));
    const tree = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
    return { value, ...optimizer.update(tree, state, params, step) };
  });
  losses.push((await next.value.data())[0]!);
  tf.dispose([next.value, next.gradientNorm, params, state]);
  ({ params, state } = next);
  times.push(performance.now() - began);
}
const peakMb = process.resourceUsage().maxRSS / 1024;
const grownMb = Math.round(peakMb - startMb);
console.log(JSON.stringify({ engine, mode, layers, grownMb, ms: Math.min(...times), losses }));
