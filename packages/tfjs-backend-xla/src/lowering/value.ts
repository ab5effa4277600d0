import type { ElementType, Values } from '@crossweave/tfjs-backend-onnx/graph';
import { sizeOf } from '@crossweave/tfjs-backend-onnx/graph';

/** A value of a StableHLO function: its name there, and its type. */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** The number that every element is, where that is known. */
  readonly number?: number;
  /** The elements, where they are known. */
  readonly values?: Values;
  /** Whether it depends on no argument, so that XLA knows it when it compiles. */
  readonly isConstant: boolean;
  /** Whether its elements, of dtype float32, are rounded to bf16 and have that type. */
  readonly isBf16?: boolean;
  /** Whether it is a sum of which one part is such a constant. */
  readonly isShifted?: boolean;
}

const TYPES: Readonly<Record<ElementType, string>> = {
  float32: 'f32',
  float64: 'f64',
  int32: 'i32',
  int64: 'i64',
  bool: 'i1',
};

/** `tensor<2x3xf32>` */
export function typeOf({
  shape,
  dtype,
  isBf16 = false,
}: Pick<Value, 'shape' | 'dtype' | 'isBf16'>): string {
  return `tensor<${[...shape, isBf16 ? 'bf16' : TYPES[dtype]].join('x')}>`;
}

export const isFloat = (dtype: ElementType): boolean => dtype === 'float32' || dtype === 'float64';

/** The least and the greatest number of a type. */
export const LOWEST: Readonly<Record<ElementType, number>> = {
  float32: -Infinity,
  float64: -Infinity,
  int32: -(2 ** 31),
  // -2^63 is a double; the literal is written from a bigint.
  int64: -(2 ** 63),
  bool: 0,
};
export const HIGHEST: Readonly<Record<ElementType, number>> = {
  float32: Infinity,
  float64: Infinity,
  int32: 2 ** 31 - 1,
  // The greatest double below 2^63: no index and no sum of int32 reaches it.
  int64: 2 ** 63 - 1024,
  bool: 1,
};

/** A number as an element of a `dense` attribute. Floats are written by their bits. */
export function literal(value: number, dtype: ElementType): string {
  switch (dtype) {
    case 'float32':
      return hex(new Uint8Array(Float32Array.of(value).buffer).reverse());
    case 'float64':
      return hex(new Uint8Array(Float64Array.of(value).buffer).reverse());
    case 'int32':
      return String(value | 0);
    case 'int64':
      return BigInt(Math.trunc(value)).toString();
    case 'bool':
      return value === 0 ? 'false' : 'true';
  }
}

/** A `dense` attribute of these elements. */
export function denseOf(values: Values, shape: readonly number[], dtype: ElementType): string {
  const type = typeOf({ shape, dtype });
  if (values.length === 1) return `dense<${literal(values[0] as number, dtype)}> : ${type}`;
  if (dtype === 'bool') return `dense<${nested([...values], shape)}> : ${type}`;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return `dense<"${hex(bytes)}"> : ${type}`;
}

/** [[true, false], [false, true]] */
function nested(values: readonly number[], [size = 1, ...rest]: readonly number[]): string {
  const below = sizeOf(rest);
  const items = Array.from({ length: size }, (_, i) =>
    rest.length === 0
      ? literal(values[i] as number, 'bool')
      : nested(values.slice(i * below, (i + 1) * below), rest),
  );
  return `[${items.join(', ')}]`;
}

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex').toUpperCase()}`;
