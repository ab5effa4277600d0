import {
  fusionCost,
  key,
  normal,
  parameter,
  type Features,
  type Fusion,
  type Params,
} from '@crossweave/core';
import { createFusion } from '@crossweave/fusion';
import { adamW } from '@crossweave/trainer';
import type { Rank, Scalar, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { trainingStep, type Workload } from '../workload';

/** The same stand in peers/fusions.py. */
const BATCH = 64;
const image = { tokens: 49, dim: 512 } as const;
const text = { tokens: 32, dim: 384 } as const;
const tokens = { dim: 256, layers: 2, heads: 4, hidden: 1024, dropout: 0, maxTextTokens: 128 };

const options: Readonly<Record<string, object>> = {
  'dual-encoder': { dim: 256 },
  gmu: { dim: 256 },
  mfb: { dim: 256, hidden: 1000, factor: 5 },
  mutan: { dim: 256, hidden: 512, rank: 15 },
  'low-rank-tensor-fusion': { dim: 256, rank: 16 },
  'single-stream': tokens,
  bottleneck: { ...tokens, bottlenecks: 4 },
  'text-queries-image': tokens,
  'co-attention': tokens,
  'q-former': { ...tokens, queries: 32 },
};

const optimizer = adamW({ learningRate: 1e-3, decays: () => true });

function batch(): Params {
  const side = (name: string, seed: number, spec: typeof image | typeof text): Params => ({
    [`${name}.tokens`]: normal<Rank.R3>(key(seed), [BATCH, spec.tokens, spec.dim]),
    [`${name}.mask`]: tf.ones([BATCH, spec.tokens]),
    [`${name}.pooled`]: normal<Rank.R2>(key(seed + 1), [BATCH, spec.dim]),
  });
  const labels = Array.from({ length: BATCH }, (_, i) => (i % 2 === 0 ? 1 : 0));
  return { ...side('image', 1, image), ...side('text', 3, text), labels: tf.tensor1d(labels) };
}

const features = (inputs: Params, name: string): Features => ({
  tokens: parameter<Tensor3D>(inputs, `${name}.tokens`),
  mask: parameter<Tensor2D>(inputs, `${name}.mask`),
  pooled: parameter<Tensor2D>(inputs, `${name}.pooled`),
});

/** Binary matching of aligned pairs on features that need no gradient, every second pair "true". */
function fusionStep(fusion: Fusion): Workload {
  const specs = { image, text: { ...text, tokens: 'varies' } } as const;
  return {
    // Backward is twice forward, but for the gradient of the features.
    get flops() {
      return 3 * BATCH * fusionCost(fusion, { ...specs, textTokens: text.tokens }).flops;
    },
    start() {
      const params = fusion.init(key(0), specs.image, specs.text);
      return {
        state: { params, optimizer: optimizer.init(params) },
        batch: batch(),
        step: trainingStep(optimizer, (tree, inputs, ctx) => {
          const pair = [features(inputs, 'image'), features(inputs, 'text')] as const;
          const { match } = fusion.fuse(tree, ...pair, ctx);
          const labels = parameter<Tensor1D>(inputs, 'labels');
          // −y·ln σ(m) − (1 − y)·ln(1 − σ(m))
          return tf.mean<Scalar>(tf.sub(tf.softplus(match), tf.mul(match, labels)));
        }),
      };
    },
  };
}

export const fusionSteps: Readonly<Record<string, Workload>> = Object.fromEntries(
  Object.entries(options).map(([name, own]) => [name, fusionStep(createFusion(name, own))]),
);
