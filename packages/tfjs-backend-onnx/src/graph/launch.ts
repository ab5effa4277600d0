import { OnnxBackendError } from '../errors';
import type { Buffer } from '../execution/executor';
import type { Value } from './value';

/**
 * Calls `run` with the buffers of the values, and forgets the buffers that it used for its results.
 * @param inputs the values; null for a constant. @param mayOverwrite whether `run` may reuse the
 *   memory of values without holders. @param run is called with the buffers and, for each, whether
 *   its memory may be reused.
 */
export function launch<Input extends Value | null>(
  inputs: readonly Input[],
  mayOverwrite: boolean,
  run: (buffers: readonly BufferOf<Input>[], donated: readonly boolean[]) => Buffer[],
): Buffer[] {
  const buffers = inputs.map((value) => {
    if (value === null) return null;
    if (value.buffer === null || value.buffer.isLost) throw lostValues();
    return value.buffer;
  }) as BufferOf<Input>[];
  const shared = severalTimes(inputs);
  const donated = inputs.map(
    (value) =>
      mayOverwrite && value !== null && value.isOwned && value.holders === 0 && !shared.has(value),
  );
  try {
    return run(buffers, donated);
  } finally {
    for (const value of inputs) if (value?.buffer?.isLost === true) value.buffer = null;
  }
}

type BufferOf<Input> = null extends Input ? Buffer | null : Buffer;

/**
 * Values that occur several times among the inputs, such as two moments of an optimizer that share
 * one tensor of zeros. Their memory is never reused, since one occurrence may still be read after
 * the other.
 */
function severalTimes(inputs: readonly (Value | null)[]): ReadonlySet<Value | null> {
  const values = inputs.filter((value) => value !== null);
  if (new Set(values).size === values.length) return NONE;
  const seen = new Set<Value>();
  return new Set(values.filter((value) => seen.size === seen.add(value).size));
}

const NONE: ReadonlySet<Value | null> = new Set();

export function lostValues(): OnnxBackendError {
  return new OnnxBackendError(
    'runtime',
    'The input values are lost: a graph that failed had already written results over the memory of ' +
      'disposed tensors. Dispose the tensors that were not computed, and continue from tensors ' +
      'that were computed before.',
  );
}

export function removed(): OnnxBackendError {
  return new OnnxBackendError(
    'disposed',
    'The backend was removed before these values were computed. Read them before it is removed.',
  );
}
