/** Made-up vectors, and the files by which the processes of the suite share them. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { foldIn, key, normalArray } from '@crossweave/core';

export interface Vectors {
  readonly rows: number;
  readonly dim: number;
  /** [rows × dim], each row of unit length. */
  readonly values: Float32Array;
}

/** As many clusters as a varied collection has kinds of pictures; a cosine of about 0.7 within one. */
const clusters = 2000;
const spread = 0.65;

/** Writes `items.f32` and `queries.f32` to the folder: points of the same clusters. */
export async function makeVectors(
  folder: string,
  dim: number,
  items: number,
  queries: number,
): Promise<void> {
  const centres = unitRows(normalArray(key(0), clusters * dim), dim);
  for (const [i, [name, rows]] of Object.entries({ items, queries }).entries()) {
    const values = normalArray(foldIn(key(1), i), rows * dim);
    for (let row = 0; row < rows; row++) {
      const centre = (row % clusters) * dim;
      for (let d = 0; d < dim; d++) {
        const at = row * dim + d;
        values[at] = centres[centre + d]! + (spread * values[at]!) / Math.sqrt(dim);
      }
    }
    await writeFile(join(folder, `${name}.f32`), new Uint8Array(unitRows(values, dim).buffer));
  }
}

export async function readVectors(path: string, dim: number): Promise<Vectors> {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return { rows: values.length / dim, dim, values };
}

function unitRows(values: Float32Array, dim: number): Float32Array {
  for (let from = 0; from < values.length; from += dim) {
    const row = values.subarray(from, from + dim);
    const length = Math.hypot(...row);
    row.forEach((value, d) => (row[d] = value / length));
  }
  return values;
}
