import type { Tensor } from '@tensorflow/tfjs-core';
import { StateDictError } from '@crossweave/core';
import type { Params } from '@crossweave/core';
import { adoptTensor } from './adopt-tensor';
import { decodings, type Numbers } from './decode';
import { elementBytes } from './elements';
import type { SafetensorsFile, StoredTensor } from './safetensors';

/**
 * Parameters from a parsed file. F16, BF16 and F64 become float32, whole numbers int32, BOOL bool;
 * the bytes are copied.
 *
 * @throws FileFormatError when a whole number does not fit int32.
 */
export function paramsFromSafetensors(file: SafetensorsFile, where = 'safetensors'): Params {
  // All values first: an error must not leave tensors behind.
  const entries = [...file.tensors].map(([name, stored]) => {
    return { name, stored, values: decodeStored(name, stored, where) };
  });
  return Object.fromEntries(
    entries.map(({ name, stored, values }) => {
      return [name, adoptTensor(values, stored.shape, decodings[stored.dtype].dtype)];
    }),
  );
}

/**
 * Parameters as {@link serializeSafetensors} takes them: float32 as F32, int32 as I32, bool as BOOL.
 *
 * @throws StateDictError for another type.
 */
export async function paramsToSafetensors(params: Params): Promise<Map<string, StoredTensor>> {
  const entries = Object.entries(params).map(
    async ([name, value]): Promise<[string, StoredTensor]> => [
      name,
      { dtype: storedType(name, value), shape: value.shape, data: await bytesOf(value) },
    ],
  );
  return new Map(await Promise.all(entries));
}

/** @throws StateDictError for a type that a file has no place for. */
export function storedType(name: string, { dtype }: Tensor): 'F32' | 'I32' | 'BOOL' {
  const type = ({ float32: 'F32', int32: 'I32', bool: 'BOOL' } as const)[dtype as string];
  if (type !== undefined) return type;
  throw new StateDictError(`"${name}" has a type that cannot be stored`, {
    where: 'safetensors',
    expected: 'float32, int32 or bool',
    got: dtype,
  });
}

/** A tensor's bytes as a file has them. */
export async function bytesOf(value: Tensor): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await value.data<'float32' | 'int32' | 'bool'>();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function decodeStored(name: string, { dtype, data }: StoredTensor, where: string): Numbers {
  const { allocate, decode } = decodings[dtype];
  const values = allocate(data.length / elementBytes[dtype]);
  if (decode === undefined) new Uint8Array(values.buffer).set(data);
  // A copy, because a view needs an alignment that the file does not promise. Not by slice(),
  // which in a Node Buffer copies nothing.
  else decode(new Uint8Array(data).buffer, values, 0, { name, where });
  return values;
}
