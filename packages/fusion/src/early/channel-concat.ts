import {
  add,
  concat,
  expandDims,
  maximum,
  mul,
  ones,
  reshape,
  slice,
  sub,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Rank, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, mergeParams, normal, parameter, type Fusion, type Params } from '@crossweave/core';
import { affine, initLinear, repeatRows } from '@crossweave/core/nn';
import { type Side, type Tokens } from '../features';
import { embeddingDeviation } from '../token-embedding';
import {
  transformerFusion,
  transformerFusionChecks,
  transformerFusionDefaults,
  transformerSettings,
  type TransformerFusionOptions,
} from '../transformer-fusion';
import { transformerStack } from '../transformer-stack';

export type ChannelConcatOptions = TransformerFusionOptions;

const projection = 'channel_projection';
const nullTokens = 'null_tokens.weight';

/** The side's row in the null tokens and token types, and its column block in the projection. */
const order = { text: 0, image: 1 } as const satisfies Record<Side, number>;

/**
 * Early fusion of tokens aligned by position: token p of the joint sequence is a linear layer of
 * [text token p; image token p] along the channels, and a transformer runs over [CLS] and the joint
 * sequence (concatenation along features of aligned sequences, as MultiBench's ConcatEarly, arXiv
 * 2107.07502). The sequence is as long as the longer side. At a position where one side has no real
 * token, a learned null token of that side takes its place; where neither side has a real token,
 * the position is masked. `joint` [B, D] is the output at [CLS], `match` a linear head on it.
 *
 * Words and patches are not aligned, so this is a baseline: it shows how much attention between
 * unaligned tokens gains. The linear layer of a concatenation is a sum of one term per side, and
 * each term is computed once per row. Blocks are `encoder.layers.i` of nn.TransformerEncoder.
 */
export function channelConcat(options: ChannelConcatOptions = {}): Fusion {
  const where = 'channelConcat';
  const settings = transformerSettings(
    where,
    options,
    transformerFusionDefaults,
    transformerFusionChecks,
  );
  const { dim, layers } = settings;
  const encoder = transformerStack('encoder', settings);

  const nullToken = (params: Params, side: Side): Tensor3D =>
    reshape(slice(parameter<Tensor2D>(params, nullTokens), [order[side], 0], [1, dim]), [
      1,
      1,
      dim,
    ]);

  /** The side's term of the projection; the bias is part of the text's term. */
  const project = (params: Params, side: Side, x: Tensor3D): Tensor3D => {
    const weight = parameter<Tensor2D>(params, `${projection}.weight`);
    const columns = slice(weight, [0, order[side] * dim], [dim, dim]);
    const bias = parameter<Tensor1D>(params, `${projection}.bias`);
    return affine(projection, x, columns, side === 'text' ? bias : undefined);
  };

  const prepare =
    (side: Side) =>
    (params: Params, { tokens, mask }: Tokens): Tokens => {
      const real = expandDims<Tensor3D>(mask, 2);
      const filled = add(mul(tokens, real), mul(nullToken(params, side), sub(1, real)));
      return { tokens: project(params, side, filled as Tensor3D), mask };
    };

  /** The side's terms at `count` positions, with the null token after its last token. */
  const extend = (params: Params, side: Side, { tokens, mask }: Tokens, count: number): Tokens => {
    const [size, own] = mask.shape;
    if (own === count) return { tokens, mask };
    const absent = project(params, side, nullToken(params, side));
    return {
      tokens: concat([tokens, mul<Tensor3D>(absent, ones([size, count - own, 1]))], 1),
      mask: concat([mask, zeros<Rank.R2>([size, count - own])], 1),
    };
  };

  /** One sequence for each text and its image, beginning with [CLS]. */
  const align = (params: Params, images: Tokens, texts: Tokens): Tokens => {
    const count = Math.max(images.mask.shape[1], texts.mask.shape[1]);
    const image = extend(params, 'image', images, count);
    const text = extend(params, 'text', texts, count);
    const [size, each] = [text.mask.shape[0], text.mask.shape[0] / image.mask.shape[0]];
    // Broadcast over the texts of an image, which saves the kernel that repeats the image.
    const both = add(
      reshape(text.tokens, [-1, each, count, dim]),
      expandDims<Tensor4D>(image.tokens, 1),
    );
    const cls = mul<Tensor3D>(parameter(params, 'cls_token'), ones([size, 1, 1]));
    const mask = maximum<Tensor2D>(repeatRows(image.mask, each), text.mask);
    return {
      tokens: concat([cls, reshape<Rank.R3>(both, [size, count, dim])], 1),
      mask: concat([ones<Rank.R2>([size, 1]), mask], 1),
    };
  };

  return transformerFusion({
    where,
    name: `channel-concat(${dim}x${layers})`,
    family: 'early',
    settings,
    width: dim,
    init: (key) =>
      mergeParams(
        { cls_token: normal(foldIn(key, 'cls_token'), [1, 1, dim], 0, 0.02) },
        { [nullTokens]: normal(foldIn(key, nullTokens), [2, dim], 0, embeddingDeviation) },
        initLinear(key, projection, { in: 2 * dim, out: dim }),
        encoder.init(key),
      ),
    prepare: { image: prepare('image'), text: prepare('text') },
    join: (params, image, text, ctx) => {
      const { tokens, mask } = align(params, image, text);
      const first = encoder.apply(params, tokens, mask, ctx, 1);
      return reshape<Rank.R2>(first, [mask.shape[0], dim]);
    },
  });
}
