import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { holm } from './holm';

describe('holm', () => {
  it('has the reference’s adjusted values, in the order given', () => {
    holm(fixture.holm.p).forEach((value, i) =>
      expect(value).toBeCloseTo(fixture.holm.adjusted[i]!, 12),
    );
    expect(holm([])).toEqual([]);
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    // A comparison without a p-value is not the surest of all.
    for (const wrong of [Number.NaN, -0.1, 1.1, null, undefined]) {
      expect(() => holm([0.5, wrong as number])).toThrow(/no probability/);
    }
  });
});
