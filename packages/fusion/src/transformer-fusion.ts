import { reshape, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  requireInteger,
  requireRange,
  requireTokens,
  withDefaults,
  type Context,
  type Features,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import { initLinear, linear } from '@crossweave/core/nn';
import { checkAligned, scoreInChunks, type Side, type Tokens } from './features';
import { embedTokens, initTokenEmbedding } from './token-embedding';

/** What the fusions by a transformer over token sequences share. */
export interface TransformerFusionOptions {
  /** Width D of the sequences. Default 256. */
  dim?: number;
  /** Transformer layers (of each stream). Default 2. */
  layers?: number;
  /** Attention heads; divides `dim`. Default 4. */
  heads?: number;
  /** Width of the feed-forward layers. Default 4·`dim`. */
  hidden?: number;
  /** Dropout of embeddings, attention and feed-forward, in [0, 1). Default 0. */
  dropout?: number;
  /** Learned positions on both sides; the image encoder's token count must be fixed. Default true. */
  positions?: boolean;
  /** Rows of the text's position table when its encoder's token count varies. Default 128. */
  maxTextTokens?: number;
  /** Norm before each sub-layer and once at the end, instead of after each. Default false. */
  normFirst?: boolean;
  /** Pairs a pass of `score`, which bounds its memory. Default 256. */
  chunk?: number;
}

export type TransformerFusionSettings = Required<TransformerFusionOptions>;

/** @throws ConfigError for an unknown option or one out of range. */
export function transformerSettings(
  where: string,
  options: TransformerFusionOptions,
): TransformerFusionSettings {
  const dim = options.dim ?? 256;
  const settings = withDefaults<TransformerFusionOptions>(where, options, {
    dim,
    layers: 2,
    heads: 4,
    hidden: 4 * dim,
    dropout: 0,
    positions: true,
    maxTextTokens: 128,
    normFirst: false,
    chunk: 256,
  });
  for (const name of ['dim', 'layers', 'heads', 'hidden', 'maxTextTokens', 'chunk'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);
  return settings;
}

/** The part of such a fusion that is its own. */
export interface TransformerFusionParts {
  readonly where: string;
  readonly name: string;
  readonly family: Fusion['family'];
  readonly settings: TransformerFusionSettings;
  /** Width of the joint representation. */
  readonly width: number;
  readonly init: (key: Key) => Params;
  /** [B, width] of B aligned pairs, both sides embedded at width D. */
  readonly join: (params: Params, image: Tokens, text: Tokens, ctx: Context) => Tensor2D;
}

/**
 * Token embedding in front (see {@link initTokenEmbedding}), `join`, and the linear
 * `match_head` behind. Tokens are embedded once a row; only `join` runs once a pair.
 */
export function transformerFusion(parts: TransformerFusionParts): Fusion {
  const { where, settings, width, join } = parts;

  const embed = (params: Params, side: Side, features: Features, ctx: Context): Tokens =>
    embedTokens(params, where, side, features, ctx, settings);

  const match = (params: Params, joint: Tensor2D): Tensor1D =>
    reshape(linear(params, 'match_head', joint), [joint.shape[0]]);

  return {
    name: parts.name,
    family: parts.family,
    scoring: 'joint',
    init: (key, image, text) => {
      requireTokens({ name: where }, image, text);
      return mergeParams(
        initTokenEmbedding(key, where, { image, text }, settings),
        parts.init(key),
        initLinear(key, 'match_head', { in: width, out: 1 }),
      );
    },
    fuse: (params, image, text, ctx) => {
      checkAligned(`${where}.fuse`, image, text);
      return tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const joint = join(params, left, embed(params, 'text', text, ctx), ctx);
        return { joint, match: match(params, joint) };
      });
    },
    score: (params, image, text, ctx) =>
      tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        return scoreInChunks(left, right, settings.chunk, (images, texts, pass) => {
          const own = { ...ctx, key: foldIn(ctx.key, pass) };
          return match(params, join(params, images, texts, own));
        });
      }),
  };
}
