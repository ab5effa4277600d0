import { memory, reshape, softmax, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Rank, Tensor } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { key, normal } from '../keys';
import { assertGradientsMatch, expectClose, gradientsAt } from '../testing';
import { weighedSum } from '../testing/gradients';
import { maskedSoftmax } from './masked-softmax';

const mask = () =>
  tensor2d([
    [1, 1, 0, 1],
    [0, 0, 0, 0],
    [0, 1, 0, 0],
  ]);

it('is the softmax of what the mask leaves, and 0 elsewhere, whatever stands there', () => {
  const before = memory().numTensors;
  tidy(() => {
    const scores = tensor2d([
      [1, 2, NaN, 3],
      [NaN, 1, Infinity, -1000],
      [5, -3, 7, 1e30],
    ]);
    const [a, b, c] = [...softmax(tensor1d([1, 2, 3])).dataSync()];
    const expected = [a!, b!, 0, c!, 0, 0, 0, 0, 0, 1, 0, 0];
    expectClose(maskedSoftmax(scores, mask()), tensor2d(expected, [3, 4]));
  });
  expect(memory().numTensors).toBe(before);
});

it('broadcasts the mask, as attention needs', () =>
  tidy(() => {
    const scores = normal<Rank.R4>(key(1), [3, 2, 5, 4]);
    const shares = maskedSoftmax(scores, reshape(mask(), [3, 1, 1, 4]));
    const sums = shares
      .arraySync()
      .map((heads) => heads.flat(1).map((row) => row.reduce((a, b) => a + b)));
    expectClose(
      tensor2d(sums.map((rows) => rows.slice(0, 2))),
      tensor2d([
        [1, 1],
        [0, 0],
        [1, 1],
      ]),
    );
  }));

it('has the gradient of finite differences, 0 in a row that is masked throughout', () =>
  tidy(() => {
    const objective = ({ x }: Record<string, Tensor>) =>
      weighedSum(key(2), [maskedSoftmax(x!, mask())]);
    const x = normal(key(3), [3, 4]);
    assertGradientsMatch(objective, { x }, key(4));
    const values = [...gradientsAt(objective, { x })['x']!.dataSync()];
    for (const value of values.slice(4)) expect(value).toBeCloseTo(0, 9);
  }));
