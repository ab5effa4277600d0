import { concat, gather, ones, pad, reshape, split } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  mapFeatures,
  showShape,
  type Batch,
  type Features,
  type Fused,
  type ModelOutputs,
  type PooledFeatures,
} from '@crossweave/core';
import { repeatRows as repeat } from '@crossweave/core/nn';

/** Features of the rows `indices` [n] int32, which may repeat. */
export function takeRows<F extends PooledFeatures>(features: F, indices: Tensor1D): F {
  return mapFeatures(features, (x) => gather(x, indices));
}

/** Repeats each row of features `count` times: a a a b b b. */
export function repeatRows<F extends PooledFeatures>(features: F, count: number): F {
  return count === 1 ? features : mapFeatures(features, (x) => repeat(x, count));
}

/**
 * Concatenates the rows of several batches of features. Shorter token sequences are padded and
 * masked. If any part has `present`, the result has it too, with 1 for the rows of parts without
 * it.
 */
export function joinRows<F extends PooledFeatures>(parts: readonly F[]): F {
  const given: readonly (PooledFeatures & Partial<Features>)[] = parts;
  const longest = Math.max(...given.map(({ mask }) => mask?.shape[1] ?? 0));
  const someMissing = given.some(({ present }) => present !== undefined);
  const alike = given.map((part): PooledFeatures & Partial<Features> => ({
    ...part,
    ...longer(part, longest),
    ...(someMissing && { present: part.present ?? ones([part.pooled.shape[0]]) }),
  }));
  const below = <T extends Tensor>(pick: (part: (typeof alike)[number]) => T | undefined): T[] =>
    alike.flatMap((part) => pick(part) ?? []);
  const [tokens, masks] = [below(({ tokens: t }) => t), below(({ mask }) => mask)];
  // The result has the same tensors as the parts, so it has their type.
  return {
    ...(tokens.length > 0 && { tokens: concat(tokens, 0), mask: concat(masks, 0) }),
    pooled: concat(
      alike.map(({ pooled }) => pooled),
      0,
    ),
    ...(someMissing && { present: concat(below(({ present }) => present)) }),
  } as PooledFeatures as F;
}

/**
 * Rows of several batches of features, in turn for each of `size` rows: with `perRow` 1 and 2, a of the
 * first, then a's two of the second, then b of the first.
 */
export function interleaveRows<F extends PooledFeatures>(
  parts: readonly { readonly features: F; readonly perRow: number }[],
  size: number,
): F {
  const total = parts.reduce((sum, { perRow }) => sum + perRow, 0);
  if (parts.length === 1) return parts[0]!.features;
  const joined = joinRows(parts.map(({ features }) => features));
  return mapFeatures(joined, <T extends Tensor>(x: T): T => {
    const rest = x.shape.slice(1);
    const pieces = split(
      x,
      parts.map(({ perRow }) => size * perRow),
    ).map((piece, i) => reshape(piece, [size, parts[i]!.perRow, ...rest]));
    return reshape(concat(pieces, 1), [size * total, ...rest]) as T;
  });
}

/** The fusion of m images with m·`count` texts, of which texts i·count and on belong to image i. */
export function fuseEach<F extends PooledFeatures>(
  outputs: ModelOutputs<F>,
  images: F,
  texts: F,
  count: number,
): Fused {
  return outputs.fuse(outputs.sharesImages === true ? images : repeatRows(images, count), texts);
}

/** Tokens and mask padded to `longest`, if the features have tokens. */
function longer({ tokens, mask }: Partial<Features>, longest: number): Partial<Features> {
  if (tokens === undefined || mask === undefined) return {};
  const missing = longest - mask.shape[1];
  if (missing === 0) return { tokens, mask };
  const after: [number, number] = [0, missing];
  return { tokens: pad(tokens, [[0, 0], after, [0, 0]]), mask: pad(mask, [[0, 0], after]) };
}

/** K of a batch; 0 if the batch has no hard negatives. */
export function negativesPerPair(
  where: string,
  outputs: ModelOutputs<PooledFeatures>,
  batch: AnyBatch,
): number {
  if (outputs.negatives === undefined) return 0;
  const count = outputs.negatives.pooled.shape[0] / batch.size;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError('the number of hard negatives is not a multiple of the number of pairs', {
      where,
      expected: `B·K rows with B = ${batch.size}`,
      got: showShape(outputs.negatives.pooled.shape),
    });
  }
  return count;
}

/** A batch with any images and texts: losses read only sizes and identities. */
export type AnyBatch = Batch<unknown, unknown>;
