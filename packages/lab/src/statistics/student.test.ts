import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/statistics.json';
import { studentCdf, studentQuantile, studentTwoSided } from './student';

function expectClose(actual: number, expected: number, rtol: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-14 + rtol * Math.abs(expected));
}

describe('the t distribution', () => {
  it('has SciPy’s probabilities', () => {
    for (const [t, df, expected] of fixture.cdf) expectClose(studentCdf(t!, df!), expected!, 1e-8);
    for (const [t, df, expected] of fixture.twoSided) {
      expectClose(studentTwoSided(t!, df!), expected!, 1e-8);
    }
  });

  it('has SciPy’s quantiles', () => {
    for (const [p, df, expected] of fixture.quantile) {
      expectClose(studentQuantile(p!, df!), expected!, 1e-8);
    }
  });
});
