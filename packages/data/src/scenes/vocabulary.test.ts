import { expect, it } from 'vitest';
import { allMeanings } from './vocabulary';

it('lists every meaning once, objects differing in every attribute', () => {
  const meanings = allMeanings();
  expect(meanings).toHaveLength(6 * 5 * (3 * 2) * (6 * 5) * 2);
  expect(new Set(meanings.map((meaning) => JSON.stringify(meaning))).size).toBe(meanings.length);
  for (const { first, second } of meanings) {
    expect(first.colour).not.toBe(second.colour);
    expect(first.texture).not.toBe(second.texture);
    expect(first.shape).not.toBe(second.shape);
  }
});
