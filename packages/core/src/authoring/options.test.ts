import { describe, expect, it } from 'vitest';
import * as checks from './checks';
import { checkOptions, readOptions, type Checks } from './options';

interface Options {
  rate?: number;
  mode?: 'fast' | 'exact';
  on?: boolean;
}
const defaults: Required<Options> = { rate: 0.5, mode: 'fast', on: true };
const table: Checks<Options> = {
  rate: checks.share(),
  mode: checks.oneOf('fast', 'exact'),
  on: checks.boolean(),
};
const read = (options: unknown): Required<Options> =>
  readOptions<Options>('thing', options as Options, defaults, table);

describe('readOptions', () => {
  it('keeps 0 and false, and fills in what is absent or undefined', () => {
    expect(read({ rate: 0, on: false })).toEqual({ rate: 0, mode: 'fast', on: false });
    expect(read({ rate: undefined })).toEqual(defaults);
  });

  it.each<[unknown, RegExp]>([
    [{ rste: 1 }, /thing: there is no option "rste".*one of rate, mode, on.*"rate"/],
    [{ mode: 'exat' }, /"mode".*"fast" \| "exact"; got "exat".*"exact"/],
    [{ mode: ['fast'] }, /"mode".*got \["fast"\]/],
    [{ rate: '0.5' }, /"rate".*in \[0, 1\]; got "0\.5"/],
    [{ rate: Number.NaN }, /"rate".*got NaN/],
    [{ on: null }, /"on".*true or false; got null/],
    [null, /no object/],
    [[], /no object/],
    ['fast', /no object/],
    [JSON.parse('{"__proto__": 1}'), /"__proto__"/],
  ])('refuses %j', (options, message) => {
    expect(() => read(options)).toThrow(message);
  });
});

it('defaults may follow from the options, once these are checked', () => {
  const readSizes = (options: { dim?: number; hidden?: number }) =>
    readOptions('sizes', options, ({ dim = 2 }: { dim?: number }) => ({ dim, hidden: 4 * dim }), {
      dim: checks.count(),
      hidden: checks.count(),
    });
  expect(readSizes({})).toEqual({ dim: 2, hidden: 8 });
  expect(readSizes({ dim: 3 })).toEqual({ dim: 3, hidden: 12 });
  expect(readSizes({ dim: 3, hidden: 5 })).toEqual({ dim: 3, hidden: 5 });
  expect(() => readSizes(null as never)).toThrow(/no object/);
});

it.each([
  ['a Map', new Map([['rate', 0.1]])],
  ['a Set', new Set(['rate'])],
  ['a date', new Date(0)],
  ['options that it inherits', Object.create({ rate: 0.1 }) as object],
])('refuses %s, whose values would be passed over', (_what, options) => {
  expect(() => read(options)).toThrow(/thing: the options are no object/);
});

it('checkOptions asks for what is required', () => {
  const check = (options: Options): void => {
    checkOptions('thing', options, table, ['mode']);
  };
  check({ mode: 'exact' });
  expect(() => check({ rate: 1 })).toThrow(/"mode".*got nothing/);
});
