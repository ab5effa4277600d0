import { FileFormatError, isBuffer } from '@crossweave/core';

const floating = /^(?:float|B?F)\d/;

/**
 * Weights are floating-point numbers. Quantised checkpoints keep codes under the same names and in
 * the same shapes; read as they stand, they would be taken for weights.
 *
 * @param types the types of parameters by path, as safetensors (`F16`) or tfjs (`float32`) name them.
 *   Buffers may have any.
 * @throws FileFormatError that names the first parameter that is stored otherwise.
 */
export function requireFloating(
  where: string,
  types: Iterable<readonly [path: string, type: string]>,
): void {
  for (const [path, type] of types) {
    if (floating.test(type) || isBuffer(path)) continue;
    throw new FileFormatError(`"${path}" does not hold floating-point numbers`, {
      where,
      expected: 'weights in F16, BF16, F32 or F64',
      got: type,
      advice:
        'A quantised checkpoint (bitsandbytes, GPTQ, AWQ) holds codes in the place of weights: take the original.',
    });
  }
}
