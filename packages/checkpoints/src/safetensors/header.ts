import { FileFormatError, StateDictError, showShape } from '@crossweave/core';
import { recordOf, repeatedKey, requireValue } from '@crossweave/core/authoring';
import { byteLength, elementBytes, type SafetensorsType } from './elements';

/** The header's entry of a tensor. */
export interface TensorEntry {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /**
   * Offset of the tensor's first byte from the end of the header; `end` is the offset after its
   * last byte.
   */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** Entries by tensor name, in the order of the data. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** The header's `__metadata__`: strings by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Number of bytes before the header; they hold the header's length. */
export const lengthBytes = 8;

/** The reference implementation's limit, which protects against malicious files. */
const longestHeader = 100_000_000;

/**
 * Reads the header's length from the first bytes of a file of `fileBytes` bytes.
 *
 * @throws FileFormatError when the file cannot hold such a header.
 */
export function readHeaderLength(start: Uint8Array, fileBytes: number, where: string): number {
  if (start.length < lengthBytes || fileBytes < lengthBytes) {
    throw new FileFormatError('the file is too short for a header', {
      where,
      expected: `at least ${lengthBytes} bytes`,
      got: Math.min(start.length, fileBytes),
    });
  }
  const length = new DataView(start.buffer, start.byteOffset, lengthBytes).getBigUint64(0, true);
  const most = Math.min(longestHeader, fileBytes - lengthBytes);
  if (length > BigInt(most)) {
    throw new FileFormatError('the header is longer than the file or the format allows', {
      where,
      expected: `at most ${most} bytes`,
      got: length,
      advice: 'Check that this is a complete safetensors file.',
    });
  }
  return Number(length);
}

/**
 * Parses a header that `bodyBytes` bytes of data follow.
 *
 * @throws FileFormatError for anything the format does not allow.
 */
export function parseHeader(
  bytes: Uint8Array,
  bodyBytes: number,
  where: string,
): SafetensorsHeader {
  const header = readJson(bytes, where);
  const sorted = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, info]) => [name, readEntry(name, info, where)] as const)
    .sort(([, a], [, b]) => (a.begin === b.begin ? a.end - b.end : a.begin - b.begin));
  let reached = 0;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== reached) {
      const what = begin < reached ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new FileFormatError(`"${name}" ${what}`, { where, expected: reached, got: begin });
    }
    if (end > bodyBytes) {
      throw new FileFormatError(`"${name}" ends after the end of the file`, {
        where,
        expected: `at most ${bodyBytes} bytes of data`,
        got: end,
        advice: 'The file is cut short: copy or download it again.',
      });
    }
    reached = end;
  }
  if (reached !== bodyBytes) {
    throw new FileFormatError('the file contains bytes that belong to no tensor', {
      where,
      expected: `${reached} bytes of data`,
      got: bodyBytes,
    });
  }
  return { entries: new Map(sorted), metadata: readMetadata(header['__metadata__'], where) };
}

const metadataCheck = recordOf({
  expected: 'a text',
  accepts: (value) => value === undefined || typeof value === 'string',
});

/** The properties of a tensor that {@link composeHeader} needs. */
export type TensorType = Pick<TensorEntry, 'dtype' | 'shape'>;

/**
 * The beginning of a file (length and header), and the tensors in the order of their data: wide
 * types first, so that every tensor is aligned, and tensors of equal width by name.
 *
 * @throws StateDictError for a duplicate or reserved name, or a shape that no file can hold;
 *   ConfigError for metadata that are no texts, with which no library opens the file.
 */
export function composeHeader<T extends TensorType>(
  tensors: Iterable<readonly [name: string, tensor: T]>,
  metadata: Readonly<Record<string, string>>,
  where: string,
): { readonly bytes: Uint8Array; readonly order: readonly (readonly [string, T])[] } {
  const order = [...tensors].sort(([a, { dtype: first }], [b, { dtype: second }]) => {
    const wider = elementBytes[second] - elementBytes[first];
    return wider === 0 ? Number(a > b) - Number(a < b) : wider;
  });
  requireValue(where, 'metadata', metadata, metadataCheck);
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let reached = 0;
  for (const [name, { dtype, shape }] of order) {
    if (name === '__metadata__' || header.has(name)) {
      throw new StateDictError(`the name "${name}" is reserved or occurs twice`, { where });
    }
    const end = reached + (byteLength(dtype, shape) ?? Infinity);
    if (!Number.isSafeInteger(end)) {
      throw new StateDictError(`"${name}" is too large for a file`, {
        where,
        got: `${dtype} ${showShape(shape)}`,
      });
    }
    header.set(name, { dtype, shape, data_offsets: [reached, end] });
    reached = end;
  }
  const json = JSON.stringify(Object.fromEntries(header));
  let text = new TextEncoder().encode(json);
  text = new TextEncoder().encode(json + ' '.repeat((8 - (text.length % 8)) % 8));
  const bytes = new Uint8Array(lengthBytes + text.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, lengthBytes);
  return { bytes, order };
}

function readJson(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
  const broken = (what: string, cause?: unknown): FileFormatError =>
    new FileFormatError(what, { where, expected: 'a JSON object of tensors by name', cause });
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw broken('the header is not JSON', cause);
  }
  if (!isRecord(header) || !text.startsWith('{')) throw broken('the header is not an object');
  const repeated = repeatedKey(text, header)?.at(-1);
  if (repeated !== undefined) throw broken(`the header has "${repeated}" twice`);
  return header;
}

function readEntry(name: string, info: unknown, where: string): TensorEntry {
  const broken = (what: string, expected: string, got: unknown): FileFormatError =>
    new FileFormatError(`${what} of "${name}" is wrong`, { where, expected, got });
  if (!isRecord(info)) {
    throw broken('the entry', 'an object with dtype, shape, data_offsets', info);
  }
  const { dtype, shape, data_offsets: offsets } = info;
  if (typeof dtype !== 'string' || !Object.hasOwn(elementBytes, dtype)) {
    throw broken('the dtype', `one of ${Object.keys(elementBytes).join(', ')}`, dtype);
  }
  if (!isSizes(shape)) throw broken('the shape', 'a list of whole numbers', shape);
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw broken('the data_offsets', 'two whole numbers', offsets);
  }
  const [begin, end] = offsets as [number, number];
  // Object.hasOwn above has checked that the type is a key.
  const type = dtype as SafetensorsType;
  const length = byteLength(type, shape);
  if (length === undefined) {
    throw broken('the shape', 'a tensor of fewer than 2^53 bytes', showShape(shape));
  }
  if (end - begin !== length) {
    const what = `${length} bytes for ${type} ${showShape(shape)}`;
    throw broken('the length', what, end - begin);
  }
  return { dtype: type, shape, begin, end };
}

function readMetadata(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  const isText = (entry: unknown): boolean => typeof entry === 'string';
  if (!isRecord(value) || !Object.values(value).every(isText)) {
    throw new FileFormatError('the metadata is wrong', {
      where,
      expected: 'strings by name',
      got: value,
    });
  }
  return value as Readonly<Record<string, string>>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
