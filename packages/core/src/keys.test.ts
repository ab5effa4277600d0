import { tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  bernoulli,
  drawsNothing,
  foldIn,
  key,
  noDraws,
  normal,
  normalArray,
  permutation,
  randomInteger,
  randomWords,
  split,
  uniform,
  uniformArray,
  type Key,
} from './keys';
import { fillWords, threefry } from './threefry';
import { ConfigError } from './errors';

describe('threefry', () => {
  // Known answers of Random123's kat_vectors for threefry2x32, 20 rounds.
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)('key %j counter %j', (keyWords, counter, expected) => {
    const out = new Uint32Array(2);
    threefry(keyWords[0], keyWords[1], counter[0], counter[1], out, 0);
    expect([...out]).toEqual(expected);
  });
});

describe('keys', () => {
  it('accepts seed 0 and refuses what is no whole number', () => {
    expect(key(0)).toEqual({ high: 0, low: 0 });
    expect(key(2 ** 32 + 5)).toEqual({ high: 1, low: 5 });
    for (const bad of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) {
      expect(() => key(bad)).toThrow(ConfigError);
    }
  });

  it.each([[7, /Pass key\(7\)/], [undefined], [null], ['7'], [{}], [{ seed: 7 }]] as const)(
    'refuses %j in the place of a key, for which every seed would draw the same',
    (given, message: RegExp = /this is no key/) => {
      const wrong = given as unknown as Key;
      const uses = [
        () => split(wrong),
        () => foldIn(wrong, 'weight'),
        () => normal(wrong, [2]),
        () => uniformArray(wrong, 2),
        () => randomInteger(wrong, 3),
        () => permutation(wrong, 3),
      ];
      for (const use of uses) {
        expect(use).toThrow(ConfigError);
        expect(use).toThrow(message);
      }
    },
  );

  it.each([-1, 1.5, Number.NaN, '3'])('refuses %j numbers or keys', (count) => {
    const wrong = count as number;
    const uses = [split, permutation, uniformArray, normalArray, randomWords];
    for (const use of uses) expect(() => use(key(0), wrong)).toThrow(/"count"/);
    expect(() => bernoulli(key(0), [2], wrong)).toThrow(/"rate"/);
  });

  it('derives distinct keys, the same ones each time', () => {
    const parent = key(0);
    const derived = [
      ...split(parent, 4),
      foldIn(parent, 0),
      foldIn(parent, 1),
      foldIn(parent, 'a'),
      foldIn(parent, 'b'),
    ];
    expect(new Set(derived.map(({ high, low }) => `${high}:${low}`)).size).toBe(derived.length);
    expect(split(parent, 4)).toEqual(derived.slice(0, 4));
    expect(foldIn(parent, 'a')).toEqual(derived[6]);
  });

  it('gives a stream whose prefix does not depend on its length', () => {
    const long = randomWords(key(3), 11);
    expect([...randomWords(key(3), 4)]).toEqual([...long.subarray(0, 4)]);
  });
});

describe('distributions', () => {
  const count = 200_000;

  it('uniform lies in [0, 1) with mean 1/2 and variance 1/12', () => {
    const values = uniformArray(key(1), count);
    const { mean, variance } = moments(values);
    expect(Math.min(...values.subarray(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
  });

  it('normal has mean 0, variance 1 and no NaN', () => {
    const { mean, variance } = moments(normalArray(key(2), count));
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  });

  it('bernoulli has the asked rate', () => {
    const mask = bernoulli(key(4), [1000, 100], 0.3);
    const { mean } = moments(mask.dataSync() as Float32Array);
    mask.dispose();
    expect(Math.abs(mean - 0.3)).toBeLessThan(0.01);
  });

  it('randomInteger covers its range evenly and refuses an empty one', () => {
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 7000; i++) {
      const value = randomInteger(foldIn(key(5), i), 7);
      counts[value] = (counts[value] ?? Number.NaN) + 1;
    }
    for (const seen of counts) expect(Math.abs(seen - 1000)).toBeLessThan(150);
    expect(() => randomInteger(key(5), 0)).toThrow(ConfigError);
  });

  it('permutation holds every index once', () => {
    for (const length of [0, 1, 2, 100]) {
      const order = permutation(key(6), length);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
    }
    expect(permutation(key(6), 100)).not.toEqual(permutation(key(7), 100));
  });
});

function moments(values: Float32Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, variance };
}

describe('noDraws', () => {
  const copy = structuredClone(noDraws);

  it.each([
    ['itself', noDraws],
    ['a copy', copy],
    ['what a copy is folded into', foldIn(copy, 'weight')],
    ['what a copy is split into', split(copy)[1]!],
  ])('gives zeros, whatever is drawn: %s', (_, from) => {
    tidy(() => {
      const drawn = [
        uniform(from, [3], 1, 2),
        normal(from, [3], 5),
        bernoulli(from, [3], 0.99),
        uniformArray(from, 3),
        normalArray(from, 3),
        randomWords(from, 3),
      ].map((values) => [...('dataSync' in values ? values.dataSync() : values)]);
      expect(drawn).toEqual(new Array(6).fill([0, 0, 0]));
      expect([randomInteger(from, 9), ...permutation(from, 3)]).toEqual([0, 0, 1, 2]);
    });
  });

  it('is not the key of seed 0, which has the same words', () => {
    const seed = { ...key(0) };
    expect([noDraws.high, noDraws.low]).toEqual([seed.high, seed.low]);
    expect(drawsNothing(seed)).toBe(false);
    expect(uniformArray(seed, 4).some((value) => value > 0)).toBe(true);
    expect([...uniformArray(seed, 4)]).toEqual([...uniformArray(key(0), 4)]);
  });
});

describe('long arrays', () => {
  it.each([256, 258, 264, 16_384, 16_386, 40_002])(
    'of %i words are those of each block',
    (count) => {
      const [out, each] = [new Uint32Array(count), new Uint32Array(count)];
      for (const [high, low] of [
        [0, 0],
        [0xffffffff, 0x80000001],
      ] as const) {
        fillWords(high, low, out);
        for (let i = 0; i < count; i += 2) threefry(high, low, 0, i >>> 1, each, i);
        expect(out).toEqual(each);
      }
    },
  );
});
