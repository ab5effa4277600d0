import { isCrossweaveError } from '@crossweave/core';
import { readBytes } from '@crossweave/core/node';
import { parquetMetadata, parquetReadObjects, type FileMetaData } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import { requireFinite, rowOf } from './embeddings';
import { noVectors, vectorSetOf, type VectorSet } from './vector-set';

/** Rows that are turned into lists of numbers at a time when a file is read. */
const rowGroupSize = 4096;
const metadataKeys = { model: 'crossweave.model', origin: 'crossweave.origin' } as const;
/** Of a file without rows nothing else says it. */
const dimKey = 'crossweave.dim';

/**
 * A Parquet file with the columns `id` (text), `embedding` (a list of float32) and, for pictures, `sha256` of
 * their files; the model's fingerprint is in the metadata as `crossweave.model`. pandas, DuckDB, Polars and
 * LanceDB read it.
 */
export async function parquetOf(set: VectorSet): Promise<Uint8Array> {
  const { ids, embeddings, model, origin, contents } = set;
  const writer = new ByteWriter();
  const vectors = ids.map((_, row) => Array.from(rowOf(embeddings, row)));
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
  await parquetWrite({
    writer,
    columnData: [
      { name: 'id', data: [...ids] },
      ...(contents === undefined ? [] : [{ name: 'sha256', data: [...contents] }]),
      { name: 'embedding', data: vectors },
    ],
    schema: [
      { name: 'root', num_children: contents === undefined ? 2 : 3 },
      { name: 'id', ...text },
      ...(contents === undefined ? [] : [{ name: 'sha256', ...text }]),
      { name: 'embedding', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ],
    kvMetadata: [
      { key: metadataKeys.model, value: model },
      { key: dimKey, value: String(embeddings.dim) },
      ...(origin === undefined
        ? []
        : [{ key: metadataKeys.origin, value: JSON.stringify(origin) }]),
    ],
    rowGroupSize,
    // Vectors do not compress; ids may be long, and a reader would see their beginnings only.
    statistics: false,
  });
  return new Uint8Array(writer.getBuffer());
}

/** @throws FileFormatError when the file holds no vectors; DataError when it is missing; NonFiniteError. */
export async function loadParquetVectors(path: string): Promise<VectorSet> {
  const bytes = await readBytes(path);
  const { buffer, byteOffset, byteLength } = bytes;
  const whole = byteLength === buffer.byteLength;
  const file = (whole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer;
  try {
    return await readVectors(path, file, parquetMetadata(file));
  } catch (cause) {
    if (isCrossweaveError(cause)) throw cause;
    throw noVectors(path, cause);
  }
}

async function readVectors(
  path: string,
  file: ArrayBuffer,
  metadata: FileMetaData,
): Promise<VectorSet> {
  const facts = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]));
  const rows = Number(metadata.num_rows);
  const names = metadata.schema.map(({ name }) => name);
  const columns = ['id', 'embedding', 'sha256'].filter((name) => names.includes(name));
  const dim = Number(facts.get(dimKey));
  if (!columns.includes('id') || !columns.includes('embedding') || !(dim > 0)) {
    throw noVectors(path);
  }
  const values = new Float32Array(rows * dim);
  const lists: Record<'id' | 'sha256', unknown[]> = { id: [], sha256: [] };
  for (let from = 0; from < rows; from += rowGroupSize) {
    const rowEnd = Math.min(from + rowGroupSize, rows);
    const some = await parquetReadObjects({ file, metadata, columns, rowStart: from, rowEnd });
    if (some.length !== rowEnd - from) throw noVectors(path);
    for (const [i, { id, sha256, embedding }] of some.entries()) {
      const vector = embedding as ArrayLike<number>;
      if (vector.length !== dim) throw noVectors(path);
      values.set(vector, (from + i) * dim);
      lists.id.push(id);
      if (columns.includes('sha256')) lists.sha256.push(sha256);
    }
  }
  return vectorSetOf(path, requireFinite(path, { rows, dim, values }), {
    ...{ ids: lists.id, model: facts.get(metadataKeys.model) },
    origin: facts.get(metadataKeys.origin),
    contents: columns.includes('sha256') ? lists.sha256 : undefined,
  });
}
