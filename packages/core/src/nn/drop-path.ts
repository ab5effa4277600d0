import { mul, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { requireNumber } from '../authoring/require';
import type { Context } from '../contracts/context';
import { foldIn, uniformArray } from '../keys';

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
  const scale = uniformArray(foldIn(ctx.key, path), batch);
  const kept = rate === 1 ? 0 : 1 / (1 - rate);
  for (let i = 0; i < batch; i++) scale[i] = scale[i]! < rate ? 0 : kept;
  return tidy(() => mul<T>(x, tensor(scale, [batch, ...rest.map(() => 1)], 'float32')));
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
