import { fill, memory, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { ConfigError, key, type Batch, type BatchSource, type Params } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { DivergenceError } from '../divergence';
import { jointModel } from '../joint-model';
import { adamW } from '../optimizers/adamw';
import { scheduleFreeAdamW } from '../optimizers/schedule-free-adamw';
import type { TrainOptions } from '../options';
import type { TrainRecord } from '../records';
import { disposeState, type TrainState } from '../state';
import { contrastive, dotFusion, linearEncoder, vectorSource } from '../tiny.testing';
import { train } from '../train';

type Options = TrainOptions<Tensor2D, Tensor2D>;
type VectorBatches = BatchSource<Batch<Tensor2D, Tensor2D>>;

function options(extra: Partial<Options> = {}): Options {
  return {
    model: jointModel({
      image: linearEncoder('linear', 3),
      text: linearEncoder('linear', 3),
      fusion: dotFusion,
    }),
    ...{ loss: contrastive, optimizer: adamW({ learningRate: 0.02 }), data: vectorSource(10) },
    ...{ steps: 6, key: key(1), ...extra },
  };
}

/** The same batches, the images of the steps that `isHit` names all of one value. */
function disturbed(
  source: VectorBatches,
  value: number,
  isHit: (step: number) => boolean,
): VectorBatches {
  return {
    ...source,
    async *batches(epoch, from = 0) {
      let step = epoch * source.batchesPerEpoch + from;
      for await (const batch of source.batches(epoch, from)) {
        step++;
        if (!isHit(step)) {
          yield batch;
          continue;
        }
        batch.image.dispose();
        yield { ...batch, image: fill<Rank.R2>([batch.size, 4], value) };
      }
    },
  };
}

const values = (params: Params): Record<string, number[]> =>
  Object.fromEntries(Object.entries(params).map(([path, value]) => [path, [...value.dataSync()]]));

async function recorded(
  extra: Partial<Options>,
): Promise<{ records: TrainRecord[]; state: TrainState }> {
  const records: TrainRecord[] = [];
  const state = await train(options({ ...extra, log: (record) => records.push(record) }));
  return { records, state };
}

describe('onNonFinite as a policy', () => {
  const nan = (hits: number[]): VectorBatches =>
    disturbed(vectorSource(10), Number.NaN, (step) => hits.includes(step));

  it('halves the rates from then on, and the change of a step is half', async () => {
    const before = memory().numTensors;
    const policy = { halveRate: true } as const;
    const { records, state } = await recorded({ data: nan([2, 4]), onNonFinite: policy });
    const kinds = ['step', 'skipped', 'step', 'skipped', 'step', 'step'];
    expect(records.map(({ kind }) => kind)).toEqual(kinds);
    const rates = records.map((record) =>
      record.kind === 'step'
        ? record.learningRates['']
        : (record as { rateFactor: number }).rateFactor,
    );
    expect(rates).toEqual([0.02, 0.5, 0.01, 0.25, 0.005, 0.005]);
    // The same steps without a policy, as far as one step: the same gradients, twice the change.
    const whole = await train(options({ data: nan([2]), onNonFinite: 'skip', steps: 3 }));
    const half = await train(options({ data: nan([2]), onNonFinite: policy, steps: 3 }));
    const start = await train(options({ data: nan([2]), steps: 1 }));
    const change = (to: TrainState): number =>
      values(to.params)['image.weight']![0]! - values(start.params)['image.weight']![0]!;
    expect(change(half)).toBeCloseTo(change(whole) / 2, 6);
    [state, whole, half, start].forEach(disposeState);
    expect(memory().numTensors).toBe(before);
  });

  it('stops after several in a row, and counts anew after a good step', async () => {
    const policy = { stopAfter: 2 };
    const { state } = await recorded({ data: nan([2, 4, 6]), onNonFinite: policy });
    expect(state.step).toBe(6);
    disposeState(state);
    const failure: unknown = await train(options({ data: nan([3, 4]), onNonFinite: policy })).catch(
      (error: unknown) => error,
    );
    if (!(failure instanceof DivergenceError)) throw new Error('must stop');
    expect([failure.step, failure.tensor]).toEqual([4, 'image of the batch']);
    disposeState(failure.state);
  });

  it('goes on with the lower rate after a stop', async () => {
    const policy = { halveRate: true } as const;
    const extra = { data: nan([2]), onNonFinite: policy };
    const whole = await train(options(extra));
    const part = await train(options({ ...extra, steps: 3 }));
    const rest = await train(options({ ...extra, start: part }));
    expect(rest.memory).toEqual({ rateFactor: 0.5 });
    expect(values(rest.params)).toEqual(values(whole.params));
    [whole, part, rest].forEach(disposeState);
  });

  it('cannot halve what averages the parameters itself', async () => {
    const optimizer = scheduleFreeAdamW();
    const run = train(options({ optimizer, onNonFinite: { halveRate: true } }));
    await expect(run).rejects.toThrow(/"halveRate" and schedule-free-adamw do not go together/);
  });
});

describe('spikes', () => {
  const spikes = { window: 8, every: 4, deviations: 6 };
  const leaping = (isHit: (step: number) => boolean): VectorBatches =>
    disturbed(vectorSource(10), 300, isHit);

  it('goes back to the last good state, and on with the next batch', async () => {
    const before = memory().numTensors;
    const data = leaping((step) => step === 20);
    const { records, state } = await recorded({ data, spikes, steps: 24 });
    const rollback = records.find((record) => record.kind === 'rollback')!;
    expect(rollback).toMatchObject({ step: 20, to: 16 });
    if (rollback.kind !== 'rollback') throw new Error('a rollback');
    expect(rollback.loss).toBeGreaterThan(rollback.bound);
    expect(rollback.ids).toHaveLength(4);
    expect(records.filter(({ kind }) => kind === 'rollback')).toHaveLength(1);
    expect(state.step).toBe(24);
    // What was learned from the leap is gone: the state of step 16, and the four batches after it.
    const at16 = await train(options({ data, spikes, steps: 16 }));
    const start = { ...at16, step: 20 };
    const rest = await train(options({ data, steps: 24, start }));
    expect(values(rest.params)['image.weight']).toEqual(values(state.params)['image.weight']);
    [state, at16, rest].forEach(disposeState);
    expect(memory().numTensors).toBe(before);
  });

  it('takes a level that stays as the new one', async () => {
    const { records, state } = await recorded({
      ...{ data: leaping((step) => step >= 14), spikes, steps: 22 },
      optimizer: adamW({ learningRate: 1e-6 }),
    });
    const rollbacks = records.filter(({ kind }) => kind === 'rollback').map(({ step }) => step);
    expect(rollbacks).toEqual([14, 15, 16]);
    expect(state.step).toBe(22);
    disposeState(state);
  });

  it('finds none in an ordinary run', async () => {
    const { records, state } = await recorded({ spikes, steps: 60 });
    expect(records.every(({ kind }) => kind !== 'rollback')).toBe(true);
    disposeState(state);
  });
});

it('refuses options that do not go together, or mean nothing', async () => {
  const wrong: readonly Partial<Options>[] = [
    { onNonFinite: { stopAfter: 0 } },
    { onNonFinite: { halfRate: true } as never },
    { spikes: { window: 1 } },
    { best: { metric: 'score' } },
    { average: { decay: 0.9 }, optimizer: scheduleFreeAdamW() },
    { checkpointEvery: { minutes: 0 } },
  ];
  for (const extra of wrong) await expect(train(options(extra))).rejects.toThrow(ConfigError);
});
