import { OnnxBackendError } from '../errors';
import type { Buffer } from '../execution/executor';
import type { Value } from './value';

/**
 * Runs something on the values' buffers, and forgets those whose memory it took.
 * @param inputs null for a constant.
 * @param mayOverwrite whether it may take memory of values that nobody holds.
 * @param run is told by input whether its memory may be taken.
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
 * Values that come in at several places, as two moments of an optimizer made from one tensor of
 * zeros: no place alone can tell when they have been read for the last time.
 */
function severalTimes(inputs: readonly (Value | null)[]): ReadonlySet<Value | null> {
  const seen = new Set<Value | null>();
  return new Set(inputs.filter((value) => seen.size === seen.add(value).size));
}

export function lostValues(): OnnxBackendError {
  return new OnnxBackendError(
    'runtime',
    'The values this needs are lost: a graph that failed had begun to write its results over ' +
      'tensors that were disposed of. Dispose of what was not computed and start from tensors ' +
      'that are still held.',
  );
}
