import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectLikeCpu, floats } from '../../test/against-cpu';
import { Node, leaf } from '../graph/node';
import { makePlan } from '../graph/plan';
import '../register';
import { optimise } from './optimise';
import { rules } from './rules';

/** Three parts of [1, 2, 4], one after the other, under another shape, turned. */
function turned(shape: number[], perm: number[]): string[] {
  const inputs = Array.from({ length: 3 }, () => leaf([1, 2, 4], 'float32'));
  const parts = new Node('Concat', inputs, [3, 2, 4], 'float32', { axis: 0 });
  const under = new Node('Reshape', [parts], shape, 'float32', null, [shape]);
  const size = perm.map((axis) => shape[axis]!);
  const result = new Node('Transpose', [under], size, 'float32', { perm });
  return optimise(makePlan([parts, under, result], [result]), [], rules).nodes.map(
    (node) => node.op,
  );
}

it('lays parts side by side in place of turning them', () => {
  const beside = ['Reshape', 'Reshape', 'Reshape', 'Concat', 'Reshape'];
  expect(turned([1, 3, 2, 4], [2, 3, 0, 1])).toEqual(beside);
  expect(turned([3, 1, 8], [2, 0, 1])).toEqual(beside);
});

it('leaves alone what turns the parts themselves, or other runs than the parts', () => {
  expect(turned([3, 2, 4], [0, 2, 1])).toEqual(['Concat', 'Reshape', 'Transpose']);
  expect(turned([3, 2, 4], [2, 1, 0])).toEqual(['Concat', 'Reshape', 'Transpose']);
  expect(turned([6, 4], [1, 0])).toEqual(['Concat', 'Reshape', 'Transpose']);
});

it('moves the same numbers to the same places', () =>
  expectLikeCpu(
    (a, b) => tf.transpose(tf.stack([a, b]), [1, 2, 0]),
    [floats([4, 5]), floats([4, 5])],
  ));
