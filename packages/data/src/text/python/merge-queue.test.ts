import { key, uniformArray } from '@crossweave/core';
import { expect, it } from 'vitest';
import { MergeQueue, type NextMerge } from './merge-queue';

it('gives merges by rank, and of one rank from the beginning of the word', () => {
  const draws = uniformArray(key(0), 400);
  const merges = Array.from({ length: 200 }, (_, i): NextMerge => {
    return { rank: Math.floor(20 * draws[2 * i]!), at: Math.floor(50 * draws[2 * i + 1]!), id: 0 };
  });
  const queue = new MergeQueue();
  for (const merge of merges) queue.add(merge);
  const taken: NextMerge[] = [];
  for (let next = queue.next(); next !== undefined; next = queue.next()) taken.push(next);
  expect(taken).toEqual([...merges].sort((a, b) => 100 * (a.rank - b.rank) + a.at - b.at));
  queue.add(merges[0]!);
  expect([queue.next(), queue.next()]).toEqual([merges[0], undefined]);
});
