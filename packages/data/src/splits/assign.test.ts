import { ConfigError, DataError, key } from '@crossweave/core';
import { testOptions } from '@crossweave/core/testing';
import { describe, expect, it } from 'vitest';
import { assignSplits, type Dealt } from './assign';

const shares = { train: 0.7, val: 0.1, test: 0.2 };

/** Two records an image; one label in ten is rare. */
function records(count: number): Dealt[] {
  return Array.from({ length: count }, (_, i) => ({
    together: [`image ${Math.floor(i / 2)}`],
    labels: [Math.floor(i / 2) % 10 === 0 ? 'rare' : 'common'],
  }));
}

const countsOf = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe('assignSplits', () => {
  it('deals every label by the shares, and keeps together what belongs together', () => {
    const all = records(400);
    const splits = assignSplits(all, { shares, key: key(1) });
    expect(countsOf(splits)).toEqual({ train: 280, val: 40, test: 80 });
    const rare = splits.filter((_, i) => all[i]!.labels![0] === 'rare');
    expect(countsOf(rare)).toEqual({ train: 28, val: 4, test: 8 });
    all.forEach((_, i) => expect(splits[i]).toBe(splits[i - (i % 2)]));
  });

  it('deals many different numbers by their tenths, and a few by their values', () => {
    const numbers = Array.from({ length: 400 }, (_, i) => ({
      together: [`image ${i}`],
      labels: [((i * 37) % 400) / 7],
    }));
    const splits = assignSplits(numbers, { shares, key: key(3) });
    expect(countsOf(splits)).toEqual({ train: 280, val: 40, test: 80 });
    const lowest = splits.filter((_, i) => numbers[i]!.labels[0]! < 40 / 7);
    expect(countsOf(lowest)).toEqual({ train: 28, val: 4, test: 8 });
    const stars = numbers.map(({ together }, i) => ({ together, labels: [i < 20 ? 5 : 1] }));
    const ofFive = assignSplits(stars, { shares, key: key(3) }).slice(0, 20);
    expect(countsOf(ofFive)).toEqual({ train: 14, val: 2, test: 4 });
  });

  it('follows chains: a and b share a picture, b and c a group', () => {
    const chain = [['x'], ['x', 'y'], ['y'], ['z'], ['u'], ['v']].map((together) => ({ together }));
    const splits = assignSplits(chain, { shares: { train: 0.5, test: 0.5 }, key: key(0) });
    expect(new Set(splits.slice(0, 3)).size).toBe(1);
    expect(countsOf(splits)).toEqual({ train: 3, test: 3 });
  });

  it('depends on the key and on names, not on the order of records', () => {
    const all = records(60);
    const splits = assignSplits(all, { shares, key: key(1) });
    const turned = assignSplits([...all].reverse(), { shares, key: key(1) });
    expect([...turned].reverse()).toEqual(splits);
    expect(assignSplits(all, { shares, key: key(2) })).not.toEqual(splits);
  });

  it('refuses shares that are not 1 in all, and splits that would be empty', () => {
    expect(() => assignSplits(records(9), { shares: { train: 0.5 }, key: key(0) })).toThrow(
      ConfigError,
    );
    const one = [{ together: ['x'] }, { together: ['x'] }];
    expect(() => assignSplits(one, { shares: { train: 0.5, test: 0.5 }, key: key(0) })).toThrow(
      DataError,
    );
  });
});

testOptions(
  'assignSplits',
  (options: { shares: Record<string, number>; key: ReturnType<typeof key> }) =>
    assignSplits(records(20), options),
  { describe, it },
  // Any text names a split.
  { required: { shares: { train: 1 }, key: key(0) }, anyValue: ['shares'] },
);
