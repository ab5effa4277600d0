import { pairBatches } from '@crossweave/data';
import { disposeBatch, key } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { tinySplit } from '../tiny.testing';
import { createTask } from './registry';
import { sampledPrior } from './sampled-prior';

const labels = ['a', ...new Array<string>(9).fill('b'), ...new Array<string>(4).fill('c')];

describe('sampledPrior', () => {
  it.each(['balanced', 'square-root'] as const)(
    'turns the shares of classes drawn %s into those of the data',
    async (sampling) => {
      const task = createTask('classification').fit(labels);
      // Four records without a label make 18 draws an epoch: 6, 6, 6, or 3, 9, 6 by square roots.
      const split = tinySplit(18);
      const records = split.records.map((record, i) => ({
        ...record,
        labels: record.captions.map((_, at) => (at === 0 ? labels[i] : undefined)),
      }));
      const drawn: Record<string, number> = {};
      const batches = pairBatches(
        { ...split, records },
        { batchSize: 18, key: key(3), captions: 'first', sampling },
      );
      for await (const batch of batches.batches(0)) {
        for (const label of batch.labels!) drawn[String(label)] = (drawn[String(label)] ?? 0) + 1;
        disposeBatch(batch);
      }
      const total = Object.values(drawn).reduce((a, b) => a + b);
      // The best constant outputs of a model that is shown these classes.
      const outputs = ['a', 'b', 'c'].map((name) => Math.log(drawn[name]! / total));
      const shifted = sampledPrior(task, sampling).map((value, k) => value + outputs[k]!);
      const told = task.predict(shifted).probabilities!;
      const shares = { a: 1 / 14, b: 9 / 14, c: 4 / 14 };
      for (const { label, probability } of told) {
        expect(probability).toBeCloseTo(shares[label as keyof typeof shares], 6);
      }
    },
  );

  it('is nothing without sampling, and refused for a task without classes of one pair', () => {
    const task = createTask('answering').fit(['yes', 'no', 'no']);
    expect(sampledPrior(task, 'none')).toEqual([0, 0]);
    expect(() => sampledPrior(createTask('regression').fit([1, 2]), 'balanced')).toThrow(
      /"regression" cannot be trained on sampled classes/,
    );
    expect(() => sampledPrior(createTask('multi-label').fit([['a'], ['b']]), 'balanced')).toThrow(
      /positiveWeights/,
    );
  });
});
