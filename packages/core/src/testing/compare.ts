import { getBackend, type Tensor } from '@tensorflow/tfjs-core';
import { showShape } from '../shapes';
import { ConformanceError } from './check';
import type { Closeness } from './closeness';

/** No tolerance: a repeated computation must give the same bits. */
export const identical: Closeness = { rtol: 0, atol: 0 };

/**
 * For the same formula in two programs: the same bits, but on XLA and OpenVINO, which round a formula
 * as suits the kernels that it becomes part of.
 */
export const alike = (): Closeness =>
  /^(xla:|onnx:openvino)/.test(getBackend()) ? { rtol: 1e-5, atol: 1e-5 } : identical;

export function assertShape(what: string, value: Tensor, expected: readonly number[]): void {
  if (showShape(value.shape) !== showShape(expected)) {
    throw new ConformanceError(`${what} has the wrong shape`, {
      expected: showShape(expected),
      got: showShape(value.shape),
    });
  }
}

export function assertFinite(what: string, value: Tensor): void {
  value.dataSync().forEach((number, index) => {
    if (!Number.isFinite(number)) {
      throw new ConformanceError(`${what} is not finite`, {
        where: `${what}${showIndex(index, value.shape)}`,
        expected: 'a finite number',
        got: String(number),
      });
    }
  });
}

/** The values of a float32 tensor. */
export function valuesOf(value: Tensor): Float32Array {
  return value.dataSync<'float32'>();
}

export function largestMagnitude(value: Tensor): number {
  return valuesOf(value).reduce((largest, number) => Math.max(largest, Math.abs(number)), 0);
}

/** The flat index as an index per axis: `[1, 0, 3]`. */
function showIndex(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (const size of [...shape].reverse()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return showShape(index);
}
