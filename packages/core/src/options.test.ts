import { describe, expect, it } from 'vitest';
import { lookUp, requireInteger, requireRange, withDefaults } from './options';

interface Options {
  rate?: number;
  on?: boolean;
}
const defaults = { rate: 0.5, on: true };

describe('withDefaults', () => {
  it('keeps 0 and false, and fills in what is absent or undefined', () => {
    expect(withDefaults<Options>('t', { rate: 0, on: false }, defaults)).toEqual({
      rate: 0,
      on: false,
    });
    expect(withDefaults<Options>('t', { rate: undefined }, defaults)).toEqual(defaults);
  });

  it('refuses an unknown option and names the nearest', () => {
    const misspelt: object = { rste: 1 };
    expect(() => withDefaults<Options>('thing', misspelt, defaults)).toThrow(
      /thing: there is no option "rste".*"rate"/,
    );
  });
});

it('refuses numbers out of range, NaN among them', () => {
  expect(() => requireInteger('t', 'layers', 0)).toThrow(/"layers".*at least 1.*got 0/);
  expect(() => requireInteger('t', 'layers', 1.5)).toThrow(/"layers"/);
  expect(() => requireInteger('t', 'layers', NaN)).toThrow(/"layers"/);
  requireInteger('t', 'layers', 0, 0);
  expect(() => requireRange('t', 'dropout', NaN, 0, 1)).toThrow(/"dropout".*\[0, 1\]/);
  requireRange('t', 'dropout', 0, 0, 1);
});

it('looks entries up by own name only', () => {
  expect(lookUp('fusion', { late: 1 }, 'late')).toBe(1);
  expect(() => lookUp('fusion', { late: 1 }, 'lste')).toThrow(/one of late.*"late"/);
  expect(() => lookUp('fusion', { late: 1 }, 'toString')).toThrow(/no "toString"/);
});
