import { expect, it } from 'vitest';
import { difference } from '../test/compare';

const floats = (...values: number[]) => ({ values, shape: [values.length], dtype: 'float32' });
const integers = (...values: number[]) => ({ ...floats(...values), dtype: 'int32' });

it.each([
  ['NaN for a number', [NaN], [1]],
  ['a number for NaN', [1], [NaN]],
  ['a number for an infinity', [1e38], [Infinity]],
  ['an infinity for a number', [Infinity], [1e38]],
  ['the other infinity', [-Infinity], [Infinity]],
  ['NaN for an infinity', [NaN], [Infinity]],
  ['NaN at another place', [NaN, 1], [1, NaN]],
  ['a value too many', [1, 2], [1]],
])('does not take %s', (_, got, want) => {
  expect(difference(floats(...got), floats(...want), { rtol: 1 })).not.toBeNull();
});

it('takes the same special values at the same places', () => {
  const special = floats(NaN, Infinity, -Infinity, 0, 1);
  expect(difference(special, special)).toBeNull();
});

it('takes near floats and the same integers only', () => {
  expect(difference(floats(1.000001), floats(1))).toBeNull();
  expect(difference(floats(1.1), floats(1))).toMatch(/element 0: got 1.1, want 1/);
  expect(difference(integers(1_000_000_001), integers(1_000_000_000))).not.toBeNull();
  expect(difference(integers(1), floats(1))).toMatch(/got int32/);
});
