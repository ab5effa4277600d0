import { describe, expect, it } from 'vitest';
import { firstDifference, isClose, maxDifference } from './closeness';

describe('isClose', () => {
  it('adds the absolute and the relative tolerance', () => {
    expect(isClose(100.5, 100, { rtol: 0.004, atol: 0.1 })).toBe(true);
    expect(isClose(100.6, 100, { rtol: 0.004, atol: 0.1 })).toBe(false);
    expect(isClose(1e-6, 0)).toBe(true);
    expect(isClose(1e-4, 0)).toBe(false);
  });

  it('never lets NaN pass, and an infinity only beside itself', () => {
    const loose = { rtol: 1e9, atol: 1e9 };
    expect(isClose(NaN, NaN, loose)).toBe(false);
    expect(isClose(NaN, 0, loose)).toBe(false);
    expect(isClose(0, NaN, loose)).toBe(false);
    expect(isClose(Infinity, Infinity)).toBe(true);
    expect(isClose(Infinity, -Infinity, loose)).toBe(false);
    expect(isClose(1, Infinity, loose)).toBe(false);
  });
});

describe('firstDifference', () => {
  it('finds the first place, and the end of the shorter list', () => {
    expect(firstDifference([1, 2, 3], [1, 2.5, 4])).toBe(1);
    expect(firstDifference([1, 2], [1, 2])).toBe(-1);
    expect(firstDifference([1, 2], [1, 2, 3])).toBe(2);
    expect(firstDifference([], [])).toBe(-1);
  });
});

describe('maxDifference', () => {
  it('is the largest distance, infinite for NaN and other lengths', () => {
    expect(maxDifference([1, 5, -2], [1, 4, -4])).toBe(2);
    expect(maxDifference([Infinity], [Infinity])).toBe(0);
    expect(maxDifference([NaN], [NaN])).toBe(Infinity);
    expect(maxDifference([1], [1, 2])).toBe(Infinity);
  });
});
