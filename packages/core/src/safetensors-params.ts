import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { FileFormatError, StateDictError } from './errors';
import type { Params } from './params';
import type { SafetensorsFile, SafetensorsType, StoredTensor } from './safetensors';

type Numbers = Float32Array | Int32Array | Uint8Array;
interface Values {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly values: Numbers;
}

/**
 * Parameters from a parsed file. F16, BF16 and F64 become float32, whole numbers int32, BOOL bool;
 * the bytes are copied.
 *
 * @throws FileFormatError when a whole number does not fit int32.
 */
export function paramsFromSafetensors(file: SafetensorsFile, where = 'safetensors'): Params {
  // All values first: an error must not leave tensors behind.
  const entries = [...file.tensors].map(([name, stored]) => {
    return { name, shape: stored.shape, ...decode(name, stored, where) };
  });
  return Object.fromEntries(
    entries.map(({ name, shape, dtype, values }) => [name, tensor(values, [...shape], dtype)]),
  );
}

/**
 * Parameters as {@link serializeSafetensors} takes them: float32 as F32, int32 as I32, bool as BOOL.
 *
 * @throws StateDictError for another type.
 */
export async function paramsToSafetensors(params: Params): Promise<Map<string, StoredTensor>> {
  const entries = Object.entries(params).map(
    async ([name, value]): Promise<[string, StoredTensor]> => [name, await encode(name, value)],
  );
  return new Map(await Promise.all(entries));
}

async function encode(name: string, value: Tensor): Promise<StoredTensor> {
  const dtype = ({ float32: 'F32', int32: 'I32', bool: 'BOOL' } as const)[value.dtype as string];
  if (dtype === undefined) {
    throw new StateDictError(`"${name}" has a type that cannot be stored`, {
      where: 'paramsToSafetensors',
      expected: 'float32, int32 or bool',
      got: value.dtype,
    });
  }
  const { buffer, byteOffset, byteLength } = await value.data<'float32' | 'int32' | 'bool'>();
  return { dtype, shape: value.shape, data: new Uint8Array(buffer, byteOffset, byteLength) };
}

function decode(name: string, { dtype, data }: StoredTensor, where: string): Values {
  // A copy, because a view needs an alignment that the file does not promise. Not by slice(),
  // which in a Node Buffer copies nothing.
  const { buffer } = new Uint8Array(data);
  switch (dtype) {
    case 'F32':
      return { dtype: 'float32', values: new Float32Array(buffer) };
    case 'F64':
      return { dtype: 'float32', values: Float32Array.from(new Float64Array(buffer)) };
    case 'F16':
      return { dtype: 'float32', values: Float32Array.from(new Uint16Array(buffer), fromHalf) };
    case 'BF16':
      return { dtype: 'float32', values: fromBrain(new Uint16Array(buffer)) };
    case 'BOOL':
      return { dtype: 'bool', values: new Uint8Array(buffer) };
    default:
      return { dtype: 'int32', values: toInt32(name, integers[dtype](buffer), where) };
  }
}

type IntegerType = Exclude<SafetensorsType, 'F32' | 'F64' | 'F16' | 'BF16' | 'BOOL'>;

const integers: Record<IntegerType, (buffer: ArrayBuffer) => ArrayLike<number | bigint>> = {
  U8: (buffer) => new Uint8Array(buffer),
  I8: (buffer) => new Int8Array(buffer),
  U16: (buffer) => new Uint16Array(buffer),
  I16: (buffer) => new Int16Array(buffer),
  U32: (buffer) => new Uint32Array(buffer),
  I32: (buffer) => new Int32Array(buffer),
  U64: (buffer) => new BigUint64Array(buffer),
  I64: (buffer) => new BigInt64Array(buffer),
};

function toInt32(name: string, values: ArrayLike<number | bigint>, where: string): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const value = values[i]!;
    out[i] = Number(value);
    if (value < -(2 ** 31) || value >= 2 ** 31) {
      throw new FileFormatError(`value ${i} of "${name}" does not fit int32`, {
        where,
        expected: 'a whole number in [-2^31, 2^31)',
        got: value,
      });
    }
  }
  return out;
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a float32. */
function fromBrain(halves: Uint16Array): Float32Array {
  const words = Uint32Array.from(halves, (half) => half << 16);
  return new Float32Array(words.buffer);
}
