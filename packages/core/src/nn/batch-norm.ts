import {
  add,
  batchNorm as normalise,
  keep,
  mul,
  ones,
  scalar,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { boolean, number, share } from '../authoring/checks';
import { checkOptions } from '../authoring/options';
import type { Context } from '../contracts/context';
import { ShapeError } from '../errors';
import { parameter, type Params } from '../params';
import { showShape } from '../shapes';
import { normaliseByBatch } from './batch-statistics';
import { requireWidth } from './require-width';

export interface BatchNormOptions {
  /** Weight of the new batch in the running statistics, in [0, 1]; default 0.1. */
  readonly momentum?: number;
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Whether training too uses the stored statistics, and does not update them; default false. */
  readonly frozen?: boolean;
}

const checks = { momentum: share(), epsilon: number({ above: 0 }), frozen: boolean() };

/** `torch.nn.BatchNorm2d`'s parameters and buffers, [C] each (`num_batches_tracked` a scalar). */
export function initBatchNorm(path: string, channels: number): Params {
  return {
    [`${path}.weight`]: ones([channels]),
    [`${path}.bias`]: zeros([channels]),
    [`${path}.running_mean`]: zeros([channels]),
    [`${path}.running_var`]: ones([channels]),
    [`${path}.num_batches_tracked`]: scalar(0),
  };
}

/**
 * Batch normalisation of [..., C], channels last (Ioffe & Szegedy 2015). In training it uses the
 * statistics of the batch and records new running statistics (with the unbiased variance, as
 * PyTorch does). In inference, and when the layer or its statistics are frozen, it uses the stored
 * statistics.
 *
 * @throws ConfigError for a wrong option, ShapeError in training with one value per channel, which
 *   has no variance.
 */
export function batchNorm<T extends Tensor>(
  params: Params,
  path: string,
  x: T,
  ctx: Context,
  options: BatchNormOptions = {},
): T {
  checkOptions<BatchNormOptions>(path, options, checks);
  const { momentum = 0.1, epsilon = 1e-5, frozen = false } = options;
  const weight = parameter<Tensor1D>(params, `${path}.weight`);
  const bias = parameter<Tensor1D>(params, `${path}.bias`);
  requireWidth(path, x, weight.size);
  const held = frozen || (ctx.frozen?.(`${path}.running_mean`) ?? false);
  if (!ctx.training || held) {
    return tidy(
      () =>
        normalise(
          x as Tensor as Tensor4D,
          parameter<Tensor1D>(params, `${path}.running_mean`),
          parameter<Tensor1D>(params, `${path}.running_var`),
          bias,
          weight,
          epsilon,
        ) as Tensor as T,
    );
  }

  const count = x.size / weight.size;
  if (count < 2) {
    throw new ShapeError('batch statistics need at least two values per channel', {
      where: path,
      got: showShape(x.shape),
      advice: 'Use a larger batch, or freeze the layer.',
    });
  }
  return tidy(() => {
    const { value, average, variance } = normaliseByBatch(x, weight, bias, epsilon);
    record(params, path, ctx, momentum, {
      running_mean: average,
      running_var: mul(variance, count / (count - 1)),
    });
    return value;
  });
}

function record(
  params: Params,
  path: string,
  ctx: Context,
  momentum: number,
  batch: Readonly<Record<'running_mean' | 'running_var', Tensor>>,
): void {
  if (ctx.record === undefined) return;
  for (const [leaf, value] of Object.entries(batch)) {
    const old = parameter(params, `${path}.${leaf}`);
    ctx.record(`${path}.${leaf}`, keep(add(mul(old, 1 - momentum), mul(value, momentum))));
  }
  const batches = params[`${path}.num_batches_tracked`];
  if (batches !== undefined) ctx.record(`${path}.num_batches_tracked`, keep(add(batches, 1)));
}
