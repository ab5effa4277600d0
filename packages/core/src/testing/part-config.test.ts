import { describe, expect, it } from 'vitest';
import { count, number, oneOf, readOptions, withConfig } from '../authoring/index';
import type { Configured } from '../contracts/part-config';
import { partConfigChecks, testPartConfig } from './part-config';

interface Options {
  dim?: number;
  mode?: 'fast' | 'exact';
  rate?: (step: number) => number;
}

const read = (options: Options): Required<Options> =>
  readOptions<Options>('part', options, { dim: 4, mode: 'fast', rate: constant }, checks);
const constant = withConfig('constant', {}, () => 1);
const checks = {
  dim: count(),
  mode: oneOf('fast', 'exact'),
  rate: { expected: 'a function', accepts: (value: unknown) => typeof value === 'function' },
};
const values = { rate: [withConfig('other', {}, () => 2)] };

testPartConfig('part', (options: Options) => withConfig('part', read(options), {}), runner(), {
  values,
});

function withoutEntries(_settings: object): Configured {
  return {};
}

function runner() {
  return { describe, it };
}

it.each<[string, (options: Options) => Configured, RegExp]>([
  ['no config', (options) => withoutEntries(read(options)), /the part has no config/],
  [
    'an option that is left out',
    (options) => withConfig('part', { dim: read(options).dim }, {}),
    /"mode" is not in the config/,
  ],
  [
    'a config that changes from call to call',
    (options) => withConfig('part', { ...read(options), made: Math.random() }, {}),
    /two parts of equal options have different configs/,
  ],
  [
    'a config of a function',
    (options) => ({ config: { part: 'part', settings: read(options) as never } }),
    /the config is not plain data/,
  ],
])('%s is caught', async (_name, create, message) => {
  const run = async (): Promise<void> => {
    for (const check of partConfigChecks(create, { values })) await check.run();
  };
  await expect(run()).rejects.toThrow(message);
});

it('an option of which no second value is known is told', async () => {
  const create = (options: { only?: number }): Configured =>
    withConfig('part', readOptions('part', options, { only: 7 }, { only: seven }), {});
  const seven = number({ min: 7, max: 7 });
  const run = async (): Promise<void> => {
    for (const check of partConfigChecks(create)) await check.run();
  };
  await expect(run()).rejects.toThrow(/no second value is known that "only" accepts/);
});

describe('withConfig', () => {
  it('is not copied by a spread, which may change the part', () => {
    const part: Configured & { run?: () => number } = withConfig('part', { dim: 1 }, {});
    expect(part.config).toEqual({ part: 'part', settings: { dim: 1 } });
    expect({ ...part, run: () => 2 }.config).toBeUndefined();
  });

  it('writes nested parts, numbers without end and arrays of numbers', () => {
    const inner = withConfig('inner', { rates: new Float32Array([0.5, 1]) }, {});
    const outer = withConfig('outer', { inner, most: Infinity, absent: undefined }, {});
    expect(outer.config).toEqual({
      part: 'outer',
      settings: { inner: { part: 'inner', settings: { rates: [0.5, 1] } }, most: 'Infinity' },
    });
  });

  it('leaves a part without a config where a setting cannot be written', () => {
    expect(withConfig('part', { rate: () => 1 }, {})).toEqual({});
    expect(withConfig('part', { nested: [{ at: new Date(0) }] }, {}).config).toBeUndefined();
  });
});
