import { StateDictError, showShape } from '@crossweave/core';
import { byteLength, type SafetensorsType } from './elements';
import { composeHeader, lengthBytes, parseHeader, readHeaderLength } from './header';

export interface StoredTensor {
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  /**
   * Little-endian, row-major. For a parsed file it is a view of the file's bytes, of any alignment.
   */
  readonly data: Uint8Array;
}

export interface SafetensorsFile {
  /** Tensors by name, in the order of their data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The header's `__metadata__`: strings by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Parses the safetensors format (huggingface/safetensors, "Format"): eight bytes with the header's
 * length, a JSON header, and the tensors' bytes without gap or overlap. The bytes are not copied.
 *
 * @param where the name of the file in errors.
 * @throws FileFormatError for anything the format does not allow.
 */
export function parseSafetensors(bytes: Uint8Array, where = 'parseSafetensors'): SafetensorsFile {
  const start = lengthBytes + readHeaderLength(bytes, bytes.length, where);
  const body = bytes.subarray(start);
  const { entries, metadata } = parseHeader(bytes.subarray(lengthBytes, start), body.length, where);
  const tensors = new Map(
    [...entries].map(([name, { dtype, shape, begin, end }]) => {
      return [name, { dtype, shape, data: body.subarray(begin, end) }];
    }),
  );
  return { tensors, metadata };
}

/**
 * Writes the safetensors format: wide types first, so that every tensor is aligned, and tensors of
 * equal width by name.
 *
 * @throws StateDictError when a tensor's bytes do not fit its shape, or its name is reserved.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const where = 'serializeSafetensors';
  const { bytes: header, order } = composeHeader(tensors, metadata, where);
  let length = header.length;
  for (const [name, { dtype, shape, data }] of order) {
    const expected = byteLength(dtype, shape);
    if (data.length !== expected) {
      throw new StateDictError(`the bytes of "${name}" do not fit ${dtype} ${showShape(shape)}`, {
        where,
        expected,
        got: data.length,
      });
    }
    length += data.length;
  }
  const bytes = new Uint8Array(length);
  bytes.set(header);
  let at = header.length;
  for (const [, { data }] of order) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}
