import { add, fill, mean, mul, div, sqrt, square, sum, tidy, zeros } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  parameter,
  type Context,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  activations,
  depthwiseConv2d,
  dropPath,
  initLayerNorm,
  initLinear,
  layerNorm,
  linear,
  normalInit,
} from '@crossweave/core/nn';
import type { ConvNextSettings } from './options';

/** A block of a model: its path, its width, and the drop rate of its residual in training. */
export interface Block {
  readonly path: string;
  readonly width: number;
  readonly dropPath: number;
}

/** Of the norms inside the model; the last one's is an option. */
export const innerEpsilon = 1e-6;

const kernel = 7;
const responseEpsilon = 1e-6;

export function initBlock(
  key: Key,
  { path, width }: Block,
  { responseNorm, layerScale, initializerRange: deviation }: ConvNextSettings,
): Params {
  const filter = `${path}.dwconv.weight`;
  const hidden = 4 * width;
  const dense = (name: string, from: number, out: number): Params =>
    initLinear(key, `${path}.${name}`, { in: from, out, standardDeviation: deviation });
  return mergeParams(
    { [filter]: normalInit(foldIn(key, filter), [width, 1, kernel, kernel], deviation) },
    { [`${path}.dwconv.bias`]: zeros([width]) },
    initLayerNorm(`${path}.layernorm`, width),
    dense('pwconv1', width, hidden),
    dense('pwconv2', hidden, width),
    responseNorm
      ? {
          [`${path}.grn.weight`]: zeros([1, 1, 1, hidden]),
          [`${path}.grn.bias`]: zeros([1, 1, 1, hidden]),
        }
      : { [`${path}.layer_scale_parameter`]: fill([width], layerScale) },
  );
}

/** A 7×7 convolution of each channel, a norm, two linear layers, and a residual: [B, h, w, C]. */
export function applyBlock(
  params: Params,
  { path, dropPath: rate }: Block,
  x: Tensor4D,
  { activation, responseNorm }: ConvNextSettings,
  ctx: Context,
): Tensor4D {
  const at = (name: string): string => `${path}.${name}`;
  return tidy(() => {
    const convolved = depthwiseConv2d(params, at('dwconv'), x, { padding: (kernel - 1) / 2 });
    const biased = add<Tensor4D>(convolved, parameter(params, at('dwconv.bias')));
    const normed = layerNorm(params, at('layernorm'), biased, innerEpsilon);
    const inner = activations[activation](linear(params, at('pwconv1'), normed));
    const answered = responseNorm ? normaliseResponses(params, at('grn'), inner) : inner;
    const change = linear(params, at('pwconv2'), answered);
    const factor = responseNorm ? undefined : parameter(params, at('layer_scale_parameter'));
    const scaled = factor === undefined ? change : mul<Tensor4D>(change, factor);
    return add(x, dropPath(scaled, rate, ctx, at('drop_path')));
  });
}

/**
 * Global response normalisation (Woo et al. 2023): channels compete by their length over the
 * picture. [B, h, w, C] → [B, h, w, C]; with weight and bias 0 it is the identity.
 */
function normaliseResponses(params: Params, path: string, x: Tensor4D): Tensor4D {
  const lengths: Tensor = sqrt(sum(square(x), [1, 2], true));
  const share = div(lengths, add(mean(lengths, -1, true), responseEpsilon));
  const weighted = mul(mul(x, share), parameter(params, `${path}.weight`));
  return add(add(weighted, parameter(params, `${path}.bias`)), x);
}
