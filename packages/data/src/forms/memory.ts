import { DataError } from '@crossweave/core';
import { imageColumn } from '../records/columns';
import { toRow, type ReadContext, type Row } from '../records/record';
import { inParts, type FormReader } from './reader';

/** Records in memory, or made one after another; an `image` is a path or the bytes of a file. */
export type RecordSource = Iterable<object> | AsyncIterable<object>;

/** Records of a program: objects with the fields of a JSONL line, whose image may be bytes. */
export function memoryReader(
  records: RecordSource,
  context: Omit<ReadContext, 'file'>,
  images: string | undefined,
): FormReader {
  const name = 'records';
  return {
    name,
    folder: images ?? '.',
    parts: () => inParts(rows(records, { ...context, file: name }), 1000),
  };
}

async function* rows(records: RecordSource, context: ReadContext): AsyncGenerator<Row> {
  let line = 0;
  for await (const record of records as AsyncIterable<unknown>) {
    line++;
    const where = `record ${line}`;
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      const error = new DataError('the record is no object', {
        where,
        expected: '{ image, caption }',
        got: typeof record,
      });
      yield { line, lines: 1, where, error };
      continue;
    }
    const values = new Map<string, unknown>(Object.entries(record));
    const image = values.get(imageColumn(context.columns));
    if (!(image instanceof Uint8Array)) {
      yield toRow({ values }, { line, lines: 1, where }, context);
      continue;
    }
    values.set(imageColumn(context.columns), where);
    const picture = { bytes: image.length, read: () => Promise.resolve(image) };
    yield toRow({ values, picture }, { line, lines: 1, where }, context);
  }
}
