/** Element types of a safetensors file, and the bytes an element takes. */
export const elementBytes = {
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

/** Bytes of a tensor; `undefined` where the number has no exact place in a double. */
export function byteLength(dtype: SafetensorsType, shape: readonly number[]): number | undefined {
  let bytes: number = elementBytes[dtype];
  // Step by step, as the reference implementation checks it: [2^60, 2^60, 0] overflows as well.
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}
