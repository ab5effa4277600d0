import { add, concat, mean, mul, ones, slice } from '@tensorflow/tfjs-core';
import type { Rank, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  normal,
  parameter,
  type Context,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import { count, type Checks } from '@crossweave/core/authoring';
import {
  initLayerNorm,
  initTransformerBlock,
  layerNorm,
  transformerBlock,
} from '@crossweave/core/nn';
import type { Side, Tokens } from '../features';
import { embeddingDeviation } from '../token-embedding';
import {
  imageOfEachText,
  tokenFusionDefaults,
  transformerFusion,
  transformerFusionChecks,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';

/** `normFirst` is true by default here, as in ViT. */
export interface BottleneckOptions extends TransformerFusionOptions {
  /** Bottleneck tokens K. Default 4. */
  bottlenecks?: number;
  /**
   * Index of the first layer with bottleneck tokens, which the streams exchange after each such
   * layer but the last. From `layers` − 1 on there is no exchange, and `match` is a sum of one term
   * per side. Default 0, since the encoders have already processed each side separately.
   */
  fusionLayer?: number;
}

const checks: Checks<BottleneckOptions> = {
  ...transformerFusionChecks,
  bottlenecks: count(),
  fusionLayer: count(0),
};

/**
 * Early fusion through bottleneck tokens (MBT, arXiv 2107.00135). Each side's stream is [CLS], its
 * tokens, and K bottleneck tokens that both streams share. Each stream has its own layers, which
 * update all its tokens; the two updates of the bottleneck tokens are averaged. So all information
 * between the streams passes through K tokens. `joint` [B, D] is the mean of the outputs at both
 * [CLS], `match` a linear head on it, which equals MBT's mean of both sides' logits.
 *
 * `{image,text}_encoder.layers.i` have the keys of nn.TransformerEncoder; both streams share
 * `encoder_norm`. Layers up to `fusionLayer` do not depend on the other side, so they run once per
 * row.
 */
export function bottleneck(options: BottleneckOptions = {}): Fusion {
  const where = 'bottleneck';
  const settings = transformerSettings<BottleneckOptions>(
    where,
    options,
    { ...tokenFusionDefaults, normFirst: true, bottlenecks: 4, fusionLayer: 0 },
    checks,
  );
  const { dim, layers, heads, hidden, dropout, normFirst, bottlenecks, fusionLayer } = settings;
  /**
   * Number of layers that depend on one side only, including the first layer with bottleneck
   * tokens.
   */
  const alone = Math.min(layers, fusionLayer + 1);

  // Not ViT's 0.02: the attention of such small tokens would be nearly uniform, so the K bottleneck
  // tokens would become equal.
  const token = (key: Key, path: string, count: number): Params => ({
    [path]: normal(foldIn(key, path), [1, count, dim], 0, embeddingDeviation),
  });

  const initStream = (key: Key, side: Side): Params =>
    mergeParams(
      token(key, `${side}_cls_token`, 1),
      ...Array.from({ length: layers }, (_, i) =>
        initTransformerBlock(key, `${side}_encoder.layers.${i}`, { dim, hidden }),
      ),
    );

  const layer = (params: Params, side: Side, i: number, x: Tokens, ctx: Context): Tokens => {
    const keep = i === layers - 1 ? 1 : undefined;
    const block = { mask: x.mask, heads, ctx, normFirst, dropout, keep };
    const path = `${side}_encoder.layers.${i}`;
    return { tokens: transformerBlock(params, path, x.tokens, block), mask: x.mask };
  };

  const prepare =
    (side: Side) =>
    (params: Params, own: Tokens, ctx: Context): Tokens => {
      const size = own.tokens.shape[0];
      const repeated = (path: string): Tensor3D =>
        mul(parameter<Tensor3D>(params, path), ones([size, 1, 1]));
      let x: Tokens = {
        tokens: concat([repeated(`${side}_cls_token`), own.tokens], 1),
        mask: concat([ones<Rank.R2>([size, 1]), own.mask], 1),
      };
      for (let i = 0; i < alone; i++) {
        if (i === fusionLayer) {
          x = {
            tokens: concat([x.tokens, repeated('bottleneck')], 1),
            mask: concat([x.mask, ones<Rank.R2>([size, bottlenecks])], 1),
          };
        }
        x = layer(params, side, i, x, ctx);
      }
      return x;
    };

  return transformerFusion({
    where,
    name: `bottleneck(${dim}x${layers}, ${bottlenecks})`,
    family: 'early',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        initStream(key, 'image'),
        initStream(key, 'text'),
        fusionLayer < layers ? token(key, 'bottleneck', bottlenecks) : {},
        normFirst ? initLayerNorm('encoder_norm', dim) : {},
      ),
    prepare: { image: prepare('image'), text: prepare('text') },
    join: (params, images, text, ctx) => {
      let streams: Record<Side, Tokens> = { image: imageOfEachText(images, text), text };
      for (let i = alone; i < layers; i++) {
        const { image, text: words } = exchange(streams, bottlenecks);
        streams = {
          image: layer(params, 'image', i, image, ctx),
          text: layer(params, 'text', i, words, ctx),
        };
      }
      // The last layer computes only the token at [CLS].
      const both = concat([streams.image.tokens, streams.text.tokens], 1);
      return mean(normFirst ? layerNorm(params, 'encoder_norm', both) : both, 1);
    },
  });
}

/** Replaces the last `count` tokens of both streams by the mean of both streams. */
function exchange(streams: Record<Side, Tokens>, count: number): Record<Side, Tokens> {
  const part = ({ tokens }: Tokens, from: number, length: number): Tensor3D => {
    const [size, , dim] = tokens.shape;
    return slice(tokens, [0, from, 0], [size, length, dim]);
  };
  const { image, text } = streams;
  const owned = (side: Tokens): number => side.tokens.shape[1] - count;
  const [one, other] = [part(image, owned(image), count), part(text, owned(text), count)];
  const shared = mul<Tensor3D>(add(one, other), 0.5);
  const renewed = (side: Tokens): Tokens => ({
    tokens: concat([part(side, 0, owned(side)), shared], 1),
    mask: side.mask,
  });
  return { image: renewed(image), text: renewed(text) };
}
