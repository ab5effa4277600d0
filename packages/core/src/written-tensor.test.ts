import { memory, type Rank } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { writtenTensor } from './written-tensor';

it('has the numbers that were written, and is one tensor', () => {
  const before = memory().numTensors;
  const x = writtenTensor<Rank.R2>([2, 3], (values) => values.set([1, 2, 3, 4, 5, 6]));
  expect(x.arraySync()).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect([x.dtype, memory().numTensors]).toEqual(['float32', before + 1]);
  x.dispose();
});
