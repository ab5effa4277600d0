import { slice, tensor2d, tensor3d, tidy } from '@tensorflow/tfjs-core';
import { ConfigError } from '@crossweave/core';
import { expect, it } from 'vitest';
import { poolings, type Pooled } from './pooling';

/** Two texts of one and three real tokens, D = 1; padding is larger than all of them. */
const given = (endOfText: Pooled['endOfText'] = 'largest'): Pooled => ({
  tokens: tensor3d([
    [[-2], [90], [91]],
    [[3], [-1], [4]],
  ]),
  mask: tensor2d([
    [1, 0, 0],
    [1, 1, 1],
  ]),
  ids: tensor2d(
    [
      [5, 9, 7],
      [2, 6, 6],
    ],
    [2, 3],
    'int32',
  ),
  params: { 'pooler.dense.weight': tensor2d([[2]]) },
  endOfText,
});

it.each([
  ['cls', 'largest', [-2, 3]],
  ['mean', 'largest', [-2, 2]],
  ['max', 'largest', [-2, 4]],
  ['pooler', 'largest', [Math.tanh(-4), Math.tanh(6)]],
  ['eot', 'largest', [-2, -1]],
  ['eot', 6, [-2, -1]],
  ['eot', 2, [-2, 3]],
  // Only padding has it in the first text: its first token stands in.
  ['eot', 9, [-2, 3]],
] as const)('%s (%s)', (name, endOfText, expected) => {
  tidy(() => {
    const pooled = poolings[name](given(endOfText));
    expect(pooled.shape).toEqual([2, 1]);
    pooled.dataSync().forEach((value, row) => {
      expect(value).toBeCloseTo(expected[row]!, 6);
    });
  });
});

it('eot reads the only token of texts of one', () => {
  tidy(() => {
    const { tokens, mask, ids, params } = given();
    const one = {
      tokens: slice(tokens, [0, 0, 0], [2, 1, 1]),
      mask: slice(mask, [0, 0], [2, 1]),
      ids: slice(ids, [0, 0], [2, 1]),
    };
    expect([...poolings.eot({ ...one, params, endOfText: 6 }).dataSync()]).toEqual([-2, 3]);
    expect(() => poolings.eot({ ...one, params })).toThrow(ConfigError);
  });
});
