/**
 * The numbers that products and convolutions take; their sums, and all else, are float32. `tf32` has
 * 10 bits of significand and is what GPUs of NVIDIA make of float32 operands; `bf16` has 7, and
 * operands are rounded to it.
 */
export type Precision = 'float32' | 'tf32' | 'bf16';

export const PRECISIONS: readonly Precision[] = ['float32', 'tf32', 'bf16'];

/** The precision of products of matrices and of convolutions. */
export interface Precisions {
  readonly dot_general: Precision;
  readonly convolution: Precision;
}

/**
 * What a platform computes for a precision. cuDNN gives results of a convolution in the type of its
 * operands: for sums in float32 those of `bf16` are `tf32` on `cuda`, which rounds less.
 */
export const precisionsOn = (platform: string, precision: Precision): Precisions => ({
  dot_general: precision,
  convolution: platform === 'cuda' && precision === 'bf16' ? 'tf32' : precision,
});

/** How exact a product is; a device may take fewer bits than its operands have only for DEFAULT. */
export function precisionConfig(precision: Precision): string {
  const level = `#stablehlo<precision ${precision === 'float32' ? 'HIGHEST' : 'DEFAULT'}>`;
  return `precision_config = [${level}, ${level}]`;
}
