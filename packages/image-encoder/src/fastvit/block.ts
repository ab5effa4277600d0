import { add, fill, mul, reshape, split, sub, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, parameter, type Key, type Params } from '@crossweave/core';
import {
  batchNorm,
  conv2d,
  dropPath,
  gelu,
  initBatchNorm,
  initLinear,
  linear,
  scaledDotProductAttention,
} from '@crossweave/core/nn';
import { initNormedConvolution, normedConvolution, type Pass } from '../normed-convolution';
import { applyBranches, initBranches, initPointwise, mobileOne } from './mobile-one';
import { headWidth, type FastVitSettings } from './options';

/** A block of a stage: it mixes places by convolutions, or by attention, then channels. */
export interface Block {
  readonly path: string;
  readonly width: number;
  readonly attends: boolean;
  readonly dropPath: number;
}

const mixerKernel = 3;
const channelKernel = 7;
const deviation = 0.02;

const mixerOf = ({ path, width }: Block) => {
  const shape = { in: width, out: width, kernel: mixerKernel, depthwise: true, activate: false };
  return {
    norm: mobileOne(`${path}.token_mixer.norm`, { ...shape, convolves: false }),
    mixer: mobileOne(`${path}.token_mixer.mixer`, shape),
  };
};
const channelConvolution = ({ path, width }: Block) => ({
  ...{ conv: `${path}.mlp.conv.conv`, norm: `${path}.mlp.conv.bn`, in: width, out: width },
  ...{ kernel: channelKernel, stride: 1, depthwise: true },
});

export function initBlock(key: Key, block: Block, settings: FastVitSettings): Params {
  const { path, width, attends } = block;
  const hidden = Math.trunc(width * settings.mlpRatio);
  const factor = (name: string): Params => ({
    [`${path}.${name}.gamma`]: fill([width, 1, 1], settings.layerScale),
  });
  const dense = (name: string, from: number, out: number): Params =>
    initPointwise(key, `${path}.mlp.${name}`, from, out, deviation);
  const { norm, mixer } = mixerOf(block);
  const sizes = { in: width, standardDeviation: deviation };
  return mergeParams(
    ...(attends
      ? [
          initBatchNorm(`${path}.norm`, width),
          initLinear(key, `${path}.token_mixer.qkv`, { ...sizes, out: 3 * width, bias: false }),
          initLinear(key, `${path}.token_mixer.proj`, { ...sizes, out: width }),
          factor('layer_scale_1'),
          factor('layer_scale_2'),
        ]
      : [
          initBranches(key, norm),
          initBranches(key, mixer),
          factor('token_mixer.layer_scale'),
          factor('layer_scale'),
        ]),
    initNormedConvolution(key, channelConvolution(block)),
    dense('fc1', width, hidden),
    dense('fc2', hidden, width),
  );
}

/** timm's `RepMixerBlock` or `AttentionBlock` (Vasu et al. 2023): [B, h, w, C] → [B, h, w, C]. */
export function applyBlock(params: Params, block: Block, x: Tensor4D, pass: Pass): Tensor4D {
  const { path, attends, dropPath: rate } = block;
  const { ctx, ...norms } = pass;
  const scaled = (name: string, value: Tensor4D): Tensor4D =>
    mul(value, reshape(parameter(params, `${path}.${name}.gamma`), [-1]));
  return tidy(() => {
    let mixed: Tensor4D;
    if (attends) {
      const normed = batchNorm(params, `${path}.norm`, x, ctx, norms);
      const change = scaled('layer_scale_1', attend(params, `${path}.token_mixer`, normed));
      mixed = add(x, dropPath(change, rate, ctx, `${path}.drop_path1`));
    } else {
      const { norm, mixer } = mixerOf(block);
      const change = sub<Tensor4D>(
        applyBranches(params, mixer, x, pass),
        applyBranches(params, norm, x, pass),
      );
      mixed = add(x, scaled('token_mixer.layer_scale', change));
    }
    const near = normedConvolution(params, channelConvolution(block), mixed, pass);
    const hidden = gelu(conv2d(params, `${path}.mlp.fc1`, near));
    const change = conv2d(params, `${path}.mlp.fc2`, hidden);
    const last = attends ? ['layer_scale_2', 'drop_path2'] : ['layer_scale', 'drop_path'];
    return add(mixed, dropPath(scaled(last[0]!, change), rate, ctx, `${path}.${last[1]!}`));
  });
}

/** Attention of every place to every place, in heads of 32: [B, h, w, C] → [B, h, w, C]. */
function attend(params: Params, path: string, x: Tensor4D): Tensor4D {
  const [batch, height, width, dim] = x.shape;
  const places = reshape<Rank.R3>(x, [batch, height * width, dim]);
  const heads = dim / headWidth;
  const [query, key, value] = split(linear(params, `${path}.qkv`, places), 3, 2).map((part) => {
    const each = reshape<Rank.R4>(part, [batch, height * width, heads, headWidth]);
    return transpose<Tensor4D>(each, [0, 2, 1, 3]);
  });
  const attended = scaledDotProductAttention(query!, key!, value!);
  const joined = reshape<Rank.R3>(transpose(attended, [0, 2, 1, 3]), places.shape);
  return reshape<Rank.R4>(linear(params, `${path}.proj`, joined), [batch, height, width, dim]);
}
