/**
 * The numbers that products and convolutions take; their sums, and all else, are float32. `tf32` has
 * 10 bits of significand and is what GPUs of NVIDIA make of float32 operands; `bf16` has 7, and
 * operands are rounded to it.
 */
export type Precision = 'float32' | 'tf32' | 'bf16';

export const PRECISIONS: readonly Precision[] = ['float32', 'tf32', 'bf16'];

/** How exact a product is; a device may take fewer bits than its operands have only for DEFAULT. */
export function precisionConfig(precision: Precision): string {
  const level = `#stablehlo<precision ${precision === 'float32' ? 'HIGHEST' : 'DEFAULT'}>`;
  return `precision_config = [${level}, ${level}]`;
}
