import { ConfigError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { constant, warmupConstant, warmupCosine } from './warmup';

describe('warmupCosine', () => {
  it('has the values of the reference formula', () => {
    const factor = warmupCosine({ warmup: 4, steps: 12 });
    const expected = [
      0.25, 0.5, 0.75, 1, 1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5,
      0.3086582838174551, 0.14644660940672627, 0.03806023374435663, 0,
    ];
    expected.forEach((value, step) => expect(factor(step)).toBeCloseTo(value, 12));
  });

  it('starts at the full rate without warm-up and stays at 0 past the end', () => {
    const factor = warmupCosine({ warmup: 0, steps: 10 });
    expect(factor(0)).toBe(1);
    expect(factor(5)).toBeCloseTo(0.5, 12);
    expect(factor(25)).toBe(0);
  });

  it('is finite when every step is warm-up', () => {
    const factor = warmupCosine({ warmup: 3, steps: 3 });
    expect([0, 1, 2, 3].map(factor)).toEqual([1 / 3, 2 / 3, 1, 0]);
  });

  it('refuses counts that are not whole numbers', () => {
    expect(() => warmupCosine({ warmup: -1, steps: 3 })).toThrow(ConfigError);
    expect(() => warmupCosine({ warmup: 0, steps: Number.NaN })).toThrow(ConfigError);
  });
});

describe('constant and warmupConstant', () => {
  it('hold 1', () => {
    expect(constant()(7)).toBe(1);
    expect([0, 1, 2, 99].map(warmupConstant({ warmup: 2 }))).toEqual([0.5, 1, 1, 1]);
  });
});
