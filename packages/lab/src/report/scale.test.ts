import { describe, expect, it } from 'vitest';
import { ticks } from './scale';

describe('ticks', () => {
  it('are round and span the values', () => {
    expect(ticks(0.03, 0.97, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(-3, 12, 4)).toEqual([-5, 0, 5, 10, 15]);
  });

  it('stay within limits and survive equal values', () => {
    expect(ticks(-0.1, 1.08, 5, [0, 1])).toEqual([0, 0.5, 1]);
    const same = ticks(1, 1, 5, [0, 1]);
    expect(same.length).toBeGreaterThan(1);
    expect(same.at(-1)).toBe(1);
    expect(ticks(0, 0, 4)[0]).toBe(0);
  });
});
