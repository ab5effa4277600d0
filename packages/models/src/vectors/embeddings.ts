import { ConfigError, NonFiniteError } from '@crossweave/core';
import { count, fields, requireNumber, requireValue } from '@crossweave/core/authoring';

/** N vectors of length E, row by row: of unit length where they come from a model. */
export interface Embeddings {
  readonly rows: number;
  readonly dim: number;
  /** [rows · dim] */
  readonly values: Float32Array;
}

/** One of them, in the same memory. @throws ConfigError for a row that is not there. */
export function rowOf({ dim, rows, values }: Embeddings, row: number): Float32Array {
  if (!Number.isInteger(row) || row < 0 || row >= rows) {
    throw new ConfigError('there is no such row', {
      where: 'rowOf',
      expected: `a whole number below ${rows}`,
      got: row,
    });
  }
  return values.subarray(row * dim, (row + 1) * dim);
}

/** All in one, in their order. @throws ConfigError for vectors of another width than `dim`. */
export function joinEmbeddings(parts: readonly Embeddings[], dim: number): Embeddings {
  requireNumber('joinEmbeddings', 'dim', dim, { integer: true, min: 1 });
  for (const part of parts) {
    if (part.dim === dim) continue;
    throw new ConfigError('the vectors are of different widths', {
      where: 'joinEmbeddings',
      expected: dim,
      got: part.dim,
    });
  }
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const values = new Float32Array(rows * dim);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { rows, dim, values };
}

/** The same, all of whose values are numbers. @throws NonFiniteError that names the row. */
export function requireFinite(where: string, embeddings: Embeddings): Embeddings {
  const at = embeddings.values.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return embeddings;
  throw new NonFiniteError('a vector is not finite', {
    where,
    got: `${embeddings.values[at]!} in row ${Math.floor(at / embeddings.dim)}`,
    advice: 'Do its weights hold NaN? Use a checkpoint of before, or train again.',
  });
}

/** How far a length may be from 1: vectors that were kept in few bits are not of unit length to the digit. */
const lengthTolerance = 0.01;

const embeddingsCheck = fields(
  {
    rows: count(0),
    dim: count(),
    values: {
      expected: 'a Float32Array',
      accepts: (value: unknown) => value instanceof Float32Array,
    },
  },
  ['rows', 'dim', 'values'],
);

/**
 * Vectors of the caller's: whole rows of numbers, and with `unit` of length 1, of which a product is a
 * cosine.
 *
 * @throws ConfigError for another form or length; NonFiniteError. Both name the row.
 */
export function requireEmbeddings(
  where: string,
  name: string,
  given: Embeddings,
  { unit = false }: { readonly unit?: boolean } = {},
): void {
  requireValue(where, name, given, embeddingsCheck);
  const { rows, dim, values } = given;
  if (values.length !== rows * dim) {
    throw new ConfigError(`the values of "${name}" are not as many as its rows hold`, {
      where,
      expected: `${rows} × ${dim} values`,
      got: values.length,
    });
  }
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let at = row * dim; at < (row + 1) * dim; at++) square += values[at]! * values[at]!;
    if (!Number.isFinite(square)) {
      const got = rowOf(given, row).find((value) => !Number.isFinite(value));
      throw new NonFiniteError('a vector is not finite', {
        where,
        got: `${got} in row ${row} of "${name}"`,
      });
    }
    if (!unit || Math.abs(Math.sqrt(square) - 1) <= lengthTolerance) continue;
    throw new ConfigError(`row ${row} of "${name}" is not of unit length`, {
      where,
      expected: 'a vector of length 1, as encodeImage and encodeText give it',
      got: `length ${Number(Math.sqrt(square).toPrecision(4))}`,
      advice: 'Divide each vector by its length.',
    });
  }
}
