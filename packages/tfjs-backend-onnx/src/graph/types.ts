/** Element types inside graphs; tfjs has only float32, int32 and bool. */
export type ElementType = 'float32' | 'int32' | 'bool' | 'int64' | 'float64';

/** ONNX `TensorProto.DataType` numbers. */
export const ELEMENT_CODE: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

export type Values = Float32Array | Int32Array | Uint8Array;

/** Integers are written as they are; a float is wrapped so that 1.0 stays a float. */
export type Attribute = number | string | readonly number[] | { readonly f: number };
export type Attributes = Readonly<Record<string, Attribute>>;

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** An array of zeros, of the class that tfjs uses for this type. */
export function emptyValues(dtype: string, length: number): Values {
  return new (classOf(dtype))(length);
}

/** The class of arrays that tfjs uses for this type. */
export function classOf(dtype: string): new (length: number) => Values {
  if (dtype === 'int32') return Int32Array;
  return dtype === 'bool' ? Uint8Array : Float32Array;
}
