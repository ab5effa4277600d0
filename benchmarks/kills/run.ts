/**
 * A small run that goes on where it stopped: `tsx … kills/run.ts FOLDER STEPS ENGINE`. It saves after
 * every second step, and prints a line when a step is done, when it begins to save and when that is done.
 */
import { writeSync } from 'node:fs';
import {
  foldIn,
  key,
  normal,
  type Batch,
  type BatchSource,
  type PooledFeatures,
} from '@crossweave/core';
import { useEngine } from '@crossweave/core/engine';
import { dualEncoder } from '@crossweave/fusion';
import { infoNCE } from '@crossweave/losses';
import { adamW, cachedEncoder, disposeState, jointModel, warmupCosine } from '@crossweave/trainer';
import { openRun, train } from '@crossweave/trainer/node';
import type * as tf from '@tensorflow/tfjs-core';

const [folder = '', count = '100', engine = 'onnx:cpu'] = process.argv.slice(2);
const steps = Number(count);
const size = 16;
const width = 512;
// Not by console.log, which may wait: the parent kills by these lines.
const say = (line: string): void => void writeSync(1, `${line}\n`);

await useEngine(engine);
const tower = cachedEncoder<PooledFeatures>('cached', { dim: width, tokens: 0 });
const data: BatchSource<Batch<PooledFeatures, PooledFeatures>> = {
  batchSize: size,
  batchesPerEpoch: 7,
  async *batches(epoch, from = 0) {
    for (let i = from; i < this.batchesPerEpoch; i++) {
      await Promise.resolve();
      const own = foldIn(foldIn(key(1), epoch), i);
      const side = (name: string): PooledFeatures => ({
        pooled: normal<tf.Rank.R2>(foldIn(own, name), [size, width]),
      });
      const ids = Array.from({ length: size }, (_, row) => `${i}.${row}`);
      yield { ...{ size, ids, groups: ids }, image: side('image'), text: side('text') };
    }
  },
};

await using run = await openRun(folder);
const state = await train({
  model: jointModel<PooledFeatures, PooledFeatures, PooledFeatures>({
    ...{ image: tower, text: tower },
    fusion: dualEncoder({ dim: 1024 }),
  }),
  ...{ data, steps, loss: infoNCE(), key: key(0), checkpointEvery: 2, average: { decay: 0.99 } },
  optimizer: adamW({ learningRate: 1e-3, schedule: warmupCosine({ warmup: 10, steps }) }),
  run: {
    plan: (...args) => run.plan!(...args),
    resume: () => run.resume(),
    log(record) {
      run.log(record);
      if (record.kind === 'step') say(`step ${record.step}`);
    },
    async checkpoint(now) {
      say(`saving ${now.step}`);
      await run.checkpoint(now);
      say(`saved ${now.step}`);
    },
  },
});
disposeState(state);
