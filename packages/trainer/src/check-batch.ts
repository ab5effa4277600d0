import { Tensor } from '@tensorflow/tfjs-core';
import { DataError, ShapeError, checkShapes, showShape, type Batch } from '@crossweave/core';
import type { Dimension } from '@crossweave/core';

/** The dimensions after the first of what text inputs and features are made of. */
const known: Readonly<Record<string, readonly Dimension[]>> = {
  input_ids: ['N'],
  attention_mask: ['N'],
  token_type_ids: ['N'],
  pooled: ['D'],
  tokens: ['N', 'D'],
  mask: ['N'],
  present: [],
};

/**
 * Checks that the fields of a batch fit each other, so that a mistake of a source is not found
 * inside of an operation.
 *
 * @throws DataError for a list that is missing or not of length B, ShapeError for a tensor whose
 * first dimension is not B (of negatives B·K), each with the field's name.
 */
export function checkBatch(where: string, batch: Batch<unknown, unknown>): void {
  const { size, ids, groups, captions, labels } = batch;
  if (!Number.isSafeInteger(size) || size < 1) {
    throw wrongField(where, 'size', 'a whole number of at least 1', size);
  }
  for (const [name, list] of Object.entries({ ids, groups })) checkNames(where, name, list, size);
  if (captions !== undefined) checkNames(where, 'captions', captions, size);
  if (labels !== undefined) checkLabels(where, labels, size);
  checkInput(where, 'image', batch.image, size);
  checkInput(where, 'text', batch.text, size);
  if (batch.negatives !== undefined) {
    const rows = rowsOf(batch.negatives) ?? size;
    if (rows === 0 || rows % size !== 0) {
      throw new ShapeError('negatives of the batch does not divide among the pairs', {
        where,
        expected: `B·K rows with B = ${size}`,
        got: `${rows} rows`,
      });
    }
    checkInput(where, 'negatives', batch.negatives, rows);
    const { negativeCaptions } = batch;
    if (negativeCaptions !== undefined) {
      checkNames(where, 'negativeCaptions', negativeCaptions, rows, 'each false text');
    }
  }
}

/** The masks among the fields of an input. */
const masks = ['attention_mask', 'mask'];

/**
 * Checks the values of masks. Other numbers than 0 and 1 (terms to be added to scores, weights) would
 * move results without a word. Reading them waits for the engine, so one batch of a run is looked at.
 *
 * @throws DataError that names the field and the value.
 */
export async function checkMasks(where: string, batch: Batch<unknown, unknown>): Promise<void> {
  for (const field of ['image', 'text', 'negatives'] as const) {
    for (const [name, mask] of tensorsOf(batch[field])) {
      if (!masks.includes(name)) continue;
      const wrong = (await mask.data()).find((value) => value !== 0 && value !== 1);
      if (wrong === undefined) continue;
      throw wrongField(where, `${field}.${name}`, '1 for real tokens and 0 for padding', wrong);
    }
  }
}

function checkNames(
  where: string,
  field: string,
  list: unknown,
  size: number,
  of = 'each pair',
): void {
  const expected = `a list of ${size} texts, one for ${of}`;
  if (!Array.isArray(list)) throw wrongField(where, field, expected, typeof list);
  const wrong = list.findIndex((entry) => typeof entry !== 'string');
  if (wrong >= 0) {
    throw wrongField(where, field, expected, `${typeof list[wrong]} at place ${wrong}`);
  }
  if (list.length !== size) throw wrongField(where, field, expected, `${list.length} texts`);
}

function checkLabels(where: string, list: unknown, size: number): void {
  const expected = `a list of ${size} labels (text, number, list of texts or undefined), one a pair`;
  if (!Array.isArray(list)) throw wrongField(where, 'labels', expected, typeof list);
  const wrong = list.findIndex((entry) => !isLabel(entry));
  if (wrong >= 0) {
    throw wrongField(where, 'labels', expected, `${typeof list[wrong]} at place ${wrong}`);
  }
  if (list.length !== size) throw wrongField(where, 'labels', expected, `${list.length} labels`);
}

function isLabel(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === 'string');
  return value === undefined || ['string', 'number'].includes(typeof value);
}

function checkInput(where: string, field: string, value: unknown, rows: number): void {
  if (value === undefined || value === null) {
    throw wrongField(where, field, 'what the encoder reads', 'nothing');
  }
  const parts: (readonly [string, Tensor, readonly Dimension[] | undefined])[] =
    value instanceof Tensor
      ? [[field, value, undefined]]
      : tensorsOf(value).map(([name, part]) => [`${field}.${name}`, part, known[name]]);
  for (const [name, { isDisposed }] of parts) {
    if (isDisposed) throw wrongField(where, name, 'a tensor of its own', 'one that was disposed');
  }
  checkShapes(
    `${where}, batch`,
    Object.fromEntries(
      parts.map(([name, part, rest]) => [name, [part, [rows, ...(rest ?? free(part))]] as const]),
    ),
  );
  const ids = parts.find(([name]) => name === `${field}.input_ids`)?.[1];
  if (ids !== undefined && ids.dtype !== 'int32') {
    throw new ShapeError(`${field}.input_ids of the batch has the wrong type`, {
      where,
      expected: 'int32',
      got: `${ids.dtype} ${showShape(ids.shape)}`,
    });
  }
}

/** Any dimensions after the first, which every tensor of a batch has. */
function free({ rank }: Tensor): readonly Dimension[] {
  return new Array<Dimension>(Math.max(0, rank - 1)).fill('*');
}

function tensorsOf(value: unknown): [string, Tensor][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).filter(
    (entry): entry is [string, Tensor] => entry[1] instanceof Tensor,
  );
}

function rowsOf(value: unknown): number | undefined {
  const first: Tensor | undefined = value instanceof Tensor ? value : tensorsOf(value)[0]?.[1];
  return first?.shape[0];
}

function wrongField(where: string, field: string, expected: string, got: unknown): DataError {
  return new DataError(`${field} of the batch is wrong`, { where, expected, got });
}
