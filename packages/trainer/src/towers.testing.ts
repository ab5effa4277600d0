import { reshape, type Rank, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  inference,
  mergeParams,
  type Context,
  type Encoder,
  type Params,
} from '@crossweave/core';
import {
  batchNorm,
  dropout,
  initBatchNorm,
  initLinear,
  initLayerNorm,
  layerNorm,
  linear,
  relu,
} from '@crossweave/core/nn';
import { vectorFeatures } from './tiny.testing';

/** A stem and two stages of one block each with ResNet's names, over vectors of 4. */
export const stagedEncoder: Encoder<Tensor2D> = {
  name: 'staged',
  features: { dim: 4, tokens: 1 },
  init: (key) => {
    const block = (conv: string, norm: string): Params => ({
      ...initLinear(key, conv, { in: 4, out: 4, bias: false }),
      ...initBatchNorm(norm, 4),
    });
    return mergeParams(
      block('conv1', 'bn1'),
      block('layer1.0.conv1', 'layer1.0.bn1'),
      block('layer2.0.conv1', 'layer2.0.bn1'),
    );
  },
  apply: (params, input, ctx) => {
    const block = (x: Tensor2D, conv: string, norm: string): Tensor2D => {
      const [rows, dim] = x.shape;
      const image = reshape<Rank.R4>(linear(params, conv, x), [rows, 1, 1, dim]);
      return reshape<Rank.R2>(batchNorm<Tensor4D>(params, norm, image, ctx), [rows, dim]);
    };
    const first = relu(block(input, 'conv1', 'bn1'));
    const second = relu(block(first, 'layer1.0.conv1', 'layer1.0.bn1'));
    return vectorFeatures(block(second, 'layer2.0.conv1', 'layer2.0.bn1'));
  },
};

/** Embeddings, two layers with dropout, and a final norm with BERT's and ViT's names. */
export const layeredEncoder: Encoder<Tensor2D> = {
  name: 'layered',
  features: { dim: 4, tokens: 1 },
  init: (key) =>
    mergeParams(
      initLinear(foldIn(key, 'e'), 'embeddings.projection', { in: 4, out: 4 }),
      initLinear(key, 'encoder.layer.0.dense', { in: 4, out: 4 }),
      initLinear(key, 'encoder.layer.1.dense', { in: 4, out: 4 }),
      initLayerNorm('layernorm', 4),
    ),
  apply: (params, input, ctx) => {
    let x = linear<Tensor2D>(params, 'embeddings.projection', input);
    for (const path of ['encoder.layer.0.dense', 'encoder.layer.1.dense']) {
      x = dropout(linear<Tensor2D>(params, path, x), 0.5, ctx, path);
    }
    return vectorFeatures(layerNorm(params, 'layernorm', x));
  },
};

/** An encoder that also says in which contexts it was run. */
export function watched(encoder: Encoder<Tensor2D>): {
  encoder: Encoder<Tensor2D>;
  contexts: Context[];
} {
  const contexts: Context[] = [];
  return {
    contexts,
    encoder: {
      ...encoder,
      apply: (params, input, ctx) => {
        if (ctx !== inference) contexts.push(ctx);
        return encoder.apply(params, input, ctx);
      },
    },
  };
}
