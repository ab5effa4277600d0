import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { holdOutCheck, holdOutSamples, type HoldOut } from './hold-out';
import type { ReadSample } from './samples';

const sample = (image: string, fields: Partial<ReadSample> = {}): ReadSample => ({
  id: image,
  image,
  split: 'train',
  captions: ['a'],
  line: 1,
  path: `/${image}`,
  where: 'c.csv:1',
  rows: 1,
  ...fields,
});
const many = Array.from({ length: 100 }, (_, i) => sample(`${i}.png`));

/** By image: the split that it goes to. */
function splits(samples: readonly ReadSample[], holdOut: HoldOut): Record<string, string> {
  const held = holdOutSamples(samples, holdOut, 'c.csv');
  return Object.fromEntries(held.map(({ image, split }) => [image, split]));
}
const count = (table: Record<string, string>, name: string): number =>
  Object.values(table).filter((split) => split === name).length;

describe('holdOutSamples', () => {
  it('moves shares of train, the same whatever the order, and keeps the rest', () => {
    const held = splits(many, { test: 0.2, val: 0.1 });
    expect([count(held, 'test'), count(held, 'val'), count(held, 'train')]).toEqual([20, 10, 70]);
    expect(splits([...many].reverse(), { test: 0.2, val: 0.1 })).toEqual(held);
    const other = [...many, sample('x.png', { split: 'dev' })];
    expect(splits(other, { test: 0.2, val: 0.1 })).toEqual({ ...held, 'x.png': 'dev' });
  });

  it('keeps groups together', () => {
    const grouped = many.map((each, i) => ({ ...each, group: `${i % 7}` }));
    const held = holdOutSamples(grouped, { test: 0.3 }, 'c.csv');
    const groups = new Map<string, Set<string>>();
    for (const { group = '', split } of held) {
      groups.set(group, (groups.get(group) ?? new Set()).add(split));
    }
    expect([...groups.values()].every((names) => names.size === 1)).toBe(true);
    expect(held.filter(({ split }) => split === 'test').length).toBeGreaterThanOrEqual(30);
  });

  it('gives every split one, and leaves one to train', () => {
    const few = many.slice(0, 3);
    expect(Object.values(splits(few, { a: 0.01, b: 0.9 })).sort()).toEqual(['a', 'b', 'train']);
    expect(() => splits(few.slice(0, 2), { a: 0.01, b: 0.9 })).toThrow(/too few records/);
  });

  it('refuses a split that the file has', () => {
    const samples = [...many, sample('x.png', { split: 'test', where: 'c.csv:9' })];
    expect(() => splits(samples, { test: 0.1 })).toThrow(DataError);
    expect(() => splits(samples, { test: 0.1 })).toThrow(/c\.csv:9: .*"test" of its own/);
  });

  it.each([{ test: 0 }, { test: 1 }, { a: 0.5, b: 0.5 }, { train: 0.1 }, { '': 0.1 }, 0.1, ['a']])(
    'does not accept %j',
    (value) => {
      expect(holdOutCheck.accepts(value)).toBe(false);
    },
  );
});
