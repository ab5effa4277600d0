import { inference, key, mergeParams, normal, parameter, type Encoder } from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { resnet50, resnetSmall } from '@crossweave/image-encoder';
import { adamW } from '@crossweave/trainer';
import type { Rank, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  crossEntropy,
  featureExtraction,
  labelsInTurn,
  product,
  trainingStep,
  type Workload,
} from '../workload';

/** The same stand in peers/resnet50.py and peers/resnet_small.py. */
interface Sizes {
  readonly batch: number;
  readonly side: number;
  readonly classes: number;
  /** Side of the stem's kernel, and the strides of its convolution and pooling. */
  readonly stem: { readonly kernel: number; readonly stride: number; readonly pool: number };
  readonly block: 'basic' | 'bottleneck';
  readonly layers: readonly number[];
  readonly widths: readonly number[];
}

const RESNET50: Sizes = {
  batch: 8,
  side: 224,
  classes: 1000,
  stem: { kernel: 7, stride: 2, pool: 2 },
  block: 'bottleneck',
  layers: [3, 4, 6, 3],
  widths: [64, 128, 256, 512],
};

const SMALL: Sizes = {
  batch: 64,
  side: 64,
  classes: 10,
  stem: { kernel: 3, stride: 1, pool: 1 },
  block: 'basic',
  layers: [1, 1, 1],
  widths: [32, 64, 128],
};

/**
 * Operations of the convolutions forward: the stem's, and those of the blocks (two of 3×3, or
 * 1×1, 3×3 with the stride, 1×1 to four times the width; 1×1 where the shape changes).
 */
function convolutions({ batch, side, stem, block, layers, widths }: Sizes): {
  readonly stem: number;
  readonly blocks: number;
  /** Channels of the last block. */
  readonly out: number;
} {
  const conv = (kernel: number, from: number, to: number, pixels: number): number =>
    product(batch * pixels * pixels, kernel * kernel * from, to);
  const first = conv(stem.kernel, 3, widths[0]!, side / stem.stride);
  let pixels = side / stem.stride / stem.pool;
  let channels = widths[0]!;
  let blocks = 0;
  widths.forEach((width, stage) => {
    for (let i = 0; i < layers[stage]!; i++) {
      const before = pixels;
      if (i === 0 && stage > 0) pixels /= 2;
      const out = block === 'basic' ? width : 4 * width;
      blocks +=
        block === 'basic'
          ? conv(3, channels, width, pixels) + conv(3, width, width, pixels)
          : conv(1, channels, width, before) +
            conv(3, width, width, pixels) +
            conv(1, width, out, pixels);
      if (channels !== out) blocks += conv(1, channels, out, pixels);
      channels = out;
    }
  });
  return { stem: first, blocks, out: channels };
}

const pictures = (rows: number, { side }: Sizes): Tensor4D =>
  normal<Rank.R4>(key(7), [rows, side, side, 3]);

/** A classifier on the pooled features. Backward is twice forward but for the pictures' gradient. */
function classifierStep(encoder: Encoder<Tensor4D>, sizes: Sizes): Workload {
  const optimizer = adamW({ learningRate: 1e-3, decays: () => true });
  const { batch, classes } = sizes;
  const { stem, blocks, out } = convolutions(sizes);
  const step = trainingStep(optimizer, (params, inputs, ctx) => {
    const { pooled } = encoder.apply(params, parameter<Tensor4D>(inputs, 'image'), ctx);
    return crossEntropy(linear(params, 'fc', pooled), parameter<Tensor2D>(inputs, 'labels'));
  });
  return {
    flops: 2 * stem + 3 * (blocks + product(batch, out, classes)),
    start(rows = batch) {
      const head = initLinear(key(0), 'fc', { in: out, out: classes });
      const params = mergeParams(encoder.init(key(0)), head);
      return {
        state: { params, optimizer: optimizer.init(params) },
        batch: { image: pictures(rows, sizes), labels: labelsInTurn(rows, classes) },
        step,
      };
    },
  };
}

/** The pooled features alone. */
function featuresOf(encoder: Encoder<Tensor4D>, sizes: Sizes): Workload {
  const { stem, blocks } = convolutions(sizes);
  return {
    flops: stem + blocks,
    ...featureExtraction(
      () => encoder.init(key(0)),
      () => ({ image: pictures(sizes.batch, sizes) }),
      (params, batch) =>
        encoder.apply(params, parameter<Tensor4D>(batch, 'image'), inference).pooled,
    ),
  };
}

export const resnet50Step = classifierStep(resnet50(), RESNET50);
export const resnet50Features = featuresOf(resnet50(), RESNET50);
export const resnetSmallStep = classifierStep(resnetSmall({ stemStride: 1 }), SMALL);
