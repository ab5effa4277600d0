import { memory, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { resizePositions } from './positions';

it('is the identity for the same grid, and keeps the class token and constants', () => {
  tidy(() => {
    const table = tensor2d([9, 1, 1, 1, 1], [5, 1]);
    expect(resizePositions('t', table, [2, 2], [2, 2])).toBe(table);
    const other = resizePositions('t', table, [2, 2], [3, 5]);
    expect(other.shape).toEqual([16, 1]);
    const [classToken, ...patches] = other.dataSync();
    expect(classToken).toBe(9);
    for (const value of patches) expect(value).toBeCloseTo(1, 6);
  });
});

it("is PyTorch's bicubic interpolation along each axis", () => {
  tidy(() => {
    // torch.nn.functional.interpolate(torch.tensor([[[[0., 1., 4., 9.]]]]), size=(1, 6), mode='bicubic')
    const expected = [-0.0868, 0.2188, 1.4306, 3.1528, 6.7812, 9.434];
    const table = tensor2d([5, 0, 1, 4, 9], [5, 1]);
    for (const [from, to] of [
      [
        [1, 4],
        [1, 6],
      ],
      [
        [4, 1],
        [6, 1],
      ],
    ] as const) {
      const [, ...values] = resizePositions('t', table, from, to).dataSync();
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
    }
  });
});

it('refuses a table for another grid', () => {
  tidy(() => {
    const table = tensor2d([1, 2, 3, 4], [4, 1]);
    expect(() => resizePositions('table', table, [2, 2], [2, 2])).toThrow(
      /table: .*pictures of a different size.*\[5, ...\]; got \[4, 1\].*"positionSize"/,
    );
  });
});

it('leaks nothing', () => {
  const table = tensor2d([0, 1, 2, 3, 4], [5, 1]);
  const before = memory().numTensors;
  resizePositions('t', table, [2, 2], [3, 3]).dispose();
  expect(memory().numTensors).toBe(before);
  table.dispose();
});
