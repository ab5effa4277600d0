/**
 * Memory and processor time of contrastive steps, in a process of its own:
 * `tsx … chunks/measure.ts BATCH CHUNK COMPILE STEPS`, with 0 for a batch in one piece. Prints one line
 * of JSON, a `Reading`.
 */
import { key, writtenTensor, type BatchSource } from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { dualEncoder } from '@crossweave/fusion';
import { vitB16 } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { bertBase } from '@crossweave/text-encoder';
import { adamW, disposeState, jointModel, train } from '@crossweave/trainer';
import * as tf from '@tensorflow/tfjs-core';

/** What a process prints. */
export interface Reading {
  /** Resident memory before training, and the most the process ever held. */
  readonly startMb: number;
  readonly peakMb: number;
  /** Of a step, the second and later ones. */
  readonly processorMs: number;
  readonly losses: readonly number[];
}

const [size = 32, chunk = 0, compile = 'auto', steps = 3] = process.argv
  .slice(2)
  .map((value) => (/^\d+$/.test(value) ? Number(value) : value)) as [
  number?,
  number?,
  ('auto' | 'never')?,
  number?,
];
await useEngine('onnx');

const tower = { dim: 128, layers: 4, heads: 2, hidden: 512 };
const model = jointModel({
  image: vitB16({ ...tower, imageSize: 64, patchSize: 8 }),
  text: bertBase({ ...tower, vocabulary: 1000, maxPositions: 32, dropout: 0 }),
  fusion: dualEncoder({ dim: 128 }),
});

/** Numbers that are cheap to make, written where the engine keeps them. */
function picturesOf(step: number): tf.Tensor4D {
  return writtenTensor<tf.Rank.R4>([size, 64, 64, 3], (values) => {
    for (let i = 0; i < values.length; i++)
      values[i] = ((i * 40503 + step * 977) % 2039) / 1019 - 1;
  });
}

const ids = Array.from({ length: size }, (_, row) => `${row}`);
const data: BatchSource = {
  batchSize: size,
  batchesPerEpoch: steps,
  async *batches(_, from = 0) {
    for (let step = from; step < steps; step++) {
      await Promise.resolve();
      yield {
        ...{ size, ids, groups: ids, image: picturesOf(step) },
        text: {
          input_ids: tf.tidy(() => tf.fill<tf.Rank.R2>([size, 32], 1 + step, 'int32')),
          attention_mask: tf.tidy(() => tf.ones<tf.Rank.R2>([size, 32], 'int32')),
        },
      };
    }
  },
};

const startMb = process.memoryUsage().rss / 2 ** 20;
const losses: number[] = [];
const times: number[] = [];
let before = process.cpuUsage();
const state = await train({
  ...{ model, data, steps, compile, loss: infoNCE(), key: key(0), balance: false },
  optimizer: adamW({ learningRate: 1e-4 }),
  ...(chunk > 0 && { chunk }),
  log: (record) => {
    if (record.kind === 'warning') throw new Error(record.message);
    if (record.kind !== 'step') return;
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    times.push((user + system) / 1000);
    losses.push(record.loss);
  },
});
disposeState(state);
const reading: Reading = {
  startMb: Math.round(startMb),
  // Linux and Node count it in kilobytes.
  peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  processorMs: Math.round(Math.min(...times.slice(1))),
  losses,
};
console.log(JSON.stringify(reading));
