import { Tensor, slice, tidy } from '@tensorflow/tfjs-core';
import type { Batch } from '@crossweave/core';

/**
 * The pairs `from` … `from` + `count` − 1 of a batch, with their false captions. Within a `tidy`; the
 * whole batch stays as it is.
 */
export function sliceBatch<Image, Text>(
  batch: Batch<Image, Text>,
  from: number,
  count: number,
): Batch<Image, Text> {
  const { size, ids, groups, captions, labels, image, text, negatives, negativeCaptions } = batch;
  const cut = <T>(list: readonly T[]): readonly T[] => list.slice(from, from + count);
  const each = rowsOf(negatives) / size;
  return {
    size: count,
    ids: cut(ids),
    groups: cut(groups),
    ...(captions && { captions: cut(captions) }),
    ...(labels && { labels: cut(labels) }),
    image: rows(image, from, count),
    text: rows(text, from, count),
    ...(negatives !== undefined && { negatives: rows(negatives, from * each, count * each) }),
    ...(negativeCaptions && {
      negativeCaptions: negativeCaptions.slice(from * each, (from + count) * each),
    }),
  };
}

/** A {@link sliceBatch} that outlives the `tidy` around it; the caller disposes it. */
export function ownSlice<Image, Text>(
  batch: Batch<Image, Text>,
  from: number,
  count: number,
): Batch<Image, Text> {
  return tidy(() => sliceBatch(batch, from, count) as never);
}

/** Rows of an input, a tensor or an object of tensors: the type is the encoder's own and stays. */
function rows<Input>(input: Input, from: number, count: number): Input {
  if (input instanceof Tensor) return slice(input, from, count) as Input;
  if (typeof input !== 'object' || input === null) return input;
  const entries = Object.entries(input).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Tensor ? slice(value, from, count) : value,
  ]);
  return Object.fromEntries(entries) as Input;
}

function rowsOf(input: unknown): number {
  const parts: readonly unknown[] =
    typeof input === 'object' && input !== null && !(input instanceof Tensor)
      ? Object.values(input)
      : [input];
  const first: Tensor | undefined = parts.find((value) => value instanceof Tensor);
  return first?.shape[0] ?? 0;
}
