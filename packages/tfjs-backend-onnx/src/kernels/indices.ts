import { util } from '@tensorflow/tfjs-core';
import type { KernelContext } from './context';
import type { Node } from '../graph/node';
import { binary, select, withScalar } from './elementwise';

/*
 * Indices that are known when a kernel is called are checked at once. Other indices are converted
 * so that ONNX Runtime refuses those out of range when the graph runs. Otherwise it would count
 * negative indices from the end, and an index of several coordinates could point into a different
 * row.
 */

/**
 * Checks `indices` into `length` elements. @param outside replaces a wrong index: an index that is
 * out of range for the operator. @throws Error for an index that is known to be outside of [0,
 * length).
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
  // An index that is too large is out of range for the operator too, so only negative ones are
  // replaced.
  const wrong =
    outside === length
      ? negative
      : binary(b, 'Or', negative, withScalar(b, 'GreaterOrEqual', indices, length, 'bool'), 'bool');
  return select(b, wrong, b.scalar(outside, indices.dtype), indices);
}

/**
 * Checks places [N, D] in a tensor whose first D sizes are `sizes`, and gives them as int64. @param
 * outside as in `checkedIndices`; null: the size of the axis. @throws Error for a place that is
 * known to be out of range.
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
