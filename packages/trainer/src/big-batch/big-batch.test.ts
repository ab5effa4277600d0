import { fill, memory, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  key,
  type Batch,
  type BatchSource,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { DivergenceError } from '../divergence';
import type { TrainOptions } from '../options';
import type { TrainRecord } from '../records';
import { disposeState } from '../state';
import { embeddedModel, embeddingContrast, rowLoss, rowSource } from '../embedded.testing';
import { adamW } from '../optimizers/adamw';
import { train } from '../train';

type Options = TrainOptions<Tensor2D, Tensor2D, PooledFeatures>;

function options(extra: Partial<Options> = {}): Options {
  return {
    model: embeddedModel(),
    loss: embeddingContrast,
    optimizer: adamW({ learningRate: 0.05 }),
    data: rowSource(24, 12),
    steps: 50,
    key: key(4),
    ...extra,
  };
}

const values = (params: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

async function losses(
  extra: Partial<Options>,
): Promise<{ curve: number[]; params: Record<string, number[]> }> {
  const curve: number[] = [];
  const before = memory().numTensors;
  const log = (record: TrainRecord): void => {
    if (record.kind === 'step') curve.push(record.loss);
  };
  const state = await train(options({ ...extra, log }));
  const params = values(state.params);
  disposeState(state);
  expect(memory().numTensors).toBe(before);
  return { curve, params };
}

function expectSame(found: number[], expected: number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `step ${i + 1}`).toBeLessThanOrEqual(
      1e-4 * Math.abs(expected[i]!) + 1e-6,
    );
  });
}

describe('chunk', () => {
  it.each([1, 5, 12, 40])('of %i has the loss curve of the batch in one piece', async (chunk) => {
    const whole = await losses({});
    expect(whole.curve.at(-1)!).toBeLessThan(0.8 * whole.curve[0]!);
    expectSame((await losses({ chunk })).curve, whole.curve);
  });

  it('carries false captions along', async () => {
    const data = rowSource(24, 12, { negatives: 2 });
    const whole = await losses({ data, steps: 8 });
    expectSame((await losses({ data, steps: 8, chunk: 5 })).curve, whole.curve);
  });

  it('of several batches a step has the loss curve of those in one piece', async () => {
    const extra = { data: rowSource(24, 6), accumulate: 2, steps: 12 };
    expectSame((await losses({ ...extra, chunk: 4 })).curve, (await losses(extra)).curve);
  });

  it('needs embeddings, and a loss that reads nothing else', async () => {
    const without = options({ model: embeddedModel({ embeds: false }), chunk: 4 });
    await expect(train(without)).rejects.toThrow(/"chunk" needs embeddings/);
    const before = memory().numTensors;
    await expect(train(options({ loss: rowLoss, chunk: 4 }))).rejects.toThrow(/reads fused pairs/);
    expect(memory().numTensors).toBe(before);
  });
});

describe('accumulate', () => {
  it('has the loss curve of the large batch, for a loss of rows', async () => {
    const whole = await losses({ loss: rowLoss });
    for (const accumulate of [2, 3]) {
      const data = rowSource(24, 12 / accumulate);
      const parts = await losses({ loss: rowLoss, data, accumulate });
      expectSame(parts.curve, whole.curve);
    }
  });

  it('goes on from any step with the same bits', async () => {
    const extra = { data: rowSource(24, 4), accumulate: 4, steps: 5 };
    const whole = await train(options(extra));
    const part = await train(options({ ...extra, steps: 2 }));
    const rest = await train(options({ ...extra, start: part }));
    expect(values(rest.params)).toEqual(values(whole.params));
    [whole, part, rest].forEach(disposeState);
  });

  it('leaves out the whole step of a batch that is not finite, and names the batch', async () => {
    const data = poisoned(rowSource(24, 4), 2);
    const records: TrainRecord[] = [];
    const log = (record: TrainRecord): void => void records.push(record);
    const before = memory().numTensors;
    const extra = { data, accumulate: 3, steps: 4, log };
    const state = await train(options({ ...extra, onNonFinite: 'skip' }));
    expect(records.map(({ kind }) => kind)).toEqual(['skipped', 'step', 'skipped', 'step']);
    expect(records[0]).toMatchObject({ tensor: 'image of the batch' });
    expect(state.skipped).toBe(2);
    disposeState(state);
    const failure: unknown = await train(options(extra)).catch((error: unknown) => error);
    if (!(failure instanceof DivergenceError)) throw new Error('must diverge');
    expect(failure.ids).toHaveLength(4);
    disposeState(failure.state);
    expect(memory().numTensors).toBe(before);
  });

  it('takes no teacher, and says so', async () => {
    const extra = { accumulate: 2, teacher: { momentum: 0.9 } };
    await expect(train(options(extra))).rejects.toThrow(ConfigError);
  });
});

/** The same batches, the image of one of each epoch NaN. */
function poisoned(
  source: BatchSource<Batch<Tensor2D, Tensor2D>>,
  at: number,
): BatchSource<Batch<Tensor2D, Tensor2D>> {
  return {
    ...source,
    async *batches(epoch, from = 0) {
      let i = from;
      for await (const batch of source.batches(epoch, from)) {
        if (i++ !== at) {
          yield batch;
          continue;
        }
        const image = fill<Rank.R2>(batch.image.shape, Number.NaN);
        batch.image.dispose();
        yield { ...batch, image };
      }
    },
  };
}
