import { type Tensor } from '@tensorflow/tfjs-core';
import { showShape } from '../shapes';
import { ConformanceError } from './check';

/** |actual − expected| may be at most `absolute + relative · |expected|`. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

/** Two float32 computations of the same thing in another order. */
export const sameUpToRounding: Tolerance = { relative: 1e-4, absolute: 1e-5 };

export const identical: Tolerance = { relative: 0, absolute: 0 };

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

/** Throws at the first place where the tensors differ; NaN differs from everything. */
export function assertClose(
  what: string,
  actual: Tensor,
  expected: Tensor,
  tolerance: Tolerance = sameUpToRounding,
): void {
  assertShape(what, actual, expected.shape);
  const wanted = expected.dataSync();
  actual.dataSync().forEach((number, index) => {
    const aim = wanted[index]!;
    const allowed = tolerance.absolute + tolerance.relative * Math.abs(aim);
    if (!(Math.abs(number - aim) <= allowed)) {
      throw new ConformanceError(what, {
        where: showIndex(index, actual.shape),
        expected: `${aim} ± ${allowed}`,
        got: String(number),
      });
    }
  });
}

/** The values of a float32 tensor. */
export function valuesOf(value: Tensor): Float32Array {
  return value.dataSync() as Float32Array;
}

export function largestMagnitude(value: Tensor): number {
  return valuesOf(value).reduce((largest, number) => Math.max(largest, Math.abs(number)), 0);
}

/** [1, 0, 3] of the flat index. */
function showIndex(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (const size of [...shape].reverse()) {
    index.unshift(flat % size);
    flat = Math.floor(flat / size);
  }
  return showShape(index);
}
