import {
  conv2d,
  getKernel,
  grads,
  maxPool,
  memory,
  registerKernel,
  sum,
  square,
  tensor4d,
  unregisterKernel,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { key, normalArray } from '../keys';
import { addPixelPadding } from './padding';

const x = tensor4d(normalArray(key(1), 2 * 5 * 6 * 3), [2, 5, 6, 3]);
const filter = tensor4d(normalArray(key(2), 3 * 3 * 3 * 4), [3, 3, 3, 4]);
const kernels = ['Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput', 'MaxPool', 'MaxPoolGrad'];
const cases = [1, 2].flatMap((stride) => [0, 1, 2].map((margin) => [stride, margin] as const));

/** Value and gradients of a padded convolution and a padded pooling. */
function compute(stride: number, margin: number): number[][] {
  const convolve = (image: Tensor, weight: Tensor) =>
    sum(square(conv2d(image as Tensor4D, weight as Tensor4D, stride, margin)));
  const pool = (image: Tensor) =>
    sum(square(maxPool(image as Tensor4D, 3, stride, Math.min(margin, 1))));
  const results = [
    conv2d(x, filter, stride, margin),
    ...grads(convolve)([x, filter]),
    maxPool(x, 3, stride, Math.min(margin, 1)),
    ...grads(pool)([x]),
  ];
  const values = results.map((result) => [...result.dataSync()]);
  results.forEach((result) => {
    result.dispose();
  });
  return values;
}

describe('addPixelPadding', () => {
  const expected: number[][][] = [];
  const paddings = new Set<unknown>();

  beforeAll(() => {
    for (const [stride, margin] of cases) expected.push(compute(stride, margin));
    // The cpu backend knows such padding; beneath the new kernels it must not see any.
    for (const name of kernels) {
      const config = getKernel(name, 'cpu');
      unregisterKernel(name, 'cpu');
      registerKernel({
        ...config,
        kernelFunc: (call) => {
          paddings.add(call.attrs?.['pad']);
          return config.kernelFunc(call);
        },
      });
    }
    addPixelPadding('cpu');
  });

  it.each(cases)('stride %i, padding %i: the same values and gradients', (stride, margin) => {
    const before = memory().numTensors;
    const at = cases.findIndex(([s, m]) => s === stride && m === margin);
    const got = compute(stride, margin);
    got.forEach((list, i) => {
      expect(list).toHaveLength(expected[at]![i]!.length);
      list.forEach((value, j) => {
        expect(value).toBeCloseTo(expected[at]![i]![j]!, 4);
      });
    });
    expect(memory().numTensors).toBe(before);
  });

  it('asks the kernels beneath for no padding', () => {
    expect([...paddings].sort()).toEqual([0, 'valid']);
  });

  it('is done once', () => {
    const first = getKernel('Conv2D', 'cpu').kernelFunc;
    addPixelPadding('cpu');
    expect(getKernel('Conv2D', 'cpu').kernelFunc).toBe(first);
  });
});
