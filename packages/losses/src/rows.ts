import { concat, gather, mul, ones, pad, reshape } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  ShapeError,
  showShape,
  type Batch,
  type Features,
  type ModelOutputs,
} from '@crossweave/core';

/** Features of the rows `indices` [n] int32, which may repeat. */
export function takeRows(features: Features, indices: Tensor1D): Features {
  return mapFeatures(features, (x) => gather(x, indices));
}

/** Every row `count` times in a row: a a a b b b. Multiplying by ones, whose gradient is one sum. */
export function repeatRows(features: Features, count: number): Features {
  if (count === 1) return features;
  return mapFeatures(features, (x) => {
    const [size = 0, ...rest] = x.shape;
    const many = mul(reshape(x, [size, 1, ...rest]), ones([1, count, ...rest.map(() => 1)]));
    return reshape(many, [size * count, ...rest]) as typeof x;
  });
}

/** Rows of several features below each other; shorter sequences are padded and masked. */
export function joinRows(parts: readonly Features[]): Features {
  const longest = Math.max(...parts.map(({ mask }) => mask.shape[1]));
  const padded = parts.map(({ tokens, mask, pooled }) => {
    const missing = longest - mask.shape[1];
    if (missing === 0) return { tokens, mask, pooled };
    const below: [number, number] = [0, missing];
    return {
      tokens: pad(tokens, [[0, 0], below, [0, 0]]),
      mask: pad(mask, [[0, 0], below]),
      pooled,
    };
  });
  return {
    tokens: concat<Tensor3D>(
      padded.map(({ tokens }) => tokens),
      0,
    ),
    mask: concat<Tensor2D>(
      padded.map(({ mask }) => mask),
      0,
    ),
    pooled: concat<Tensor2D>(
      padded.map(({ pooled }) => pooled),
      0,
    ),
  };
}

/** K of a batch, 0 when it has no hard negatives. */
export function negativesPerPair(where: string, outputs: ModelOutputs, batch: AnyBatch): number {
  if (outputs.negatives === undefined) return 0;
  const count = outputs.negatives.pooled.shape[0] / batch.size;
  if (!Number.isInteger(count) || count === 0) {
    throw new ShapeError('the hard negatives do not divide among the pairs', {
      where,
      expected: `B·K rows with B = ${batch.size}`,
      got: showShape(outputs.negatives.pooled.shape),
    });
  }
  return count;
}

/** Losses read sizes and groups of a batch, never its images and texts. */
export type AnyBatch = Batch<unknown, unknown>;

function mapFeatures(features: Features, map: <T extends Tensor>(x: T) => T): Features {
  return {
    tokens: map(features.tokens),
    mask: map(features.mask),
    pooled: map(features.pooled),
  };
}
