import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors';
import { showShape } from '../shapes';

/** @throws ShapeError unless the last axis of `x` has `width` entries. */
export function requireWidth(where: string, x: Tensor, width: number): void {
  if (x.shape.at(-1) !== width) {
    throw new ShapeError('the last axis does not fit the parameters', {
      where,
      expected: showShape(['...', width]),
      got: showShape(x.shape),
    });
  }
}
