import { ConfigError, key, normal, uniform, type FittedTask, type Label } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { createTask } from './registry';
import { bestThreshold, type Decision } from './thresholds';

const classes = ['a', 'b', 'c'];
const count = 40;

/** Outputs that are rounded, so that some are equal, and labels that they tell a little of. */
function sample(seed: number): { outputs: Float32Array; labels: string[][] } {
  const noise = normal(key(seed), [count, 3]).dataSync();
  const chances = uniform(key(seed + 100), [count, 3]).dataSync();
  const has = chances.map((chance, i) => Number(chance < [0.5, 0.2, 0.08][i % 3]!));
  const outputs = Float32Array.from(noise, (value, i) => Math.round(4 * (value + has[i]!)) / 4 - 1);
  const labels = Array.from({ length: count }, (_, row) =>
    classes.filter((_class, k) => has[3 * row + k] === 1),
  );
  return { outputs, labels };
}

/** Every threshold that decides otherwise than its neighbours. */
function candidates(outputs: Float32Array): number[] {
  const sorted = [...new Set(outputs)].sort((a, b) => a - b).map((z) => 1 / (1 + Math.exp(-z)));
  return [sorted[0]! / 2, ...sorted.slice(0, -1).map((p, i) => (p + sorted[i + 1]!) / 2), 0.9999];
}

const task = (options: Record<string, unknown> = {}): FittedTask =>
  createTask('multi-label', options).restore({ classes, shares: [0.5, 0.2, 0.08] });

describe.each([1, 2, 3, 4])('thresholds of sample %d against every threshold', (seed) => {
  const { outputs, labels } = sample(seed);

  it('of each class', () => {
    const fitted = task();
    const { at, fit } = fitted.thresholds!;
    const { values } = fit(outputs, labels);
    const f1Of = (k: number, thresholds: readonly number[]): number =>
      at(thresholds)
        .measure(outputs, labels)
        .classes?.find(({ label }) => label === classes[k])?.f1 ?? 0;
    classes.forEach((_, k) => {
      const all = candidates(outputs).map((t) => f1Of(k, [t, t, t]));
      expect(f1Of(k, values)).toBe(Math.max(...all));
    });
  });

  it('of all classes, with a class that training did not show', () => {
    const seen = [['new', 'a'], ...labels.slice(1)];
    const { at, fit } = task({ fitThresholds: 'shared' }).thresholds!;
    const { values } = fit(outputs, seen);
    expect(new Set(values).size).toBe(1);
    const microF1 = (t: number): number =>
      at([t, t, t]).measure(outputs, seen).metrics['multi-label.f1Micro']!;
    expect(microF1(values[0]!)).toBe(Math.max(...candidates(outputs).map(microF1)));
  });
});

describe('fitted thresholds', () => {
  const outputs = Float32Array.of(-1, 2, 0, -2, 2, 0, -3, -1, 0);
  const labels: Label[] = [['a'], ['a', 'b'], []];

  it('are the usual one where no pair has the class, and where it decides as well', () => {
    const { values, withoutPositives } = task().thresholds!.fit(outputs, labels);
    expect(withoutPositives).toEqual(['c']);
    // a: both pairs with it lie above σ(−3); b: the usual one is among the best.
    const [low, high] = [1 / (1 + Math.exp(3)), 1 / (1 + Math.exp(2))];
    expect(values[0]).toBeCloseTo((low + high) / 2, 12);
    expect(values.slice(1)).toEqual([0.5, 0.5]);
    const shared = task({ fitThresholds: 'shared' }).thresholds!;
    expect(shared.fit(outputs, labels).withoutPositives).toEqual([]);
    expect(shared.fit(outputs, [[], [], []])).toEqual({
      values: [0.5, 0.5, 0.5],
      withoutPositives: classes,
    });
  });

  it('decide in predictions and figures', () => {
    const { fit, at } = task().thresholds!;
    const decided = at(fit(outputs, labels).values);
    expect(decided.predict([-2, -1, 0])).toMatchObject({ label: ['a'] });
    expect(task().predict([-2, -1, 0])).toMatchObject({ label: [] });
    const recall = (of: FittedTask): number | undefined =>
      of.measure(outputs, labels).classes?.find(({ label }) => label === 'a')?.recall;
    expect([recall(task()), recall(decided)]).toEqual([0, 1]);
  });

  it('are not fitted where the options name a threshold or turn them off', () => {
    expect(task({ fitThresholds: 'none' }).thresholds).toBeUndefined();
    expect(task({ threshold: 0.3 }).thresholds).toBeUndefined();
    const both = task({ threshold: 0.3, fitThresholds: 'per-class' }).thresholds!;
    expect(both.fit(outputs, labels).values[2]).toBe(0.3);
  });

  it('are one share per class', () => {
    const { at } = task().thresholds!;
    for (const wrong of [
      [0.5, 0.5],
      [0.5, 0.5, 1],
      [0, 0.5, 0.5],
    ]) {
      expect(() => at(wrong)).toThrow(ConfigError);
    }
  });
});

describe('bestThreshold', () => {
  const decisions = (...all: [number, boolean][]): Decision[] =>
    all.map(([probability, has]) => ({ probability, has }));

  it('separates neighbours of which no number lies between', () => {
    const [low, high] = [0.2, 0.2 + Number.EPSILON / 8];
    const threshold = bestThreshold(decisions([low, false], [high, true]), 0.5);
    expect([low > threshold, high > threshold]).toEqual([false, true]);
  });

  it('is the nearest to the usual one of those of equal F1', () => {
    // Given alone, the first has F1 2/3; so have all four together.
    const four = decisions([0.9, true], [0.3, false], [0.2, false], [0.1, true]);
    expect(bestThreshold(four, 0.5)).toBe(0.5);
    expect(bestThreshold(four, 0.01)).toBe(0.01);
  });

  it('counts pairs whose class is never given', () => {
    const five = decisions([0.9, true], [0.8, false], [0.7, false], [0.6, false], [0.5, true]);
    // F1 of the first alone and of all: 2/3 and 4/7; with three more that are missed, 2/6 and 4/10.
    expect(bestThreshold(five, 0.85)).toBe(0.85);
    expect(bestThreshold(five, 0.85, 3)).toBe(0.25);
  });

  it('is the usual one where the probabilities of the class are 0', () => {
    expect(bestThreshold(decisions([0, true], [0, false]), 0.4)).toBe(0.4);
  });
});
