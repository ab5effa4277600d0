import {
  conv2d,
  gather,
  getKernel,
  grads,
  memory,
  setBackend,
  sum,
  tensor1d,
  tensor2d,
  tensor4d,
  tidy,
  topk,
  square,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import '../gradients';
import { useEngine } from './use-engine';

beforeEach(async () => {
  await useEngine('wasm');
});
afterEach(() => setBackend('cpu'));

/** The same numbers on the cpu backend and on wasm. */
async function both(compute: () => Tensor[]): Promise<void> {
  const results: (readonly [string, number[], number[]])[][] = [];
  for (const backend of ['cpu', 'wasm']) {
    await setBackend(backend);
    const before = memory().numTensors;
    const values = tidy(compute);
    results.push(values.map((each) => [each.dtype, each.shape, [...each.dataSync()]] as const));
    for (const value of values) value.dispose();
    expect(memory().numTensors).toBe(before);
  }
  const [expected, got] = results;
  expect(got!.map(([dtype, shape]) => [dtype, shape])).toEqual(
    expected!.map(([dtype, shape]) => [dtype, shape]),
  );
  got!.forEach(([, , values], i) =>
    values.forEach((value, at) => expect(value).toBeCloseTo(expected![i]![2][at]!, 4)),
  );
}

describe('wasm with kernels of the cpu backend', () => {
  it('trains convolutions', () =>
    both(() => {
      const image = tensor4d(
        Array.from({ length: 32 }, (_, i) => Math.sin(i)),
        [1, 4, 4, 2],
      );
      const filter = tensor4d(
        Array.from({ length: 24 }, (_, i) => Math.cos(i)),
        [2, 2, 2, 3],
      );
      const loss = (x: Tensor, w: Tensor): Tensor =>
        sum(square(conv2d(x as typeof image, w as typeof filter, 1, 'same')));
      return grads(loss)([image, filter]);
    }));

  it('trains embeddings', () =>
    both(() => {
      const table = tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
      const ids = tensor1d([2, 0, 2], 'int32');
      return grads((rows: Tensor) => sum(square(gather(rows, ids))))([table]);
    }));

  it('has kernels with several results, and of whole numbers', () =>
    both(() => {
      const { values, indices } = topk(tensor1d([3, 1, 2]), 2);
      return [values, indices];
    }));

  it('keeps its own kernels', async () => {
    const { kernelFunc } = getKernel('BatchMatMul', 'wasm');
    await useEngine('wasm');
    expect(getKernel('BatchMatMul', 'wasm').kernelFunc).toBe(kernelFunc);
    expect(getKernel('Complex', 'wasm')).toBeUndefined();
  });
});
