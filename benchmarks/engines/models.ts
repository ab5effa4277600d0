import {
  foldIn,
  key,
  normal,
  uniform,
  type Batch,
  type BatchSource,
  type Encoder,
  type Features,
  type Fusion,
  type Key,
  type PooledFeatures,
  type TextInput,
} from '@crossweave/core';
import { createFusion, dualEncoder } from '@crossweave/fusion';
import { createImageEncoder } from '@crossweave/image-encoder';
import { infoNCE } from '@crossweave/losses';
import { createTextEncoder } from '@crossweave/text-encoder';
import { adamW, cachedEncoder, disposeState, jointModel, train } from '@crossweave/trainer';
import type { Rank, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** Trains a model anew on the engine in use and gives the loss of each step. */
export type Curve = (steps: number) => Promise<number[]>;

/** Width of cached features, tokens of cached features and of texts, ids. */
const [WIDTH, TOKENS, VOCABULARY] = [8, 4, 11];
const pooled = cachedEncoder<PooledFeatures>('cached', { dim: WIDTH, tokens: 0 });
const dual = (): Fusion<PooledFeatures> => dualEncoder({ dim: WIDTH });
const summary = (size: number, from: Key): PooledFeatures => ({
  pooled: normal<Rank.R2>(from, [size, WIDTH]),
});

/** The same batches on every engine, five an epoch. */
function source<Image, Text>(
  size: number,
  image: (size: number, from: Key) => Image,
  text: (size: number, from: Key) => Text,
): BatchSource<Batch<Image, Text>> {
  return {
    batchSize: size,
    batchesPerEpoch: 5,
    async *batches(_epoch, from = 0) {
      for (let i = from; i < 5; i++) {
        await Promise.resolve();
        const own = foldIn(key(3), i);
        const ids = Array.from({ length: size }, (_, row) => `${i}.${row}`);
        const sides = {
          image: image(size, foldIn(own, 'image')),
          text: text(size, foldIn(own, 'text')),
        };
        yield { size, ids, groups: ids, ...sides };
      }
    },
  };
}

async function losses<Image, Text, F extends PooledFeatures>(
  parts: { image: Encoder<Image, F>; text: Encoder<Text, F>; fusion: Fusion<F> },
  data: BatchSource<Batch<Image, Text>>,
  steps: number,
  learningRate = 1e-3,
): Promise<number[]> {
  const found: number[] = [];
  const state = await train<Image, Text, F>({
    ...{ model: jointModel(parts), loss: infoNCE(), data, steps, key: key(1), balance: false },
    optimizer: adamW({ learningRate }),
    log: (record) => {
      if (record.kind === 'step') found.push(record.loss);
    },
  });
  disposeState(state);
  return found;
}

/** An image encoder against cached texts. */
function ofImages(
  name: string,
  options: {
    readonly imageSize: number | readonly [number, number];
    readonly [name: string]: unknown;
  },
): Curve {
  const size = options.imageSize;
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  const pictures = (count: number, from: Key): Tensor4D =>
    normal<Rank.R4>(from, [count, height, width, 3]);
  return (steps) => {
    const parts = { image: createImageEncoder(name, options), text: pooled, fusion: dual() };
    return losses(parts, source(8, pictures, summary), steps);
  };
}

/** A text encoder against cached images; every second text has one token of padding. */
function ofTexts(name: string, options: object): Curve {
  const texts = (count: number, from: Key): TextInput =>
    tf.tidy(() => ({
      input_ids: tf.cast(uniform<Rank.R2>(from, [count, TOKENS], 2, VOCABULARY), 'int32'),
      attention_mask: tf.tensor2d(
        Array.from({ length: count }, (_, row) => [1, 1, 1, row % 2]),
        undefined,
        'int32',
      ),
    }));
  const sizes = {
    vocabulary: VOCABULARY,
    dim: 8,
    layers: 1,
    heads: 2,
    hidden: 12,
    maxPositions: 8,
  };
  return (steps) => {
    const text = createTextEncoder(name, { ...sizes, ...options });
    return losses({ image: pooled, text, fusion: dual() }, source(8, summary, texts), steps);
  };
}

/** A fusion on cached tokens, every image scored against every text. */
function ofFusion(name: string, options: object): Curve {
  const tokens = cachedEncoder('cached', { dim: WIDTH, tokens: TOKENS });
  const features = (count: number, from: Key): Features => ({
    tokens: normal<Rank.R3>(foldIn(from, 'tokens'), [count, TOKENS, WIDTH]),
    mask: tf.ones([count, TOKENS]),
    ...summary(count, from),
  });
  return (steps) => {
    const parts = { image: tokens, text: tokens, fusion: createFusion(name, options) };
    return losses(parts, source(4, features, features), steps, 1e-2);
  };
}

const transformer = {
  imageSize: [4, 6],
  patchSize: 2,
  dim: 8,
  layers: 1,
  heads: 2,
  hidden: 12,
} as const;
const block = { kernel: 3, expanded: 4, out: 3, stride: 1 };
const layers = { dim: 8, layers: 1, heads: 2, hidden: 12, dropout: 0 };

/** Each encoder family, and five fusions: one of summaries, one bilinear, one early, two of attention. */
export const curves: Readonly<Record<string, Curve>> = {
  resnet: ofImages('resnet', { layers: [1, 1], widths: [4, 6], stem: 'small', imageSize: 6 }),
  'clip-resnet': ofImages('clip-resnet', {
    ...{ layers: [1, 1], widths: [2, 2], heads: 2, projection: 4, imageSize: [9, 16] as const },
  }),
  'mobilenet-v3': ofImages('mobilenet-v3', {
    ...{ stemWidth: 3, imageSize: [5, 6] as const },
    blocks: [
      { ...block, squeeze: true, activation: 'relu' },
      { ...block, squeeze: false, activation: 'hardSwish' },
    ],
  }),
  convnext: ofImages('convnext', {
    ...{ imageSize: [8, 12] as const, layers: [1, 1], widths: [4, 6], patchSize: 2 },
  }),
  fastvit: ofImages('fastvit', {
    ...{ layers: [1, 1], widths: [2, 32], squeeze: [false, true], projection: 4 },
    imageSize: [20, 17],
  }),
  vit: ofImages('vit', transformer),
  'clip-vit': ofImages('clip-vit', transformer),
  'siglip-vit': ofImages('siglip-vit', transformer),
  dinov2: ofImages('dinov2', transformer),
  dinov3: ofImages('dinov3', transformer),
  bert: ofTexts('bert', {}),
  distilbert: ofTexts('distilbert', {}),
  roberta: ofTexts('roberta', { padTokenId: 1 }),
  modernbert: ofTexts('modernbert', {}),
  'clip-text': ofTexts('clip-text', { pooling: 'eot', projection: false, endOfText: 'largest' }),
  'siglip-text': ofTexts('siglip-text', { padTokenId: 1 }),
  gmu: ofFusion('gmu', { dim: 8 }),
  'low-rank-tensor-fusion': ofFusion('low-rank-tensor-fusion', { dim: 8, rank: 3 }),
  'single-stream': ofFusion('single-stream', layers),
  'text-queries-image': ofFusion('text-queries-image', layers),
  'co-attention': ofFusion('co-attention', layers),
};
