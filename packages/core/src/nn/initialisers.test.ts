import { tidy } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors';
import { key } from '../keys';
import {
  kaimingUniform,
  normalInit,
  truncatedNormal,
  uniformInit,
  xavierUniform,
} from './initialisers';

/** Mean, standard deviation and largest magnitude of 20,000 draws. */
function moments(values: ArrayLike<number>): { mean: number; spread: number; largest: number } {
  const numbers = Array.from(values);
  const mean = numbers.reduce((total, v) => total + v, 0) / numbers.length;
  const variance = numbers.reduce((total, v) => total + (v - mean) ** 2, 0) / numbers.length;
  const largest = numbers.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return { mean, spread: Math.sqrt(variance), largest };
}

describe('uniform initialisers', () => {
  it.each([
    ['uniformInit', () => uniformInit(key(1), [100, 200], 0.3), 0.3],
    ['xavierUniform', () => xavierUniform(key(1), [100, 200]), Math.sqrt(6 / 300)],
    ['xavierUniform with gain', () => xavierUniform(key(1), [100, 200], 2), 2 * Math.sqrt(6 / 300)],
    [
      'xavierUniform of a kernel',
      () => xavierUniform(key(1), [20, 10, 10, 10]),
      Math.sqrt(6 / 3000),
    ],
    ['kaimingUniform', () => kaimingUniform(key(1), [100, 200]), 1 / Math.sqrt(200)],
    [
      'kaimingUniform of a kernel',
      () => kaimingUniform(key(1), [20, 10, 10, 10]),
      1 / Math.sqrt(1000),
    ],
    ['kaimingUniform before relu', () => kaimingUniform(key(1), [100, 200], 0), Math.sqrt(6 / 200)],
  ])('%s fills its range', (_, draw, bound) => {
    tidy(() => {
      const { mean, spread, largest } = moments(draw().dataSync());
      expect(largest).toBeLessThanOrEqual(bound * (1 + 1e-6));
      expect(largest).toBeGreaterThan(bound * 0.999);
      expect(Math.abs(mean)).toBeLessThan(bound * 0.02);
      expect(spread / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    });
  });

  it('needs a weight of at least two dimensions to count fans', () => {
    expect(() => xavierUniform(key(0), [3])).toThrow(ConfigError);
    expect(() => kaimingUniform(key(0), [3])).toThrow(ConfigError);
  });
});

describe('normal initialisers', () => {
  it('normalInit has the mean and spread asked for', () => {
    tidy(() => {
      const { mean, spread } = moments(normalInit(key(2), [100, 200], 0.5, 3).dataSync());
      expect(mean).toBeCloseTo(3, 1);
      expect(spread).toBeCloseTo(0.5, 2);
    });
  });

  it('truncatedNormal stays within two deviations', () => {
    tidy(() => {
      const { mean, spread, largest } = moments(truncatedNormal(key(3), [100, 200]).dataSync());
      expect(largest).toBeLessThanOrEqual(0.04 * (1 + 1e-6));
      expect(largest).toBeGreaterThan(0.0395);
      expect(Math.abs(mean)).toBeLessThan(0.0005);
      // √(1 − 4·φ(2) / (2·Φ(2) − 1)) of the untruncated spread
      expect(spread / 0.02).toBeCloseTo(0.8796, 2);
    });
  });

  it('fills empty and odd shapes, the same for the same key', () => {
    tidy(() => {
      expect(truncatedNormal(key(0), [0, 3]).shape).toEqual([0, 3]);
      const [a, b] = [0, 0].map(() => Array.from(truncatedNormal(key(5), [7]).dataSync()));
      expect(a).toEqual(b);
      expect(a!.every((value) => value !== 0)).toBe(true);
    });
  });
});
