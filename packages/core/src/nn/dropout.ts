import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { requireNumber } from '../authoring/require';
import type { Context } from '../contracts/context';
import { hostValue } from '../host-value';
import { foldIn, uniformArray, type Key } from '../keys';

/**
 * In training, zeroes each value with probability `rate` in [0, 1] and scales the remaining values
 * by 1/(1 − rate). In inference it is the identity. The mask depends on the context's key and
 * `path` only, so each call in a pass needs a different path.
 */
export function dropout<T extends Tensor>(x: T, rate: number, ctx: Context, path: string): T {
  requireNumber(path, 'dropout', rate, { min: 0, max: 1 });
  if (!ctx.training || rate === 0) return x;
  const draws = hostValue(foldIn(ctx.key, path));
  return tidy(() =>
    mul<T>(
      x,
      draws.tensor((key) => keptOrZero(key, x.size, rate), x.shape),
    ),
  );
}

/** `count` factors of dropout: 0 with probability `rate`, else 1/(1 − rate). */
export function keptOrZero(key: Key, count: number, rate: number): Float32Array {
  const mask = uniformArray(key, count);
  const kept = rate === 1 ? 0 : 1 / (1 - rate);
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i]! < rate ? 0 : kept;
  return mask;
}
