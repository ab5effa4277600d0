import { tensor1d, tensor2d, tensor3d, type Tensor } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  type Features,
  type FeatureSpec,
  type PooledFeatures,
} from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

interface Row {
  readonly tokens: Float32Array;
  readonly mask: Float32Array;
  readonly pooled: Float32Array;
  readonly present: boolean;
}

/**
 * Features of many inputs in memory, by row. Padding at the end of a row is not stored;
 * {@link FeatureTable.gather} pads to the longest row of the table, so every batch of
 * a size has the same shape. Features without tokens give a table without, whose spec says 0.
 */
export class FeatureTable {
  readonly dim: number;
  private readonly stored: Row[] = [];
  private longest = 0;
  private partial = false;

  constructor(dim: number) {
    this.dim = dim;
  }

  get rows(): number {
    return this.stored.length;
  }

  /** Shape of what {@link gather} gives: `tokens` is the longest row's length, 0 without tokens. */
  get spec(): FeatureSpec {
    return { dim: this.dim, tokens: this.longest };
  }

  /** Adds the first `count` rows of features; reads them, so does not dispose them. */
  async append(features: PooledFeatures & Partial<Features>, count: number): Promise<void> {
    const [rows, dim] = features.pooled.shape;
    const length = features.mask?.shape[1] ?? 0;
    if (dim !== this.dim) {
      throw new ShapeError('features have another width than the table', {
        where: 'FeatureTable.append',
        expected: this.dim,
        got: dim,
      });
    }
    requireNumber('FeatureTable.append', 'count', count, { integer: true, min: 0, max: rows });
    const read = async (part: Tensor | undefined): Promise<Float32Array> =>
      part === undefined ? new Float32Array(0) : part.data<'float32'>();
    const [tokens, mask, pooled, present] = await Promise.all([
      read(features.tokens),
      read(features.mask),
      read(features.pooled),
      features.present === undefined ? new Float32Array(rows).fill(1) : read(features.present),
    ]);
    if (features.present !== undefined) this.partial = true;
    for (let row = 0; row < count; row++) {
      const rowMask = mask.subarray(row * length, (row + 1) * length);
      const real = rowMask.findLastIndex((value) => value > 0) + 1;
      const start = row * length * dim;
      // Copies, so that a row does not hold the whole batch it came in.
      this.stored.push({
        tokens: tokens.slice(start, start + real * dim),
        mask: rowMask.slice(0, real),
        pooled: pooled.slice(row * dim, (row + 1) * dim),
        present: present[row]! > 0,
      });
      this.longest = Math.max(this.longest, real, Math.min(length, 1));
    }
  }

  /**
   * Features of these rows in this order, with `present` when any that came in had it; the caller
   * disposes them.
   */
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
    // As complete as what came in: the fusions that read tokens are refused where there are none.
    return {
      ...(length > 0 && {
        tokens: tensor3d(tokens, [count, length, dim]),
        mask: tensor2d(mask, [count, length]),
      }),
      pooled: tensor2d(pooled, [count, dim]),
      ...(this.partial && {
        present: tensor1d(rows.map((row) => Number(this.row(row).present))),
      }),
    } as PooledFeatures as Features;
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
