import { tensor2d, tensor3d } from '@tensorflow/tfjs-core';
import { ConfigError, ShapeError, type Features, type FeatureSpec } from '@crossweave/core';

interface Row {
  readonly tokens: Float32Array;
  readonly mask: Float32Array;
  readonly pooled: Float32Array;
}

/**
 * Features of many inputs in memory, by row. Padding at the end of a row is not stored;
 * {@link FeatureTable.gather} pads to the longest row of the table, so every batch of
 * a size has the same shape.
 */
export class FeatureTable {
  readonly dim: number;
  private readonly stored: Row[] = [];
  private longest = 1;

  constructor(dim: number) {
    this.dim = dim;
  }

  get rows(): number {
    return this.stored.length;
  }

  /** Shape of what {@link gather} gives: `tokens` is the longest row's length. */
  get spec(): FeatureSpec {
    return { dim: this.dim, tokens: this.longest };
  }

  /** Adds the first `count` rows of features; reads them, so does not dispose them. */
  async append(features: Features, count: number): Promise<void> {
    const [, length, dim] = features.tokens.shape;
    if (dim !== this.dim) {
      throw new ShapeError('features have another width than the table', {
        where: 'FeatureTable.append',
        expected: this.dim,
        got: dim,
      });
    }
    const read = async (part: keyof Features) => (await features[part].data()) as Float32Array;
    const [tokens, mask, pooled] = await Promise.all([
      read('tokens'),
      read('mask'),
      read('pooled'),
    ]);
    for (let row = 0; row < count; row++) {
      const rowMask = mask.subarray(row * length, (row + 1) * length);
      const real = rowMask.findLastIndex((value) => value > 0) + 1;
      const start = row * length * dim;
      // Copies, so that a row does not hold the whole batch it came in.
      this.stored.push({
        tokens: tokens.slice(start, start + real * dim),
        mask: rowMask.slice(0, real),
        pooled: pooled.slice(row * dim, (row + 1) * dim),
      });
      this.longest = Math.max(this.longest, real);
    }
  }

  /** Features of these rows in this order; the caller disposes them. */
  gather(rows: readonly number[]): Features {
    const [count, length, dim] = [rows.length, this.longest, this.dim];
    const tokens = new Float32Array(count * length * dim);
    const mask = new Float32Array(count * length);
    const pooled = new Float32Array(count * dim);
    rows.forEach((row, i) => {
      const stored = this.row(row);
      tokens.set(stored.tokens, i * length * dim);
      mask.set(stored.mask, i * length);
      pooled.set(stored.pooled, i * dim);
    });
    return {
      tokens: tensor3d(tokens, [count, length, dim]),
      mask: tensor2d(mask, [count, length]),
      pooled: tensor2d(pooled, [count, dim]),
    };
  }

  /** The summary of a row, [dim]; not a copy. */
  pooled(row: number): Float32Array {
    return this.row(row).pooled;
  }

  /** Memory the rows take, in bytes. */
  get bytes(): number {
    return this.stored.reduce(
      (sum, { tokens, mask, pooled }) =>
        sum + tokens.byteLength + mask.byteLength + pooled.byteLength,
      0,
    );
  }

  private row(index: number): Row {
    const stored = this.stored[index];
    if (stored !== undefined) return stored;
    throw new ConfigError('there is no such row', {
      where: 'FeatureTable',
      expected: `a row below ${this.rows}`,
      got: index,
    });
  }
}
