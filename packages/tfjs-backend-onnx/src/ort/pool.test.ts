import { expect, it } from 'vitest';
import { ArrayPool } from './pool';

it('gives an array back for the same type and length only', () => {
  const pool = new ArrayPool(1000);
  const array = new Float32Array(4);
  pool.give('float32', array);
  expect(pool.take('int32', 4)).toBeInstanceOf(Int32Array);
  expect(pool.take('float32', 5)).toHaveLength(5);
  expect([...pool.arrays()]).toEqual([array]);
  expect(pool.take('float32', 4)).toBe(array);
  expect([...pool.arrays()]).toEqual([]);
  expect(pool.take('float32', 4)).not.toBe(array);
  expect(pool.bytes).toBe(0);
});

it('forgets what was unused for longest when it is full', () => {
  const pool = new ArrayPool(60);
  const [first, second, third] = [1, 2, 12].map((length) => new Float32Array(length));
  pool.give('float32', first!);
  pool.give('float32', second!);
  pool.give('float32', third!);
  expect(pool.bytes).toBeLessThanOrEqual(60);
  expect(pool.take('float32', 12)).toBe(third);
  expect(pool.take('float32', 2)).toBe(second);
  expect(pool.take('float32', 1)).toBe(first);
  pool.give('float32', first!);
  pool.give('float32', new Float32Array(15));
  expect(pool.take('float32', 1)).not.toBe(first);
});
