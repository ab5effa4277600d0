import { add, conv2d as convolve, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { boolean, count } from '../authoring/checks';
import { checkOptions } from '../authoring/options';
import { foldIn, type Key } from '../keys';
import { parameter, type Params } from '../params';
import { kaimingUniform, uniformInit } from './initialisers';
import { requireWidth } from './require-width';

export interface Conv2dOptions {
  readonly in: number;
  readonly out: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Default false: a batch norm usually follows. */
  readonly bias?: boolean;
}

const checks = { in: count(), out: count(), kernel: count(), bias: boolean() };

/** Checks of the options `stride` and `padding`. */
export const strideChecks = { stride: count(), padding: count(0) };

/**
 * `torch.nn.Conv2d`'s parameters: weight [out, in, kh, kw], bias [out], U(±1/√(in·kh·kw)).
 *
 * @throws ConfigError for a wrong option.
 */
export function initConv2d(key: Key, path: string, options: Conv2dOptions): Params {
  checkOptions<Conv2dOptions>(path, options, checks, ['in', 'out', 'kernel']);
  const { out, kernel, bias = false } = options;
  const weightPath = `${path}.weight`;
  const biasPath = `${path}.bias`;
  const bound = 1 / Math.sqrt(options.in * kernel * kernel);
  const shape: [number, number, number, number] = [out, options.in, kernel, kernel];
  return {
    [weightPath]: kaimingUniform(foldIn(key, weightPath), shape),
    ...(bias && { [biasPath]: uniformInit(foldIn(key, biasPath), [out], bound) }),
  };
}

/**
 * Convolution (cross-correlation, zero padding): [B, H, W, in] → [B, H', W', out] with H' = ⌊(H +
 * 2·padding − kh) / stride⌋ + 1. The bias is added if the parameters have one.
 *
 * @throws ConfigError for a wrong option, ShapeError when the input's channels are not the weight's `in`.
 */
export function conv2d(
  params: Params,
  path: string,
  x: Tensor4D,
  options: { readonly stride?: number; readonly padding?: number } = {},
): Tensor4D {
  checkOptions(path, options, strideChecks);
  const { stride = 1, padding = 0 } = options;
  const weight = parameter<Tensor4D>(params, `${path}.weight`);
  const bias = params[`${path}.bias`] as Tensor1D | undefined;
  requireWidth(path, x, weight.shape[1]);
  return tidy(() => {
    const filter = transpose(weight, [2, 3, 1, 0]);
    const result = convolve(x, filter, stride, padding);
    return bias === undefined ? result : add<Tensor4D>(result, bias);
  });
}
