import { grad, scalar, tidy, type Scalar } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { biasRule, temperatureRule, type Temperature } from './temperature';

const inverse = (temperature: Temperature): number =>
  tidy(() => {
    const { init, inverse: of } = temperatureRule(temperature);
    return of(init?.() ?? {}, 0.5).dataSync()[0]!;
  });

it('gives 1/T of a fixed, chosen or learned temperature', () => {
  expect(inverse(0.1)).toBeCloseTo(10, 5);
  expect(inverse('auto')).toBe(2);
  expect(inverse('learned')).toBeCloseTo(1 / 0.07, 4);
  expect(inverse({ initial: 0.02 })).toBeCloseTo(50, 3);
});

it('stays in [1, 100], and comes back from a bound', () =>
  tidy(() => {
    const rule = temperatureRule('learned');
    const at = (x: Scalar): Scalar => rule.inverse({ logit_scale: x }, 1);
    expect(at(scalar(20)).dataSync()[0]).toBeCloseTo(100, 3);
    expect(at(scalar(-20)).dataSync()[0]).toBe(1);
    // Descent on 1/T itself lowers it: allowed at the upper bound, barred at the lower.
    const slope = grad((x) => at(x as Scalar));
    expect(slope(scalar(20)).dataSync()[0]).toBeCloseTo(100, 3);
    expect(slope(scalar(-20)).dataSync()[0]).toBe(0);
  }));

it('gives a fixed or learned bias', () =>
  tidy(() => {
    expect(biasRule(-3).value({}).dataSync()[0]).toBe(-3);
    const learned = biasRule('learned');
    expect(learned.value(learned.init!()).dataSync()[0]).toBe(-10);
    expect(biasRule({ initial: -2 }).initial).toBe(-2);
  }));
