import { FileFormatError } from '@crossweave/core';
import type { SafetensorsType } from './elements';

/** Numbers as tfjs holds them. */
export type Numbers = Float32Array | Int32Array | Uint8Array;

/** How a type of the file becomes numbers of a tensor. */
export interface Decoding {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly allocate: (count: number) => Numbers;
  /**
   * Decodes a chunk of whole elements, which starts a buffer of its own, to `out` from element
   * `at` on. Absent: the file holds the very bytes of the tensor.
   */
  readonly decode?: (chunk: ArrayBuffer, out: Numbers, at: number, subject: Subject) => void;
}

/** Names the tensor in errors. */
export interface Subject {
  readonly name: string;
  readonly where: string;
}

const floats = { dtype: 'float32', allocate: (count: number) => new Float32Array(count) } as const;
const integers = { dtype: 'int32', allocate: (count: number) => new Int32Array(count) } as const;

/** F16, BF16 and F64 become float32, whole numbers int32, BOOL bool. */
export const decodings: Readonly<Record<SafetensorsType, Decoding>> = {
  F32: floats,
  F64: { ...floats, decode: (chunk, out, at) => out.set(new Float64Array(chunk), at) },
  F16: { ...floats, decode: (chunk, out, at) => decodeHalf(new Uint16Array(chunk), out, at) },
  BF16: { ...floats, decode: (chunk, out, at) => decodeBrain(new Uint16Array(chunk), out, at) },
  I32: integers,
  I16: { ...integers, decode: (chunk, out, at) => out.set(new Int16Array(chunk), at) },
  I8: { ...integers, decode: (chunk, out, at) => out.set(new Int8Array(chunk), at) },
  U16: { ...integers, decode: (chunk, out, at) => out.set(new Uint16Array(chunk), at) },
  U8: { ...integers, decode: (chunk, out, at) => out.set(new Uint8Array(chunk), at) },
  U32: wide((chunk) => new Uint32Array(chunk)),
  I64: wide((chunk) => new BigInt64Array(chunk)),
  U64: wide((chunk) => new BigUint64Array(chunk)),
  BOOL: { dtype: 'bool', allocate: (count) => new Uint8Array(count), decode: decodeBool },
};

function decodeBool(chunk: ArrayBuffer, out: Numbers, at: number, { name, where }: Subject): void {
  const values = new Uint8Array(chunk);
  for (let i = 0; i < values.length; i++) {
    if (values[i]! <= 1) continue;
    throw new FileFormatError(`value ${at + i} of "${name}" is neither false nor true`, {
      where,
      expected: '0 or 1',
      got: values[i],
    });
  }
  out.set(values, at);
}

/** Whole numbers that need not fit int32. */
function wide(view: (chunk: ArrayBuffer) => ArrayLike<number | bigint>): Decoding {
  return {
    ...integers,
    decode(chunk, out, at, { name, where }) {
      const values = view(chunk);
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!;
        if (value < -(2 ** 31) || value >= 2 ** 31) {
          throw new FileFormatError(`value ${at + i} of "${name}" does not fit int32`, {
            where,
            expected: 'a whole number in [-2^31, 2^31)',
            got: value,
          });
        }
        out[at + i] = Number(value);
      }
    },
  };
}

function decodeHalf(halves: Uint16Array, out: Numbers, at: number): void {
  const table = halfTable();
  for (let i = 0; i < halves.length; i++) out[at + i] = table[halves[i]!]!;
}

/** bfloat16 is the upper half of a float32. */
function decodeBrain(halves: Uint16Array, out: Numbers, at: number): void {
  const words = new Uint32Array(out.buffer, out.byteOffset + 4 * at, halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
}

let halves: Float32Array | undefined;

/** The value of every pattern of 16 bits: looking up is ten times as fast as computing. */
function halfTable(): Float32Array {
  halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalf(bits));
  return halves;
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
