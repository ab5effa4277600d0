import { add, matMul, reshape, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { boolean, count, number } from '../authoring/checks';
import { checkOptions } from '../authoring/options';
import { foldIn, type Key } from '../keys';
import { parameter, type Params } from '../params';
import { normalInit, uniformInit } from './initialisers';
import { requireWidth } from './require-width';

export interface LinearOptions {
  readonly in: number;
  readonly out: number;
  /** Default true. */
  readonly bias?: boolean;
  /**
   * Initial weights are N(0, standardDeviation²) and the bias is 0, as in Hugging Face's
   * transformers (BERT uses 0.02). Default: PyTorch's initialisation of `torch.nn.Linear`.
   */
  readonly standardDeviation?: number;
}

const checks = {
  in: count(),
  out: count(),
  bias: boolean(),
  standardDeviation: number({ min: 0 }),
};

/**
 * `torch.nn.Linear`'s parameters: weight [out, in] and bias [out], both U(±1/√in) unless
 * `standardDeviation` is given.
 *
 * @throws ConfigError for a wrong option.
 */
export function initLinear(key: Key, path: string, options: LinearOptions): Params {
  checkOptions<LinearOptions>(path, options, checks, ['in', 'out']);
  const { out, bias: biased = true, standardDeviation } = options;
  const weight = `${path}.weight`;
  const bias = `${path}.bias`;
  if (standardDeviation !== undefined) {
    return {
      [weight]: normalInit(foldIn(key, weight), [out, options.in], standardDeviation),
      ...(biased && { [bias]: zeros([out]) }),
    };
  }
  const bound = 1 / Math.sqrt(options.in);
  return {
    [weight]: uniformInit(foldIn(key, weight), [out, options.in], bound),
    ...(biased && { [bias]: uniformInit(foldIn(key, bias), [out], bound) }),
  };
}

/**
 * x·Wᵀ + b over the last axis: [..., in] → [..., out]. The bias is added if the parameters have
 * one.
 *
 * @throws ShapeError when the last axis of `x` is not the weight's `in`.
 */
export function linear<T extends Tensor>(params: Params, path: string, x: T): T {
  const bias = params[`${path}.bias`] as Tensor1D | undefined;
  return affine(path, x, parameter<Tensor2D>(params, `${path}.weight`), bias);
}

/**
 * {@link linear} with the weight [out, in] and bias [out] as arguments; `where` names them in
 * errors.
 */
export function affine<T extends Tensor>(
  where: string,
  x: T,
  weight: Tensor2D,
  bias?: Tensor1D,
): T {
  const [out, width] = weight.shape;
  requireWidth(where, x, width);
  return tidy(() => {
    // One 2-D product, because tfjs's batched product neither broadcasts the weight nor sums its
    // gradient.
    const rows = x.rank === 2 ? (x as Tensor as Tensor2D) : reshape<Rank.R2>(x, [-1, width]);
    const product = matMul(rows, weight, false, true);
    // Not `fused.matMul`: on tfjs's wasm backend it adds a wrong bias when an operand is
    // transposed.
    const moved = bias === undefined ? product : add<Tensor2D>(product, bias);
    // Only the last axis changed, so the result has the rank of the input.
    return (x.rank === 2 ? moved : reshape(moved, [...x.shape.slice(0, -1), out])) as T;
  });
}
