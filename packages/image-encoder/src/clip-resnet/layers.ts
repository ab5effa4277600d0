import { add, avgPool, zeros, type Tensor4D } from '@tensorflow/tfjs-core';
import { mergeParams, type Key, type Params } from '@crossweave/core';
import { dropPath, initBatchNorm, initConv2d, relu } from '@crossweave/core/nn';
import { normedConvolution, type NormedConvolution, type Pass } from '../normed-convolution';

/** A bottleneck: relu(residual(x) + shortcut(x)). Strides are average pools. */
export interface Block {
  readonly path: string;
  readonly residual: readonly [NormedConvolution, NormedConvolution, NormedConvolution];
  /**
   * If the block changes the size: an average pool and a 1×1 convolution. Undefined: the identity.
   */
  readonly shortcut: NormedConvolution | undefined;
  readonly stride: number;
  readonly out: number;
}

/** Three 3×3 convolutions, the first of stride 2; an average pool of 2 follows. */
export function planStem(width: number): NormedConvolution[] {
  const half = width / 2;
  const shapes = [
    { in: 3, out: half, stride: 2 },
    { in: half, out: half, stride: 1 },
    { in: half, out: width, stride: 1 },
  ];
  return shapes.map((shape, i) => ({
    conv: `visual.conv${i + 1}`,
    norm: `visual.bn${i + 1}`,
    kernel: 3,
    ...shape,
  }));
}

/** The blocks of each stage. */
export function planStages(layers: readonly number[], widths: readonly number[]): Block[][] {
  let channels = widths[0]!;
  return widths.map((width, stage) =>
    Array.from({ length: layers[stage]! }, (_, i) => {
      const stride = i === 0 && stage > 0 ? 2 : 1;
      const block = planBlock(`visual.layer${stage + 1}.${i}`, channels, width, stride);
      channels = block.out;
      return block;
    }),
  );
}

function planBlock(path: string, channels: number, width: number, stride: number): Block {
  const out = 4 * width;
  const layer = (n: number, into: number, to: number, kernel: number): NormedConvolution => ({
    conv: `${path}.conv${n}`,
    norm: `${path}.bn${n}`,
    ...{ in: into, out: to, kernel, stride: 1 },
  });
  const changes = stride > 1 || channels !== out;
  return {
    path,
    residual: [layer(1, channels, width, 1), layer(2, width, width, 3), layer(3, width, out, 1)],
    shortcut: changes
      ? {
          conv: `${path}.downsample.0`,
          norm: `${path}.downsample.1`,
          ...{ in: channels, out, kernel: 1, stride: 1 },
        }
      : undefined,
    stride,
    out,
  };
}

/**
 * As in open_clip: PyTorch's default for convolutions, and the last batch norm of each block is 0,
 * so that the block is initially its shortcut.
 */
export function initLayers(
  key: Key,
  stem: readonly NormedConvolution[],
  blocks: readonly Block[],
): Params {
  const init = (layer: NormedConvolution): Params => ({
    ...initConv2d(key, layer.conv, { in: layer.in, out: layer.out, kernel: layer.kernel }),
    ...initBatchNorm(layer.norm, layer.out),
  });
  return mergeParams(
    ...stem.map(init),
    ...blocks.map(({ residual, shortcut, out }) => ({
      ...mergeParams(...[...residual, ...(shortcut ? [shortcut] : [])].map(init)),
      [`${residual[2].norm}.weight`]: zeros([out]),
    })),
  );
}

/** [B, H, W, 3] → [B, ⌊⌈H / 2⌉ / 2⌋, ⌊⌈W / 2⌉ / 2⌋, width]. */
export function applyStem(
  params: Params,
  stem: readonly NormedConvolution[],
  image: Tensor4D,
  pass: Pass,
): Tensor4D {
  const x = stem.reduce(
    (value, layer) => relu(normedConvolution(params, layer, value, pass)),
    image,
  );
  return avgPool(x, 2, 2, 'valid');
}

/**
 * [B, H, W, in] → [B, ⌊H / stride⌋, ⌊W / stride⌋, out]; `rate` is the drop rate of stochastic
 * depth.
 */
export function applyBlock(
  params: Params,
  { path, residual, shortcut, stride }: Block,
  x: Tensor4D,
  rate: number,
  pass: Pass,
): Tensor4D {
  const [first, second, third] = residual;
  const shrink = (value: Tensor4D): Tensor4D =>
    stride > 1 ? avgPool(value, stride, stride, 'valid') : value;
  const inner = relu(normedConvolution(params, first, x, pass));
  const spread = relu(normedConvolution(params, second, inner, pass));
  const change = normedConvolution(params, third, shrink(spread), pass);
  const kept = shortcut ? normedConvolution(params, shortcut, shrink(x), pass) : x;
  return relu(add<Tensor4D>(dropPath(change, rate, pass.ctx, path), kept));
}
