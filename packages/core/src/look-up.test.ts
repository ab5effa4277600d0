import { expect, it } from 'vitest';
import { lookUp } from './look-up';

it('finds own properties of the table only', () => {
  expect(lookUp('fusion', { late: 1 }, 'late')).toBe(1);
  expect(() => lookUp('fusion', { late: 1 }, 'lste')).toThrow(/one of late.*"late"/);
  expect(() => lookUp('fusion', { late: 1 }, 'toString')).toThrow(/no "toString"/);
});
