import { tensor1d, tensor2d, tensor3d, type Tensor } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  ShapeError,
  valuesOf,
  type Features,
  type FeatureSpec,
  type PooledFeatures,
} from '@crossweave/core';
import { requireNumber } from '@crossweave/core/authoring';

/** The features of one input; padding at the end is left out. */
export interface FeatureRow {
  /** [N, D], row-major; empty without tokens. */
  readonly tokens: Float32Array;
  /** [N] */
  readonly mask: Float32Array;
  /** [D] */
  readonly pooled: Float32Array;
  /** Whether the encoder gives tokens, though this row may have none that count. */
  readonly hasTokens: boolean;
  readonly present: boolean;
  /** Whether the encoder says of each row if it is present. */
  readonly partial: boolean;
}

/**
 * Features of many inputs in memory, by row. Padding at the end of a row is not stored;
 * {@link FeatureTable.gather} pads to the longest row of the table, so every batch of
 * a size has the same shape. Features without tokens give a table without, whose spec says 0.
 */
export class FeatureTable {
  readonly dim: number;
  private readonly stored: FeatureRow[] = [];
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
    // A mask that was cast may come as integers, of which a store would keep the bytes.
    const read = async (part: Tensor | undefined): Promise<Float32Array> => {
      const values = part === undefined ? [] : await valuesOf(part);
      return values instanceof Float32Array ? values : Float32Array.from(values);
    };
    const [tokens, mask, pooled, present] = await Promise.all([
      read(features.tokens),
      read(features.mask),
      read(features.pooled),
      features.present === undefined ? new Float32Array(rows).fill(1) : read(features.present),
    ]);
    const partial = features.present !== undefined;
    for (let row = 0; row < count; row++) {
      const rowMask = mask.subarray(row * length, (row + 1) * length);
      const real = rowMask.findLastIndex((value) => value > 0) + 1;
      const start = row * length * dim;
      // Copies, so that a row does not hold the whole batch it came in.
      this.push({
        tokens: tokens.slice(start, start + real * dim),
        mask: rowMask.slice(0, real),
        pooled: pooled.slice(row * dim, (row + 1) * dim),
        hasTokens: length > 0,
        present: present[row]! > 0,
        partial,
      });
    }
  }

  /** Adds one row, which is not copied. */
  push(row: FeatureRow): void {
    if (row.pooled.length !== this.dim) {
      throw new ShapeError('features have another width than the table', {
        where: 'FeatureTable.push',
        expected: this.dim,
        got: row.pooled.length,
      });
    }
    this.stored.push(row);
    this.longest = Math.max(this.longest, row.mask.length, row.hasTokens ? 1 : 0);
    this.partial ||= row.partial;
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

  /** A row; not a copy. */
  row(index: number): FeatureRow {
    const stored = this.stored[index];
    if (stored !== undefined) return stored;
    throw new ConfigError('there is no such row', {
      where: 'FeatureTable',
      expected: `a row below ${this.rows}`,
      got: index,
    });
  }
}
