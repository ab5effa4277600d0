import { expect, it } from 'vitest';
import { rivalCounts, rivals, sameRows } from './same';

it('makes rivals of rows of different images only', () => {
  expect([...rivals({ groups: ['a', 'b', 'a'] })]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
  expect(rivalCounts(rivals({ groups: ['a', 'b', 'a'] }))).toEqual([1, 2, 1]);
  expect(rivalCounts(rivals({ groups: ['a'] }))).toEqual([0]);
});

it('takes equal captions for the same where the batch has them, and labels when told to', () => {
  const batch = { groups: ['a', 'b', 'c'], captions: ['x', 'y', 'x'], labels: ['k', 'k', 'm'] };
  expect([...sameRows(batch)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1]);
  expect([...sameRows(batch, ['labels'])]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 1]);
  expect([...sameRows(batch, ['captions', 'labels'])]).toEqual([1, 1, 1, 1, 1, 0, 1, 0, 1]);
  expect([...sameRows(batch, ['labels'], 1, 3)]).toEqual([1, 0, 1, 0, 0, 1]);
  expect([...sameRows({ groups: ['a', 'b'] }, ['labels'])]).toEqual([1, 0, 0, 1]);
});
