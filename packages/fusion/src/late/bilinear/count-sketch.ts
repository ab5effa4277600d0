import { cast, gather, matMul, mul, reshape, tensor, unstack } from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { checkShapes, ConfigError, foldIn, parameter, randomInteger } from '@crossweave/core';
import type { Key, Params } from '@crossweave/core';
import type { HartleyTables, Torus } from './hartley';

/** P and Q are at most this: the tables of the transforms have P² and Q² entries. */
const longest = 1024;

/**
 * The sides P ≤ Q of a torus with `places` places, as equal as they can be: the transforms cost
 * P + Q products a place.
 *
 * @throws ConfigError when Q is beyond 1024, as for a large prime.
 */
export function torusOf(where: string, places: number): Torus {
  let rows = Math.floor(Math.sqrt(places));
  while (places % rows !== 0) rows--;
  if (places / rows > longest) {
    throw new ConfigError('the length of the sketch has no two factors of about its root', {
      where,
      expected: `"hidden" a product of two numbers of at most ${longest}`,
      got: places,
      advice: `${Math.round(Math.sqrt(places)) ** 2} is one near it.`,
    });
  }
  return [rows, places / rows];
}

/** Where each of D numbers goes on the torus, and whether it is added or subtracted there. */
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

/** As buffers: the places [2, D], rows before columns, and the signs [D]. */
export function hashBuffers(path: string, { rows, columns, signs }: Hash): Params {
  return {
    [`${path}.${bufferNames.index}`]: tensor([...rows, ...columns], [2, rows.length], 'int32'),
    [`${path}.${bufferNames.sign}`]: tensor([...signs], [signs.length], 'int32'),
  };
}

/** [P·Q] 1 at the places where a product of one number of either side falls, else 0. */
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
 * Both transforms of the count sketch of x [B, D], as [B, 2, P·Q], by one product with a matrix of
 * the transforms of D places. `rows` is `tables.mixed` for one side and `tables.plain` for the other.
 *
 * @throws ShapeError when the hash is of another width.
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
