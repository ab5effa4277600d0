import '@crossweave/tfjs-backend-onnx/register';
import { getBackend, memory, ones, setBackend, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  key,
  normal,
  type Batch,
  type BatchSource,
  type Features,
  type PooledFeatures,
} from '@crossweave/core';
import { coAttention, dualEncoder } from '@crossweave/fusion';
import { infoNCE, listwiseMatching, momentumContrastive } from '@crossweave/losses';
import { afterAll, beforeAll, expect } from 'vitest';
import { cachedEncoder } from '../cached-encoder';
import { embeddedModel, rowSource } from '../embedded.testing';
import { jointModel } from '../joint-model';
import type { TrainOptions } from '../options';
import { adamW } from '../optimizers/adamw';
import type { StepRecord, TrainRecord, WarningRecord } from '../records';
import { disposeState } from '../state';
import { dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { train } from '../train';

/** The tests of the file run on the engine that compiles. */
export function onOnnx(): void {
  const before = getBackend();
  beforeAll(async () => {
    await setBackend('onnx');
  });
  afterAll(async () => {
    await setBackend(before);
  });
}

export type Options = TrainOptions<Tensor2D, Tensor2D>;

export const model = jointModel({
  image: linearEncoder('linear', 4),
  text: linearEncoder('linear', 4),
  fusion: dotFusion,
});

/** Pairs of which some share their caption, other ones in each batch. */
const data: Options['data'] = {
  ...vectorSource(22),
  async *batches(epoch, from) {
    for await (const batch of vectorSource(22).batches(epoch, from)) {
      const captions = batch.ids.map((id) => (Number(id.slice(4)) % 3 === 0 ? 'same' : id));
      yield { ...batch, captions };
    }
  },
};

export const options = (extra: Partial<Options> = {}): Options => ({
  ...{ model, loss: infoNCE(), optimizer: adamW({ learningRate: 0.05 }), data },
  ...{ steps: 8, key: key(1), ...extra },
});

type PooledOptions = TrainOptions<Tensor2D, Tensor2D, PooledFeatures>;

export const chunked = (extra: Partial<PooledOptions> = {}): PooledOptions => ({
  ...{ model: embeddedModel(), loss: infoNCE(), optimizer: adamW({ learningRate: 0.05 }) },
  ...{ data: rowSource(24, 6), chunk: 4, steps: 8, key: key(1), ...extra },
});

interface Run {
  readonly records: readonly TrainRecord[];
  readonly losses: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

export async function run<I, T, F extends PooledFeatures>(
  given: TrainOptions<I, T, F>,
): Promise<Run> {
  const records: TrainRecord[] = [];
  const state = await train({ ...given, log: (record) => records.push(record) });
  const { queue } = state.teacher ?? {};
  const trees = {
    ...{ ...state.params, ...state.optimizer, ...state.average, ...state.teacher?.params },
    ...(queue && { 'queue.image': queue.image, 'queue.text': queue.text }),
  };
  const values = Object.fromEntries(
    Object.entries(trees).map(([path, value]) => [path, [...value.dataSync()]]),
  );
  disposeState(state);
  const steps = records.filter((record): record is StepRecord => record.kind === 'step');
  return { records, values, losses: steps.map(({ loss }) => loss) };
}

export const warnings = ({ records }: Run): WarningRecord[] =>
  records.filter(
    (record): record is WarningRecord =>
      record.kind === 'warning' && record.message.includes('not compiled'),
  );

/** Compiled and not, compared to float32 rounding. */
export async function sameBothWays<I, T, F extends PooledFeatures>(
  given: TrainOptions<I, T, F>,
): Promise<Run> {
  const tensors = memory().numTensors;
  const eager = await run({ ...given, compile: 'never' });
  const compiled = await run({ ...given, compile: 'always' });
  expect(memory().numTensors).toBe(tensors);
  expect(compiled.losses).toHaveLength(eager.losses.length);
  const close = (a: readonly number[], b: readonly number[], what: string): void => {
    a.forEach((value, i) => {
      expect(Math.abs(value - b[i]!), what).toBeLessThanOrEqual(1e-6 + 1e-5 * Math.abs(b[i]!));
    });
  };
  close(compiled.losses, eager.losses, 'loss');
  for (const [path, value] of Object.entries(eager.values)) {
    close(compiled.values[path]!, value, path);
  }
  return compiled;
}

/** Batches whose first two pairs share their caption. */
export function sharing(
  source: BatchSource<Batch<Tensor2D, Tensor2D>>,
): BatchSource<Batch<Tensor2D, Tensor2D>> {
  return {
    ...source,
    async *batches(epoch, from) {
      for await (const batch of source.batches(epoch, from)) {
        yield { ...batch, captions: ['same', 'same', ...batch.ids.slice(2)] };
      }
    },
  };
}

export const queued = (): Options =>
  options({
    model: jointModel({
      image: linearEncoder('linear', 4),
      text: linearEncoder('linear', 4),
      fusion: dualEncoder({ dim: 4 }),
    }),
    ...{ teacher: { momentum: 0.9, queue: 8 }, loss: momentumContrastive() },
  });

/** Pairs of token sequences with a false caption each. */
const tokenData: BatchSource<Batch<Features, Features>> = {
  batchSize: 4,
  batchesPerEpoch: 50,
  async *batches(epoch, from = 0) {
    for (let i = from; i < 50; i++) {
      await Promise.resolve();
      const features = (name: number, rows: number, tokens: number): Features => {
        const pooled: Tensor2D = normal(key(1000 * epoch + 10 * i + name), [rows, 8]);
        const all: Features['tokens'] = normal(key(7000 + 10 * i + name), [rows, tokens, 8]);
        return { tokens: all, mask: ones([rows, tokens]), pooled };
      };
      const ids = ['a', 'b', 'c', 'd'].map((name) => `${i}${name}`);
      // In every third batch two pairs share their caption, so that one has fewer negatives.
      const captions = i % 3 === 2 ? ['same', 'same', ...ids.slice(2)] : ids;
      yield {
        ...{ size: 4, ids, groups: ids, captions },
        ...{ image: features(1, 4, 3), text: features(2, 4, 2), negatives: features(3, 4, 2) },
      };
    }
  },
};

export const tokenOptions = (
  extra: Partial<TrainOptions<Features, Features>> = {},
): TrainOptions<Features, Features> => ({
  model: jointModel({
    image: cachedEncoder('image', { dim: 8, tokens: 3 }),
    text: cachedEncoder('text', { dim: 8, tokens: 2 }),
    fusion: coAttention({ dim: 8, heads: 2, hidden: 16, layers: 1, dropout: 0.2 }),
  }),
  loss: listwiseMatching({ inBatch: 2 }),
  optimizer: adamW({ learningRate: { fusion: 0.01 } }),
  ...{ data: tokenData, steps: 7, key: key(2), ...extra },
});
