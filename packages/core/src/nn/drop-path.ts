import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { requireNumber } from '../authoring/require';
import type { Context } from '../contracts/context';
import { hostValue } from '../host-value';
import { foldIn } from '../keys';
import { keptOrZero } from './dropout';

/**
 * Stochastic depth (Huang et al. 2016; timm's `DropPath`): in training, drops the residual branch
 * `x` [B, …] of each sample with probability `rate` in [0, 1] and scales the remaining branches by
 * 1/(1 − rate). In inference it is the identity. The context's key and `path` determine which
 * samples are dropped, so each call in a pass needs a different path.
 *
 * @throws ConfigError for a rate out of range.
 */
export function dropPath<T extends Tensor>(x: T, rate: number, ctx: Context, path: string): T {
  requireNumber(path, 'dropPath', rate, { min: 0, max: 1 });
  if (!ctx.training || rate === 0) return x;
  const [batch = 1, ...rest] = x.shape;
  const draws = hostValue(foldIn(ctx.key, path));
  const shape = [batch, ...rest.map(() => 1)];
  return tidy(() =>
    mul<T>(
      x,
      draws.tensor((key) => keptOrZero(key, batch, rate), shape),
    ),
  );
}

/**
 * Drop rates that rise linearly from 0 at the first layer to `rate` at the last, as in timm and
 * DeiT. A single layer has rate 0.
 */
export function dropPathRates(layers: number, rate: number): number[] {
  return Array.from({ length: layers }, (_, layer) =>
    layers === 1 ? 0 : (rate * layer) / (layers - 1),
  );
}
