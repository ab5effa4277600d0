import { fusionCost, key, mapFeatures, normal, type Batch, type Features } from '@crossweave/core';
import { createFusion } from '@crossweave/fusion';
import { listwiseMatching } from '@crossweave/losses';
import {
  adamW,
  cachedEncoder,
  disposeState,
  jointModel,
  train,
  warmupConstant,
} from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';
import type { TrainerWorkload } from '../workload';

/** The same stand in peers/quickstart.py. */
const BATCH = 32;
const NEGATIVES = 3;
const DRAWN = 1;
const PAIRS = BATCH * (1 + NEGATIVES + DRAWN);
const image = { tokens: 64, dim: 256 } as const;
const text = { tokens: 20, dim: 128 } as const;
const sizes = { dim: 64, layers: 2, heads: 4, hidden: 128, normFirst: true, maxTextTokens: 128 };

type Sides = Pick<Batch<Features, Features>, 'image' | 'text' | 'negatives'>;

/** Random features of a batch. */
function sidesOf(): Required<Sides> {
  const side = (seed: number, rows: number, { tokens, dim }: typeof image | typeof text) => ({
    tokens: normal<tf.Rank.R3>(key(seed), [rows, tokens, dim]),
    mask: tf.ones<tf.Rank.R2>([rows, tokens]),
    pooled: normal<tf.Rank.R2>(key(seed + 1), [rows, dim]),
  });
  return {
    image: side(1, BATCH, image),
    text: side(3, BATCH, text),
    negatives: side(5, BATCH * NEGATIVES, text),
  };
}

/** The batch of a step: tensors and names of its own. */
function batchOf(step: number, sides: Required<Sides>): Batch<Features, Features> {
  const ids = Array.from({ length: BATCH }, (_, row) => `${step}.${row}`);
  const copy = (features: Features): Features => mapFeatures(features, (x) => tf.clone(x));
  return {
    ...{ size: BATCH, ids, groups: ids, captions: ids },
    ...{ image: copy(sides.image), text: copy(sides.text), negatives: copy(sides.negatives) },
  };
}

/** The trainer's own steps on the shapes of the quickstart's fusions, with everything it does by default. */
function fusionTraining(name: string): TrainerWorkload {
  const fusion = createFusion(name, sizes);
  const specs = { image, text: { ...text, tokens: 'varies' } } as const;
  return {
    get flops() {
      return 3 * PAIRS * fusionCost(fusion, { ...specs, textTokens: text.tokens }).flops;
    },
    async train(steps, compile, onStep) {
      const sides = sidesOf();
      const batches = { batchSize: BATCH, batchesPerEpoch: steps };
      const state = await train({
        model: jointModel({
          image: cachedEncoder('image', image),
          text: cachedEncoder('text', specs.text),
          fusion,
        }),
        loss: listwiseMatching({ inBatch: DRAWN }),
        optimizer: adamW({
          learningRate: { fusion: 1e-3 },
          weightDecay: 0.05,
          schedule: warmupConstant({ warmup: 40 }),
        }),
        data: {
          ...batches,
          async *batches(_, from = 0) {
            for (let step = from; step < steps; step++) {
              await Promise.resolve();
              yield batchOf(step, sides);
            }
          },
        },
        ...{ steps, compile, key: key(0) },
        log: (record) => {
          if (record.kind !== 'step') return;
          onStep((record.seconds - record.dataSeconds) * 1000, record.loss);
        },
      });
      disposeState(state);
    },
  };
}

export const quickstartSteps: Readonly<Record<string, TrainerWorkload>> = {
  'quickstart-co-attention': fusionTraining('co-attention'),
  'quickstart-single-stream': fusionTraining('single-stream'),
};
