import type { Tensor } from '@tensorflow/tfjs-core';
import { StateDictError, valuesOf } from '@crossweave/core';
import type { Params } from '@crossweave/core';
import { adoptTensor } from './adopt-tensor';
import { decodings, type Numbers } from './decode';
import { elementBytes } from './elements';
import type { SafetensorsFile, StoredTensor } from './safetensors';

/**
 * Converts a parsed file to parameters. F16, BF16 and F64 become float32, integers int32, BOOL
 * bool. The bytes are copied.
 *
 * @throws FileFormatError when an integer does not fit int32.
 */
export function paramsFromSafetensors(file: SafetensorsFile, where = 'safetensors'): Params {
  // All values are decoded before the first tensor is made, so that an error leaks no tensors.
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
 * Converts parameters to the input of {@link serializeSafetensors}: float32 to F32, int32 to I32,
 * bool to BOOL.
 *
 * @throws StateDictError for any other type.
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

/** @throws StateDictError for a type that a safetensors file cannot store. */
export function storedType(name: string, { dtype }: Tensor): 'F32' | 'I32' | 'BOOL' {
  const type = ({ float32: 'F32', int32: 'I32', bool: 'BOOL' } as const)[dtype as string];
  if (type !== undefined) return type;
  throw new StateDictError(`"${name}" has a type that cannot be stored`, {
    where: 'safetensors',
    expected: 'float32, int32 or bool',
    got: dtype,
  });
}

/** The bytes of a tensor as a safetensors file stores them. */
export async function bytesOf(value: Tensor): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await valuesOf(value);
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function decodeStored(name: string, { dtype, data }: StoredTensor, where: string): Numbers {
  const { allocate, decode } = decodings[dtype];
  const values = allocate(data.length / elementBytes[dtype]);
  if (decode === undefined) new Uint8Array(values.buffer).set(data);
  // A copy, because typed arrays need an alignment that the file does not guarantee. `new
  // Uint8Array` and not `slice()`, which does not copy a Node Buffer.
  else decode(new Uint8Array(data).buffer, values, 0, { name, where });
  return values;
}
