import { FileFormatError, StateDictError } from './errors';
import { showShape } from './shapes';

/** Element types of a safetensors file, and the bytes an element takes. */
const elementBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type SafetensorsType = keyof typeof elementBytes;

export interface StoredTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /** Little-endian, row-major; when parsed, a view of the file's bytes at any alignment. */
  readonly data: Uint8Array;
}

export interface SafetensorsFile {
  /** By name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The header's `__metadata__`: text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit: a longer header is an attack, not a model. */
const longestHeader = 100_000_000;

/**
 * Reads the safetensors format (huggingface/safetensors, "Format"): eight bytes with the header's
 * length, a JSON header, the tensors' bytes without gap or overlap. Copies nothing.
 *
 * @param where names the file in errors.
 * @throws FileFormatError for anything the format does not allow.
 */
export function parseSafetensors(bytes: Uint8Array, where = 'parseSafetensors'): SafetensorsFile {
  const headerLength = readHeaderLength(bytes, where);
  const header = readHeader(bytes.subarray(8, 8 + headerLength), where);
  const body = bytes.subarray(8 + headerLength);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, info]) => ({ name, ...readInfo(name, info, where) }))
    .sort((a, b) => (a.begin === b.begin ? a.end - b.end : a.begin - b.begin));

  const tensors = new Map<string, StoredTensor>();
  let reached = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== reached) {
      const what = begin < reached ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new FileFormatError(`"${name}" ${what}`, { where, expected: reached, got: begin });
    }
    if (end > body.length) {
      throw new FileFormatError(`"${name}" ends beyond the file`, {
        where,
        expected: `at most ${body.length} bytes of data`,
        got: end,
        advice: 'The file is cut short: copy or download it again.',
      });
    }
    tensors.set(name, { dtype, shape, data: body.subarray(begin, end) });
    reached = end;
  }
  if (reached !== body.length) {
    throw new FileFormatError('the file holds bytes that belong to no tensor', {
      where,
      expected: `${reached} bytes of data`,
      got: body.length,
    });
  }
  return { tensors, metadata: readMetadata(header['__metadata__'], where) };
}

/**
 * Writes the safetensors format: wide types first, so that every tensor is aligned, then by name.
 *
 * @throws StateDictError when a tensor's bytes do not fit its shape, or its name is reserved.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = [...tensors].sort(([a, { dtype: first }], [b, { dtype: second }]) => {
    const wider = elementBytes[second] - elementBytes[first];
    return wider === 0 ? Number(a > b) - Number(a < b) : wider;
  });
  const header = new Map<string, unknown>();
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata);
  let length = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === '__metadata__' || header.has(name)) {
      throw new StateDictError(`the name "${name}" is taken`, { where: 'serializeSafetensors' });
    }
    const expected = byteLength(dtype, shape);
    if (data.length !== expected) {
      throw new StateDictError(`the bytes of "${name}" do not fit ${dtype} ${showShape(shape)}`, {
        where: 'serializeSafetensors',
        expected,
        got: data.length,
      });
    }
    header.set(name, { dtype, shape, data_offsets: [length, length + data.length] });
    length += data.length;
  }

  const json = JSON.stringify(Object.fromEntries(header));
  let text = new TextEncoder().encode(json);
  text = new TextEncoder().encode(json + ' '.repeat((8 - (text.length % 8)) % 8));
  const bytes = new Uint8Array(8 + text.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const [, { data }] of entries) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}

function readHeaderLength(bytes: Uint8Array, where: string): number {
  if (bytes.length < 8) {
    throw new FileFormatError('the file is too short for a header', {
      where,
      expected: 'at least 8 bytes',
      got: bytes.length,
    });
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const most = Math.min(longestHeader, bytes.length - 8);
  if (length > BigInt(most)) {
    throw new FileFormatError('the header is longer than the file or the format allows', {
      where,
      expected: `at most ${most} bytes`,
      got: length,
      advice: 'Is this a safetensors file, and complete?',
    });
  }
  return Number(length);
}

function readHeader(bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> {
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
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw broken(`the header has "${repeated}" twice`);
  return header;
}

/** The first key that stands twice in one object of a valid JSON text: JSON.parse drops one. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, text] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (text !== undefined) {
      const key = JSON.parse(text) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

interface TensorInfo {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readInfo(name: string, info: unknown, where: string): TensorInfo {
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
  // Object.hasOwn has just found it among the keys.
  const type = dtype as SafetensorsType;
  const length = byteLength(type, shape);
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
      expected: 'texts by name',
      got: value,
    });
  }
  return value as Readonly<Record<string, string>>;
}

function byteLength(dtype: SafetensorsType, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, elementBytes[dtype]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
