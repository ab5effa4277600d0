import { describe, expect, it } from 'vitest';
import { BatchMemory, copiedTensor } from './batch-memory';

describe('BatchMemory', () => {
  it('gives memory again once it was given back, for batches of the same size', () => {
    const memory = new BatchMemory(2);
    const first = memory.take(12);
    expect(first.byteLength).toBe(48);
    const second = memory.take(12);
    expect(second).not.toBe(first);
    memory.give(first);
    expect(memory.take(6)).not.toBe(first);
    expect(memory.take(12)).toBe(first);
    expect(memory.take(12)).not.toBe(first);
  });

  it('keeps so many pieces, the last ones', () => {
    const memory = new BatchMemory(2);
    const pieces = [memory.take(1), memory.take(1), memory.take(1)];
    for (const piece of pieces) memory.give(piece);
    const again = [memory.take(1), memory.take(1), memory.take(1)];
    expect(again.includes(pieces[0]!)).toBe(false);
    expect(again.slice(0, 2)).toEqual(expect.arrayContaining(pieces.slice(1)));
  });
});

it('copiedTensor holds its numbers when the memory is written to again', async () => {
  const memory = new BatchMemory(1).take(3);
  new Float32Array(memory).set([1, 2, 3]);
  const made = copiedTensor(memory, [1, 1, 1, 3]);
  new Float32Array(memory).fill(9);
  expect([made.shape, [...(await made.data())]]).toEqual([
    [1, 1, 1, 3],
    [1, 2, 3],
  ]);
  made.dispose();
});
