import { memory } from '@tensorflow/tfjs-core';
import { ConfigError, DataError, key } from '@crossweave/core';
import { describe, expect, it, vi } from 'vitest';
import { jointModel } from './joint-model';
import { adamW } from './optimizers/adamw';
import { disposeState, type TrainState } from './state';
import { contrastive, dotFusion, pooledEncoder, vectorSource } from './tiny.testing';
import { DivergenceError } from './divergence';
import type { TrainRecord } from './records';
import { train } from './train';
import { copyOf, options, values } from './train.testing';

describe('train', () => {
  it('lowers the loss and logs every step', async () => {
    const records: TrainRecord[] = [];
    const log = (record: TrainRecord): unknown => record.kind === 'step' && records.push(record);
    const result = await train(options({ steps: 60, log }));
    expect(records).toHaveLength(60);
    const losses = records.map((record) => (record.kind === 'step' ? record.loss : Number.NaN));
    const mean = (list: number[]) => list.reduce((a, b) => a + b) / list.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.5 * mean(losses.slice(0, 5)));
    const first = records[0]!;
    if (first.kind !== 'step') throw new Error('the first record is a step');
    expect(first).toMatchObject({ step: 1, epoch: 0, learningRates: { '': 0.05 } });
    expect(first.terms['penalty']).toBeCloseTo(0.25, 6);
    expect(first.loss).toBeCloseTo(first.terms['contrastive']! + 0.25, 5);
    expect(result).toMatchObject({ step: 60, interrupted: false, skipped: 0 });
    disposeState(result);
  });

  it('trains summaries without tokens as it trains those with some', async () => {
    const tower = pooledEncoder('pooled', 3);
    const pooled = await train({
      ...options(),
      model: jointModel({ image: tower, text: tower, fusion: dotFusion }),
      loss: contrastive,
    });
    const full = await train(options());
    const learned = values(pooled.params);
    expect(Object.keys(learned)).toContain('image.weight');
    expect(values(full.params)).toMatchObject({
      'image.weight': learned['image.weight']!,
      'fusion.scale': learned['fusion.scale']!,
    });
    [pooled, full].forEach(disposeState);
  });

  it('repeats itself bit for bit, and differs under another key', async () => {
    const [a, b, other] = [
      await train(options()),
      await train(options()),
      await train(options({ key: key(2) })),
    ];
    expect(values(b.params)).toEqual(values(a.params));
    expect(values(other.params)).not.toEqual(values(a.params));
    [a, b, other].forEach(disposeState);
  });

  it.each([1, 3, 4, 5])('continued from step %i ends with the same bits', async (at) => {
    const whole = await train(options());
    const part = await train(options({ steps: at }));
    const rest = await train(options({ start: part }));
    expect(values(rest.params)).toEqual(values(whole.params));
    expect(values(rest.optimizer)).toEqual(values(whole.optimizer));
    expect(part.params['image.weight']!.isDisposed).toBe(false);
    [whole, part, rest].forEach(disposeState);
  });

  it('holds no more tensors after many steps than after few', async () => {
    const before = memory().numTensors;
    const counts: number[] = [];
    const log = (): number => counts.push(memory().numTensors);
    const result = await train(options({ steps: 12, log }));
    expect(new Set(counts).size).toBe(1);
    disposeState(result);
    expect(memory().numTensors).toBe(before);
  });

  it('keeps frozen parameters and their running statistics bit-equal', async () => {
    const start = await train(options({ steps: 1 }));
    const frozen = (path: string): boolean => path.startsWith('image.');
    const result = await train(
      options({ start, frozen, optimizer: adamW({ learningRate: 0.05 }) }),
    );
    const [was, is] = [values(start.params), values(result.params)];
    expect(is['image.weight']).toEqual(was['image.weight']);
    expect(is['image.running_mean']).toEqual(was['image.running_mean']);
    expect(is['text.weight']).not.toEqual(was['text.weight']);
    expect(is['text.running_mean']).not.toEqual(was['text.running_mean']);
    [start, result].forEach(disposeState);
  });

  it('stops at a batch that is not finite, names it, and keeps the last good state', async () => {
    const saved: TrainState[] = [];
    const checkpoint = (state: TrainState) => Promise.resolve(void saved.push(copyOf(state)));
    const run = options({ data: vectorSource(8, { poison: 3 }), checkpoint });
    const failure = await train(run).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(failure instanceof DivergenceError)) throw new Error('must diverge');
    expect(failure.code).toBe('non-finite');
    expect(failure.tensor).toBe('image of the batch');
    expect(failure.ids).toContain('row-3');
    expect(failure.message).toContain('row-3');
    expect([failure.step, failure.state.step]).toEqual([2, 1]);
    for (const list of Object.values(values(failure.state.params))) {
      for (const value of list) expect(Number.isFinite(value)).toBe(true);
    }
    expect(saved.map(({ step }) => step)).toEqual([1]);
    expect(values(saved[0]!.params)).toEqual(values(failure.state.params));
    disposeState(failure.state);
    saved.forEach(disposeState);
  });

  it('skips such batches when told to, and leaks nothing', async () => {
    const records: TrainRecord[] = [];
    const before = memory().numTensors;
    const result = await train(
      options({
        data: vectorSource(8, { poison: 3 }),
        onNonFinite: 'skip',
        log: (record) => records.push(record),
      }),
    );
    expect(result).toMatchObject({ step: 6, skipped: 3 });
    const skips = records.filter((record) => record.kind === 'skipped');
    expect(skips).toHaveLength(3);
    expect(skips[0]).toMatchObject({ tensor: 'image of the batch' });
    for (const list of Object.values(values(result.params))) {
      for (const value of list) expect(Number.isFinite(value)).toBe(true);
    }
    disposeState(result);
    expect(memory().numTensors).toBe(before);
  });

  it('evaluates and saves when due', async () => {
    const saved: number[] = [];
    const records: TrainRecord[] = [];
    const evaluate = vi.fn((state: TrainState) => Promise.resolve({ done: state.step }));
    const result = await train(
      options({
        evaluate,
        evaluateEvery: 4,
        checkpoint: (state) => Promise.resolve(void saved.push(state.step)),
        checkpointEvery: 2,
        log: (record) => records.push(record),
      }),
    );
    expect(saved).toEqual([2, 4, 6]);
    expect(records.filter((record) => record.kind === 'evaluation')).toEqual([
      { kind: 'evaluation', step: 4, metrics: { done: 4 } },
      { kind: 'evaluation', step: 6, metrics: { done: 6 } },
    ]);
    disposeState(result);
  });

  it('releases everything when a hook throws', async () => {
    const before = memory().numTensors;
    const evaluate = (): Promise<never> => Promise.reject(new Error('no disk'));
    await expect(train(options({ evaluate, evaluateEvery: 2 }))).rejects.toThrow('no disk');
    expect(memory().numTensors).toBe(before);
  });

  it('refuses figures out of range and data without a batch', async () => {
    await expect(train(options({ steps: 0 }))).rejects.toThrow(ConfigError);
    await expect(train(options({ steps: 1.5 }))).rejects.toThrow(/steps/);
    await expect(train(options({ evaluateEvery: 0 }))).rejects.toThrow(/evaluateEvery/);
    await expect(train(options({ onNonFinite: 'ignore' as 'stop' }))).rejects.toThrow(/ignore/);
    await expect(train(options({ data: vectorSource(3) }))).rejects.toThrow(DataError);
  });
});
