import { memory, mul, square, sum, tensor1d, tidy, type Scalar } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import './gradients';
import { treeGradients } from './tree-gradients';

const tree = () => ({ a: tensor1d([1, 2]), b: tensor1d([3, 4]), unused: tensor1d([5]) });

it('gives the value and the gradients of what it depends on, by path', () => {
  const params = tree();
  const before = memory().numTensors;
  const { value, gradients } = treeGradients(
    (): Scalar => sum(mul(square(params.a), params.b)),
    params,
  );
  expect(value.dataSync()[0]).toBe(3 + 16);
  expect(Object.keys(gradients)).toEqual(['a', 'b']);
  expect([...gradients['a']!.dataSync()]).toEqual([6, 16]);
  expect([...gradients['b']!.dataSync()]).toEqual([1, 4]);
  expect(memory().numTensors).toBe(before + 3);
  [value, ...Object.values(gradients), ...Object.values(params)].forEach((each) => each.dispose());
});

it('multiplies by what comes from above, and takes an empty tree', () =>
  tidy(() => {
    const params = tree();
    const { gradients } = treeGradients(() => square(params.a), params, tensor1d([1, 10]));
    expect([...gradients['a']!.dataSync()]).toEqual([2, 40]);
    expect(treeGradients((): Scalar => sum(params.a), {}).gradients).toEqual({});
  }));
