import { describe, expect, it } from 'vitest';
import { SIZES, Samples, isFixed } from './dimension';

describe.each(SIZES.map((sizes) => [sizes]))('one dynamic size, %o', (sizes) => {
  const samples = new Samples(['batch'], sizes);
  const along = (f: (batch: number) => number): number[] =>
    samples.sizes.map(([b]) => f(b as number));

  it('finds what depends on it', () => {
    expect(samples.describe(along(() => 7))).toBe(7);
    expect(samples.describe(along((b) => b))).toBe('batch');
    expect(samples.describe(along((b) => 150_528 * b + 1))).toBe('1+150528*batch');
    expect(samples.describe(along((b) => b * b - b))).toBe('-1*batch+batch*batch');
  });

  it('gives null for what is no polynomial of degree 2 with whole coefficients', () => {
    for (const f of [
      (b: number) => b ** 3,
      (b: number) => 1 / b,
      (b: number) => Math.floor(b / 2),
    ]) {
      expect(samples.terms(along(f))).toBeNull();
      expect(samples.describe(along(f))).toBeNull();
    }
  });

  it('sees every number of chunks vary', () => {
    for (let chunk = 2; chunk < (sizes.at(-1) as number); chunk++) {
      const chunks = along((b) => Math.ceil(b / chunk));
      expect(isFixed(chunks), `chunks of ${chunk}`).toBe(false);
    }
  });
});

it('tells two dynamic sizes and their product apart', () => {
  const samples = new Samples(['images', 'texts'], SIZES[0] as number[]);
  expect(samples.count).toBe(7);
  const along = (f: (i: number, t: number) => number): number[] =>
    samples.sizes.map(([i, t]) => f(i as number, t as number));
  expect(samples.describe(along((i) => i))).toBe('images');
  expect(samples.describe(along((_, t) => t))).toBe('texts');
  expect(samples.describe(along((i, t) => i * t))).toBe('images*texts');
  expect(samples.describe(along((i, t) => 3 * i + t * t + 2))).toBe('2+texts*texts+3*images');
  expect(samples.terms(along((i, t) => i * i * t))).toBeNull();
});

it('needs a single trace where nothing is dynamic', () => {
  const samples = new Samples([], SIZES[0] as number[]);
  expect(samples.sizes).toEqual([[]]);
  expect(samples.describe([4])).toBe(4);
});
