import { DataError } from '@crossweave/core';
import { describe, expect, it } from 'vitest';
import { requireFewRejects, type Reject } from './rejects';

const rejects = (count: number): Reject[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `c.csv:${i + 2}`,
    reason: 'record',
    action: 'skipped',
    rows: 1,
    error: new DataError(`line ${i + 2} is bad`, { where: `c.csv:${i + 2}` }),
  }));
const check = (count: number, rows: number, allowed?: number) => (): void => {
  requireFewRejects(rejects(count), rows, 'c.csv', allowed);
};

describe('requireFewRejects', () => {
  it('allows 5 % of files of at least 20 rows, and any number in smaller ones', () => {
    for (const [count, rows] of [
      [1, 20],
      [5, 100],
      [2, 6],
      [18, 19],
      [0, 20],
    ] as const) {
      expect(check(count, rows)).not.toThrow();
    }
    for (const [count, rows] of [
      [2, 20],
      [6, 100],
      [51, 1000],
    ] as const) {
      expect(check(count, rows)).toThrow(DataError);
    }
  });

  it('holds a share that was given for files of any size', () => {
    expect(check(1, 6, 0)).toThrow(/1 of 6 rows are damaged \(17 %\); expected at most 0 %/);
    expect(check(3, 6, 0.5)).not.toThrow();
    expect(check(4, 6, 0.5)).toThrow(DataError);
    expect(check(100, 100, 1)).not.toThrow();
  });

  it('tells the counts, the first ones, and the share that would allow them', () => {
    expect(check(12, 100)).toThrow(
      /c\.csv: 12 of 100 rows.*at most 5\.0 %.*12 record skipped; first c\.csv:2: line 2 is bad.*maxRejects: 0\.12/,
    );
    try {
      check(12, 100)();
    } catch (error) {
      expect((error as DataError).suggestion).toEqual({ maxRejects: 0.12 });
      expect(check(12, 100, 0.12)).not.toThrow();
    }
  });

  it('counts the rows that a reject took with it', () => {
    const [one] = rejects(1);
    const sized = (rows: number): Reject[] => [{ ...one!, rows }];
    expect(() => {
      requireFewRejects(sized(0), 20, 'c.csv', 0);
    }).not.toThrow();
    expect(() => {
      requireFewRejects(sized(2), 20, 'c.csv', undefined);
    }).toThrow(DataError);
  });
});
