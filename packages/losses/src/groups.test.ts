import { expect, it } from 'vitest';
import { rivalCounts, rivals } from './groups';

it('makes rivals of rows of different images only', () => {
  expect([...rivals(['a', 'b', 'a'])]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
  expect(rivalCounts(['a', 'b', 'a'])).toEqual([1, 2, 1]);
  expect(rivalCounts(['a'])).toEqual([0]);
});
