import { add, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Key, type Params } from '@crossweave/core';
import { dropPath, relu } from '@crossweave/core/nn';
import {
  initNormedConvolution,
  normedConvolution,
  type NormedConvolution,
  type Pass,
} from '../normed-convolution';

interface Convolution {
  readonly kernel: number;
  readonly stride: number;
  readonly out: number;
}

interface BlockShape {
  /** Output channels of the block as a multiple of its width. */
  readonly expansion: number;
  convolutions(width: number, stride: number): readonly Convolution[];
}

/** torchvision's `BasicBlock` and `Bottleneck` (v1.5: the stride is in the 3×3 convolution). */
export const blocks = {
  basic: {
    expansion: 1,
    convolutions: (width, stride) => [
      { kernel: 3, stride, out: width },
      { kernel: 3, stride: 1, out: width },
    ],
  },
  bottleneck: {
    expansion: 4,
    convolutions: (width, stride) => [
      { kernel: 1, stride: 1, out: width },
      { kernel: 3, stride, out: width },
      { kernel: 1, stride: 1, out: 4 * width },
    ],
  },
} as const satisfies Record<string, BlockShape>;

export type BlockKind = keyof typeof blocks;

/** A residual block: relu(residual(x) + shortcut(x)). */
export interface Block {
  readonly path: string;
  readonly residual: readonly NormedConvolution[];
  /** A 1×1 convolution if the block changes the size. Undefined: the identity. */
  readonly shortcut: NormedConvolution | undefined;
  readonly out: number;
}

/** The block at `path` (`layer2.0`) with `channels` input channels. */
export function planBlock(
  kind: BlockKind,
  path: string,
  channels: number,
  width: number,
  stride: number,
): Block {
  const { expansion, convolutions } = blocks[kind];
  const out = width * expansion;
  let into = channels;
  const residual = convolutions(width, stride).map((convolution, i) => {
    const number = i + 1;
    const layer = { conv: `${path}.conv${number}`, norm: `${path}.bn${number}`, in: into };
    into = convolution.out;
    return { ...layer, ...convolution };
  });
  const changes = stride !== 1 || channels !== out;
  const conv = `${path}.downsample.0`;
  const norm = `${path}.downsample.1`;
  return {
    path,
    residual,
    shortcut: changes ? { conv, norm, in: channels, out, kernel: 1, stride } : undefined,
    out,
  };
}

/**
 * With `zeroInit` the weight of the last batch norm is 0, so that the block is initially its
 * shortcut.
 */
export function initBlock(key: Key, block: Block, zeroInit: boolean): Params {
  const layers = [...block.residual, ...(block.shortcut ? [block.shortcut] : [])];
  const params = mergeParams(...layers.map((layer) => initNormedConvolution(key, layer)));
  const last = block.residual.at(-1)!;
  return zeroInit ? { ...params, [`${last.norm}.weight`]: zeros([last.out]) } : params;
}

/**
 * [B, H, W, in] → [B, ⌈H / stride⌉, ⌈W / stride⌉, out]; `rate` is the drop rate of stochastic
 * depth.
 */
export function applyBlock(
  params: Params,
  block: Block,
  x: Tensor4D,
  rate: number,
  pass: Pass,
): Tensor4D {
  let residual = x;
  block.residual.forEach((layer, i) => {
    residual = normedConvolution(params, layer, i === 0 ? x : relu(residual), pass);
  });
  const shortcut = block.shortcut ? normedConvolution(params, block.shortcut, x, pass) : x;
  return relu(add<Tensor4D>(dropPath(residual, rate, pass.ctx, block.path), shortcut));
}
