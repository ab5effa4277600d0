import { ConfigError } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/optimizers.json';
import { cosineRestarts } from './cosine-restarts';
import { oneCycle } from './one-cycle';
import type { Schedule } from './schedule';
import { startingAt } from './starting-at';
import { inverseSquareRoot, warmupConstant, warmupCosine, warmupLinear } from './warmup';
import { warmupStableDecay } from './warmup-stable-decay';

const runner = { describe, it };
testOptions('warmupCosine', warmupCosine, runner, { required: { warmup: 0, steps: 1 } });
testOptions('warmupConstant', warmupConstant, runner, { required: { warmup: 0 } });
testOptions('warmupLinear', warmupLinear, runner, { required: { warmup: 0, steps: 1 } });
testOptions('inverseSquareRoot', inverseSquareRoot, runner, { required: { warmup: 1 } });
testOptions('oneCycle', oneCycle, runner, { required: { steps: 9 } });
testOptions('cosineRestarts', cosineRestarts, runner, { required: { first: 9 } });
testOptions('warmupStableDecay', warmupStableDecay, runner, {
  required: { warmup: 0, steps: 9, decay: 3 },
});

const factors = (schedule: Schedule, count: number): number[] =>
  Array.from({ length: count }, (_, step) => schedule(step));

describe('factors as PyTorch', () => {
  const cases: readonly (readonly [name: keyof typeof fixture.schedules, Schedule])[] = [
    ['oneCycle', oneCycle({ steps: 40 })],
    ['cosineRestarts', cosineRestarts({ first: 6, growth: 2 })],
    ['linear', warmupLinear({ warmup: 0, steps: 30, end: 0.1 })],
  ];
  it.each(cases)('%s', (name, schedule) => {
    const expected: readonly number[] = fixture.schedules[name];
    factors(schedule, 40).forEach((factor, step) => expect(factor).toBeCloseTo(expected[step]!, 9));
  });
});

it('falls as one over the root of the steps after the warm-up', () => {
  expect(factors(inverseSquareRoot({ warmup: 4 }), 16)).toEqual([
    ...[0.25, 0.5, 0.75, 1],
    ...Array.from({ length: 12 }, (_, i) => Math.sqrt(4 / (5 + i))),
  ]);
});

describe('warmupStableDecay', () => {
  it('rises, stays and falls', () => {
    const linear = warmupStableDecay({ warmup: 2, steps: 8, decay: 4, shape: 'linear' });
    expect(factors(linear, 9)).toEqual([0.5, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]);
    const root = warmupStableDecay({ warmup: 0, steps: 8, decay: 4 });
    expect(root(5)).toBe(0.5);
  });

  it('does not depend on the number of steps before its fall', () => {
    const [short, long] = [100, 1000].map((steps) =>
      warmupStableDecay({ warmup: 10, steps, decay: 20 }),
    );
    expect(factors(short!, 80)).toEqual(factors(long!, 80));
  });

  it('refuses a run that is shorter than its ends', () => {
    expect(() => warmupStableDecay({ warmup: 6, steps: 8, decay: 4 })).toThrow(
      /at most 8.*got 10/s,
    );
  });
});

it('begins a schedule later', () => {
  const schedule = startingAt(3, warmupConstant({ warmup: 2 }));
  expect(factors(schedule, 6)).toEqual([0, 0, 0, 0.5, 1, 1]);
  expect(() => startingAt(-1, schedule)).toThrow(ConfigError);
  expect(() => startingAt(1, 3 as never)).toThrow(/a function/);
});
