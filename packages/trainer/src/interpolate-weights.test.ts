import { memory, scalar, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { ConfigError, StateDictError, disposeParams, type Params } from '@crossweave/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { interpolateWeights } from './interpolate-weights';

let before: Params;
let after: Params;
beforeEach(() => {
  before = { 'a.weight': tensor2d([[1, 2]]), 'bn.steps': scalar(3, 'int32') };
  after = { 'a.weight': tensor2d([[3, -2]]), 'bn.steps': scalar(8, 'int32') };
});
afterEach(() => {
  disposeParams(before);
  disposeParams(after);
});

it.each([
  [0, [1, 2]],
  [0.25, [1.5, 1]],
  [1, [3, -2]],
])('share %f lies on the line between both', (share, expected) => {
  const tensors = memory().numTensors;
  const between = interpolateWeights(before, after, share);
  expect([...between['a.weight']!.dataSync()]).toEqual(expected);
  expect([...between['bn.steps']!.dataSync()]).toEqual([8]);
  expect(between['a.weight']!.isDisposed || after['a.weight']!.isDisposed).toBe(false);
  disposeParams(between);
  expect(memory().numTensors).toBe(tensors);
});

it.each([-0.1, 1.5, NaN, '0.5'])('refuses the share %s', (share) => {
  expect(() => interpolateWeights(before, after, share as number)).toThrow(ConfigError);
});

it('refuses weights of another model, and names where they differ', () => {
  const wider: Params = { ...after, 'a.weight': tensor1d([1]) };
  const more: Params = { ...after, 'a.bias': after['bn.steps']! };
  expect(() => interpolateWeights(before, wider, 0.5)).toThrow(StateDictError);
  expect(() => interpolateWeights(before, wider, 0.5)).toThrow(/a\.weight.*\[1,2\].*got \[1\]/);
  expect(() => interpolateWeights(before, more, 0.5)).toThrow(/a\.bias.*no such path.*got/);
  expect(() => interpolateWeights(more, after, 0.5)).toThrow(/a\.bias.*got no such path/);
  wider['a.weight']!.dispose();
});
