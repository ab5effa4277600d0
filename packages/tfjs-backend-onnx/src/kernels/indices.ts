import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { binary, select, withScalar } from './elementwise';

/*
 * Indices that are known when a kernel is called are checked at once. Others are given to ONNX
 * Runtime in a form in which it refuses the ones out of range when the graph is run: left alone, it
 * counts negative ones from the back, and an index of several coordinates may point into another
 * row.
 */

/**
 * `indices` into `length` elements.
 * @param outside what stands in place of a wrong index: one past all that the operator can reach.
 * @throws Error for one that is known to be outside [0, length).
 */
export function checkedIndices(
  b: KernelContext,
  kernelName: string,
  indices: Node,
  length: number,
  outside = length,
): Node {
  if (indices.size > 0 && length === 0) throw nothingToIndex(kernelName, [length]);
  const known = b.known(indices);
  if (known !== null) {
    const wrong = known.find((index) => !(0 <= index && index < length));
    util.assert(
      wrong === undefined,
      () => `${kernelName}: the index value ${wrong ?? ''} is not in [0, ${length - 1}]`,
    );
    return indices;
  }
  const negative = withScalar(b, 'Less', indices, 0, 'bool');
  // What is too large only by the length is too large for the operator as well.
  const wrong =
    outside === length
      ? negative
      : binary(b, 'Or', negative, withScalar(b, 'GreaterOrEqual', indices, length, 'bool'), 'bool');
  return select(b, wrong, b.scalar(outside, indices.dtype), indices);
}

/**
 * Places [N, D] in a tensor whose first D sizes are `sizes`, as int64.
 * @param outside as in `checkedIndices`; null: the size of its axis.
 * @throws Error for a place that is known to be outside.
 */
export function checkedPlaces(
  b: KernelContext,
  kernelName: string,
  places: Node,
  sizes: readonly number[],
  outside: number | null,
): Node {
  const depth = sizes.length;
  if (places.size > 0 && sizes.includes(0)) throw nothingToIndex(kernelName, sizes);
  const known = b.known(places);
  const wide = b.cast(places, 'int64');
  if (known !== null) {
    const at = known.findIndex((index, i) => !(0 <= index && index < (sizes[i % depth] as number)));
    const first = at - (at % depth);
    util.assert(
      at < 0,
      () =>
        `${kernelName}: Invalid indices: ${known.slice(first, first + depth).join()} does not ` +
        `index into ${sizes.join()}`,
    );
    return wide;
  }
  const limits = b.cast(b.constant(Int32Array.from(sizes), [depth], 'int32'), 'int64');
  const natural = withScalar(b, 'GreaterOrEqual', wide, 0, 'bool');
  const within = binary(b, 'And', natural, binary(b, 'Less', wide, limits, 'bool'), 'bool');
  return select(b, within, wide, outside === null ? limits : b.scalar(outside, 'int64'));
}

const nothingToIndex = (kernelName: string, sizes: readonly number[]): Error =>
  new RangeError(`${kernelName}: an index into sizes ${sizes.join()}, which have no elements.`);
