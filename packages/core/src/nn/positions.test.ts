import { memory, tensor2d } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { ShapeError } from '../errors';
import { learnedPositions } from './positions';

it('gives the first rows, and refuses more than there are', () => {
  const params = { 'p.weight': tensor2d([1, 2, 3, 4, 5, 6], [3, 2]) };
  const before = memory().numTensors;
  const two = learnedPositions(params, 'p', 2);
  expect(two.arraySync()).toEqual([
    [
      [1, 2],
      [3, 4],
    ],
  ]);
  two.dispose();
  const many = (): unknown => learnedPositions(params, 'p', 4, 'Take fewer.');
  expect(many).toThrow(ShapeError);
  expect(many).toThrow(
    'p: there are more tokens than learned positions; expected at most 3 tokens; got [B, 4, D]. Take fewer.',
  );
  expect(memory().numTensors).toBe(before);
  params['p.weight'].dispose();
});
