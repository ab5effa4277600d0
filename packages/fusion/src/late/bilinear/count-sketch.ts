import { cast, gather, matMul, mul, reshape, tensor, unstack } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { checkShapes, ConfigError, foldIn, parameter, randomInteger } from '@crossweave/core';
import type { Key, Params } from '@crossweave/core';
import type { HartleyTables, Torus } from './hartley';

/** Largest P and Q. The tables of the transforms have P² and Q² entries. */
const longest = 1024;

/**
 * The sides P ≤ Q of a torus with `places` places, with the smallest sum: the transforms cost P + Q
 * products per place.
 *
 * @throws ConfigError when Q is above 1024, as for a large prime.
 */
export function torusOf(where: string, places: number): Torus {
  let rows = Math.floor(Math.sqrt(places));
  while (places % rows !== 0) rows--;
  if (places / rows > longest) {
    throw new ConfigError(
      `the length of the sketch is not a product of two factors of at most ${longest}`,
      {
        where,
        expected: `for "hidden" a product of two whole numbers of at most ${longest}`,
        got: places,
        advice: `${Math.round(Math.sqrt(places)) ** 2} is such a length.`,
      },
    );
  }
  return [rows, places / rows];
}

/**
 * The place of the torus to which each of D entries is added, and the sign with which it is added.
 */
export interface Hash {
  /** [D] in Z_P. */
  readonly rows: readonly number[];
  /** [D] in Z_Q. */
  readonly columns: readonly number[];
  /** [D] 1 or −1. */
  readonly signs: readonly number[];
}

export function drawHash(key: Key, width: number, [rows, columns]: Torus): Hash {
  const draw = (name: string, limit: number): number[] =>
    Array.from({ length: width }, (_, i) => randomInteger(foldIn(foldIn(key, name), i), limit));
  return {
    rows: draw('rows', rows),
    columns: draw('columns', columns),
    signs: draw('signs', 2).map((bit) => 2 * bit - 1),
  };
}

/** Last segments of the buffers' paths. */
export const bufferNames = {
  index: 'buffer_index',
  sign: 'buffer_sign',
  reached: 'buffer_reached',
} as const;

/** A hash as buffers: the places [2, D] (rows, columns) and the signs [D]. */
export function hashBuffers(path: string, { rows, columns, signs }: Hash): Params {
  return {
    [`${path}.${bufferNames.index}`]: tensor([...rows, ...columns], [2, rows.length], 'int32'),
    [`${path}.${bufferNames.sign}`]: tensor([...signs], [signs.length], 'int32'),
  };
}

/** [P·Q]: 1 at the places to which a product of an entry of each side is added, 0 elsewhere. */
export function reachedPlaces(left: Hash, right: Hash, [P, Q]: Torus): Int32Array {
  const reached = new Int32Array(P * Q);
  left.rows.forEach((a, i) => {
    right.rows.forEach((b, j) => {
      const column = (left.columns[i]! + right.columns[j]!) % Q;
      reached[((a + b) % P) * Q + column] = 1;
    });
  });
  return reached;
}

/**
 * Both transforms of the count sketch of x [B, D], as [B, 2, P·Q], by one matrix product with the
 * transforms of the D places. `rows` is `tables.mixed` for one side and `tables.plain` for the
 * other.
 *
 * @throws ShapeError when the hash and x differ in width.
 */
export function sketchTransforms(
  params: Params,
  path: string,
  x: Tensor2D,
  { torus, columns }: HartleyTables,
  rows: Float32Array,
): Tensor3D {
  const [P, Q] = torus;
  const [, width] = x.shape;
  const index = parameter<Tensor2D>(params, `${path}.${bufferNames.index}`);
  const sign = parameter<Tensor1D>(params, `${path}.${bufferNames.sign}`);
  checkShapes(path, {
    [bufferNames.index]: [index, [2, width]],
    [bufferNames.sign]: [sign, [width]],
  });
  const [row, column] = unstack(index) as [Tensor1D, Tensor1D];
  const signs = reshape(cast(sign, 'float32'), [width, 1, 1]);
  const ofRow = mul<Tensor3D>(gather(tensor<Rank.R3>(rows, [P, 2 * P, 2]), row), signs);
  const ofColumn = gather(tensor<Rank.R3>(columns, [Q, 2, Q]), column);
  const ofPlace = reshape<Rank.R2>(matMul(ofRow, ofColumn), [width, 2 * P * Q]);
  return reshape<Rank.R3>(matMul(x, ofPlace), [-1, 2, P * Q]);
}
