import { mul, scalar, sum, tidy, type Scalar } from '@tensorflow/tfjs-core';
import { inference, key, parameter, type Loss, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { infoNCE } from '../contrastive/info-nce';
import { matching } from '../matching/matching';
import { weightedSum } from './weighted-sum';

testLoss(
  () =>
    weightedSum([
      { loss: infoNCE({ temperature: 'learned' }), weight: 0.5 },
      { loss: matching({ inBatch: 3 }) },
    ]),
  { describe, it },
  { negatives: [2] },
);

/** A loss whose total is 2 · its parameter. */
const doubling = (name: string, value: number): Loss => ({
  name,
  init: () => ({ value: scalar(value) }),
  compute: (params) => ({
    total: mul<Scalar>(sum(parameter(params, 'value')), 2),
    terms: { value: parameter<Scalar>(params, 'value') },
  }),
  chance: (size) => size * value,
});

describe('weightedSum', () => {
  it('sums weighted totals, with parameters and terms under each name', () =>
    tidy(() => {
      const loss = weightedSum([
        { loss: doubling('a', 3), weight: 0.5 },
        { loss: doubling('b', 5), weight: 0 },
      ]);
      const params = loss.init!(key(0));
      expect(Object.keys(params)).toEqual(['a.value', 'b.value']);
      const batch = { size: 1, ids: ['x'], groups: ['x'], image: undefined, text: undefined };
      const { total, terms } = loss.compute(params, {} as ModelOutputs, batch, inference);
      expect(total.dataSync()[0]).toBe(3);
      const logged = Object.entries(terms).map(([name, value]) => [name, value.dataSync()[0]]);
      expect(Object.fromEntries(logged)).toEqual({ a: 6, 'a.value': 3, b: 10, 'b.value': 5 });
      expect(loss.chance!(2)).toBe(3);
    }));

  it('refuses an empty list, one loss twice, and a negative weight', () => {
    expect(() => weightedSum([])).toThrow(/at least one loss/);
    expect(() => weightedSum([{ loss: infoNCE() }, { loss: infoNCE() }])).toThrow(
      /a different name each/,
    );
    expect(() => weightedSum([{ loss: infoNCE(), weight: -1 }])).toThrow(/entry 0: "weight"/);
  });
});
