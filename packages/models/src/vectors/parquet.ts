import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { VectorSet } from './vector-file';
import { rowOf } from './embeddings';

/**
 * A Parquet file with the columns `id` (text) and `embedding` (a list of float32), and the model's
 * fingerprint in the metadata as `crossweave.model`. pandas, DuckDB, Polars and LanceDB read it.
 */
export async function parquetOf({ ids, embeddings, model }: VectorSet): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const vectors = ids.map((_, row) => Array.from(rowOf(embeddings, row)));
  await parquetWrite({
    writer,
    columnData: [
      { name: 'id', data: [...ids] },
      { name: 'embedding', data: vectors },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      { name: 'embedding', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
    ],
    kvMetadata: [{ key: 'crossweave.model', value: model }],
    // Vectors do not compress; ids may be long, and a reader would see their beginnings only.
    statistics: false,
  });
  return new Uint8Array(writer.getBuffer());
}
