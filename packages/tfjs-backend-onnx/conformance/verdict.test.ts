import { expect, it } from 'vitest';
import { EXCLUSIONS } from './exclusions';
import { describeVerdict, judge } from './verdict';

const exclusions = [{ reason: 'known', cases: ['c', 'd', 'gone'] }];
const cases = [
  { name: 'a', error: null },
  { name: 'b', error: 'wrong' },
  { name: 'c', error: 'wrong' },
  { name: 'd', error: null },
];

it('tells failures from exclusions, and exclusions that no longer hold', () => {
  const verdict = judge(cases, exclusions);
  expect(verdict.passed).toBe(1);
  expect(verdict.failed.map(({ name }) => name)).toEqual(['b']);
  expect(verdict.outdated).toEqual(['d', 'gone']);
  expect([...verdict.excluded]).toEqual([['known', [cases[2]]]]);
});

it('groups failures by message and ends with the count', () => {
  const lines = describeVerdict(
    judge([...cases, { name: 'e', error: 'wrong' }, { name: 'f', error: 'other' }], exclusions),
  );
  expect(lines).toEqual([
    'FAILED (2): wrong',
    '    b',
    '    e',
    'FAILED (1): other',
    '    f',
    "FAILED: 'd' passes or is gone; take it out of exclusions.ts.",
    "FAILED: 'gone' passes or is gone; take it out of exclusions.ts.",
    'excluded (1): known',
    '    c',
    '1 passed, 5 failed, 1 excluded',
  ]);
});

it('counts a case of the list as failed when it is not on this list', () => {
  expect(describeVerdict(judge(cases, [])).at(-1)).toBe('2 passed, 2 failed');
});

it('lists no case twice, and none without a reason', () => {
  const names = EXCLUSIONS.flatMap((exclusion) => exclusion.cases);
  expect(new Set(names).size).toBe(names.length);
  for (const { reason } of EXCLUSIONS) expect(reason.length).toBeGreaterThan(20);
});
