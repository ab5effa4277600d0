import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { key, type Batch, type Features, type ModelOutputs } from '@crossweave/core';
import { testLoss } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { geodesicMixup, type GeodesicMixupOptions } from './geodesic-mixup';

const runner = { describe, it };
const embedded = { embeds: [true], negatives: [0] };
testLoss(() => geodesicMixup({ temperature: 'learned' }), runner, embedded);
testLoss(() => geodesicMixup({ mix: 0.3 }), runner, embedded);

const batch = (groups: string[]): Batch<unknown, unknown> => ({
  ...{ size: groups.length, ids: groups, groups, image: undefined, text: undefined },
});

/** The loss and its λ for these embeddings. */
function computed(
  image: number[][],
  text: number[][],
  options: GeodesicMixupOptions,
  seed = 0,
  groups = image.map((_, i) => String(i)),
): { total: number; mix: number } {
  return tidy(() => {
    const sides = { image: tensor2d(image), text: tensor2d(text) };
    const outputs = {
      embed: (side: 'image' | 'text', _features: Features) => sides[side],
    } as unknown as ModelOutputs;
    const ctx = { training: true, key: key(seed) };
    const { total, terms } = geodesicMixup(options).compute({}, outputs, batch(groups), ctx);
    return { total: total.dataSync()[0]!, mix: terms['mix']!.dataSync()[0]! };
  });
}

const right = [
  [1, 0],
  [0, 1],
];
const turned = [
  [0, 1],
  [1, 0],
];

it('has the texts as negatives at share 0, the images at share 1', () => {
  // Each image is orthogonal to its text, and equal to the other pair's text.
  const at = (mix: number): number => computed(right, turned, { mix, temperature: 1 }).total;
  // Images against texts: 1 above 0. Texts against texts: 0, level with their own.
  const across = Math.log(1 + Math.E);
  expect(at(0)).toBeCloseTo((across + Math.LN2) / 2, 5);
  expect(at(1)).toBeCloseTo((Math.LN2 + across) / 2, 5);
  // Half way all are at 45 degrees.
  expect(at(0.5)).toBeCloseTo(Math.log(1 + Math.exp(Math.SQRT1_2)), 5);
});

it('is finite for sides that are equal, opposite or zero', () => {
  const sides = [right, right.map((row) => row.map((x) => -x)), right.map(() => [0, 0])];
  for (const text of sides) expect(computed(right, text, {}).total).toBeGreaterThanOrEqual(0);
});

it('leaves out pairs of one image', () => {
  const rows = [...right, [0.6, 0.8]];
  const options = { mix: 0.4 };
  const alone = computed(rows, rows, options, 0, ['a', 'a', 'a']);
  expect(alone.total).toBe(0);
});

it.each([0.2, 1, 2])('draws shares from Beta(α, α), α = %d', (beta) => {
  const shares = Array.from({ length: 2000 }, (_, seed) => {
    return computed([[1, 0]], [[0, 1]], { mix: { beta } }, seed).mix;
  });
  const mean = shares.reduce((a, b) => a + b) / shares.length;
  const variance = shares.reduce((a, b) => a + (b - mean) ** 2, 0) / shares.length;
  expect(mean).toBeGreaterThan(0.47);
  expect(mean).toBeLessThan(0.53);
  // Var = 1/(4(2α + 1)).
  expect(variance * 4 * (2 * beta + 1)).toBeGreaterThan(0.9);
  expect(variance * 4 * (2 * beta + 1)).toBeLessThan(1.1);
});

it('refuses a share beyond 1 and an α beyond 2', () => {
  expect(() => geodesicMixup({ mix: 1.5 })).toThrow(/"mix"/);
  expect(() => geodesicMixup({ mix: { beta: 3 } })).toThrow(/"mix/);
});
