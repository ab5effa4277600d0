import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { createOnnxBackend } from './index';
import { resolveOptions } from './options';

it('has a default for each option', () => {
  const { threads, cacheSize, profile, provider } = resolveOptions({});
  expect(provider).toBe('cpu');
  expect(threads).toBe(availableParallelism());
  expect(cacheSize).toBeGreaterThan(0);
  expect(profile).toBeNull();
});

it('allows no pool at all', () => {
  expect(resolveOptions({ maxPooledBytes: 0 }).maxPooledBytes).toBe(0);
});

it.each([{ threads: 0 }, { cacheSize: 1.5 }, { maxPending: -1 }, { maxPooledBytes: NaN }])(
  'refuses %j',
  (options) => {
    expect(() => createOnnxBackend(options)).toThrow(RangeError);
  },
);
