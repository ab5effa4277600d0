import { grads, mul, scalar, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { inference, key, type Loss, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { infoNCE } from '../contrastive/info-nce';
import { matching } from '../matching/matching';
import { uncertaintyWeighting } from './uncertainty-weighting';

testLoss(
  () =>
    uncertaintyWeighting([
      { loss: infoNCE({ temperature: 'learned' }) },
      { loss: matching({ inBatch: 3 }), kind: 'regression' },
    ]),
  { describe, it },
  { negatives: [2], embeds: [true] },
);

/** A loss whose total is `value`. */
const constant = (name: string, value: number): Loss => ({
  name,
  compute: () => ({ total: mul<Scalar>(scalar(value), 1), terms: {} }),
  chance: () => value,
});

describe('uncertaintyWeighting', () => {
  const batch = { size: 1, ids: ['x'], groups: ['x'], image: undefined, text: undefined };
  const loss = uncertaintyWeighting([
    { loss: constant('a', 3), initial: 1 },
    { loss: constant('b', 5), kind: 'regression' },
  ]);

  it('is L/σ² + ln σ of a classification, L/(2σ²) + ln σ of a regression', () =>
    tidy(() => {
      const params = loss.init!(key(0));
      expect(Object.keys(params)).toEqual(['log_variance.a', 'log_variance.b']);
      const { total, terms } = loss.compute(params, {} as ModelOutputs, batch, inference);
      const wanted = 3 / Math.E + 0.5 + 5 / 2;
      expect(total.dataSync()[0]).toBeCloseTo(wanted, 5);
      expect(terms['weight.b']!.dataSync()[0]).toBe(0.5);
      expect(loss.chance!(4)).toBeCloseTo(wanted, 10);
    }));

  it('has its minimum where σ² is the loss, and stays finite far away', () =>
    tidy(() => {
      const slopes = (a: number): number[] => {
        const at = grads((x: Tensor, y: Tensor) => {
          const params = { 'log_variance.a': x, 'log_variance.b': y };
          return loss.compute(params, {} as ModelOutputs, batch, inference).total;
        });
        return at([scalar(a), scalar(Math.log(5))]).map((slope) => slope.dataSync()[0]!);
      };
      expect(slopes(Math.log(6)).map((slope) => Math.abs(slope) < 1e-5)).toEqual([true, true]);
      expect(slopes(-80).every(Number.isFinite)).toBe(true);
    }));

  it('refuses an empty list and a start out of range', () => {
    expect(() => uncertaintyWeighting([])).toThrow(/at least one loss/);
    expect(() => uncertaintyWeighting([{ loss: infoNCE(), initial: 11 }])).toThrow(
      /entry 0: "initial"/,
    );
  });
});
