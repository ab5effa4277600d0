import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors';
import { boolean, checkOptions, count, number, oneOf, readOptions, text } from '../authoring/index';
import { optionsChecks, testOptions } from './options';

interface Options {
  dim?: number;
  mode?: 'fast' | 'exact';
  on?: boolean;
  label?: string;
}
const defaults: Required<Options> = { dim: 4, mode: 'fast', on: true, label: 'x' };

const careful = (options: Options): Required<Options> =>
  readOptions('careful', options, defaults, {
    dim: count(),
    mode: oneOf('fast', 'exact'),
    on: boolean(),
    label: text(),
  });
testOptions('careful', careful, { describe, it }, { anyText: ['label'] });

const byPrefix = (rates: Record<string, number>): void => {
  for (const [prefix, rate] of Object.entries(rates)) {
    if (!number({ min: 0 }).accepts(rate) || prefix !== 'image.') {
      throw new ConfigError(`"${prefix}" is no rate of a part`, { where: 'byPrefix' });
    }
  }
};
testOptions('byPrefix', byPrefix, { describe, it }, { known: ['image.'] });

it('does not pass where it finds no option to try', async () => {
  const run = async (): Promise<void> => {
    for (const check of optionsChecks(byPrefix)) await check.run();
  };
  await expect(run()).rejects.toThrow(/the names of the options cannot be read from the error/);
});

const plain = (options: { data?: unknown }): void => {
  const data = { expected: 'no NaN', accepts: (value: unknown) => !Object.is(value, Number.NaN) };
  checkOptions('plain', options, { data });
  if (options.data === Number.NEGATIVE_INFINITY) checkOptions('plain', options, { data: count() });
};
testOptions('plain', plain, { describe, it }, { anyValue: ['data'] });

it.each<[string, (options: Options) => unknown]>([
  ['no check at all', () => undefined],
  ['a check of names alone', (options) => careful({ ...options, mode: 'fast' })],
  [
    'a bound that NaN passes',
    (options) => {
      if ((options.dim ?? 1) < 1) throw new Error('dim');
      return careful({ ...options, dim: 1 });
    },
  ],
])('%s is caught', async (_name, create) => {
  const run = async (): Promise<void> => {
    for (const check of optionsChecks(create, { anyText: ['label'] })) await check.run();
  };
  await expect(run()).rejects.toThrow(/unknown option is not refused|accepts a wrong value/);
});
