import { reshape, tidy, type Rank, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
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
import {
  checkAligned,
  repeatAll,
  repeatEach,
  scoreInBlocks,
  type Side,
  type Tokens,
} from './features';
import { embedTokens, initTokenEmbedding } from './token-embedding';

/** What the fusions of token sequences share. */
export interface TokenFusionOptions {
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
  /** Pairs a pass of `score`, which bounds its memory. Default 256. */
  chunk?: number;
}

/** Those of them whose layers come in both orders. */
export interface TransformerFusionOptions extends TokenFusionOptions {
  /** Norm before each sub-layer and once at the end, instead of after each. Default false. */
  normFirst?: boolean;
}

/** The defaults of {@link TokenFusionOptions}, but for `hidden`, which follows `dim`. */
export const tokenFusionDefaults = {
  dim: 256,
  layers: 2,
  heads: 4,
  dropout: 0,
  positions: true,
  maxTextTokens: 128,
  chunk: 256,
} as const satisfies TokenFusionOptions;

/**
 * The options with `defaults` filled in: these are {@link tokenFusionDefaults} and those of the
 * fusion's own.
 *
 * @throws ConfigError for an unknown option, or a shared one out of range.
 */
export function transformerSettings<Options extends TokenFusionOptions>(
  where: string,
  options: Options,
  defaults: Omit<Required<Options>, 'hidden'> & Omit<Required<TokenFusionOptions>, 'hidden'>,
): Required<Options> & Required<TokenFusionOptions> {
  type Settings = Required<Options> & Required<TokenFusionOptions>;
  const hidden = 4 * (options.dim ?? defaults.dim);
  // What was left out is put back, which the compiler cannot see through Omit.
  const all = { ...defaults, hidden } as Settings;
  const settings = withDefaults<Options>(where, options, all) as Settings;
  for (const name of ['dim', 'layers', 'heads', 'hidden', 'maxTextTokens', 'chunk'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);
  return settings;
}

type SideLayers = (params: Params, side: Tokens, ctx: Context) => Tokens;

/** The part of such a fusion that is its own. */
export interface TransformerFusionParts {
  readonly where: string;
  readonly name: string;
  readonly family: Fusion['family'];
  readonly settings: Required<TokenFusionOptions>;
  /** Width of the joint representation. */
  readonly width: number;
  readonly init: (key: Key) => Params;
  /** What a side's embedded tokens pass before they meet the other side, once a row. Default: nothing. */
  readonly prepare?: Partial<Readonly<Record<Side, SideLayers>>>;
  /**
   * [P, width] of P pairs, both sides prepared at width D: P texts and m images, each image
   * paired with the next P / m texts. Attention from texts to images takes them as they are;
   * other forms call {@link imageOfEachText} first.
   */
  readonly join: (params: Params, image: Tokens, text: Tokens, ctx: Context) => Tensor2D;
}

/** The images repeated, so that row b goes with text b. */
export function imageOfEachText(image: Tokens, text: Tokens): Tokens {
  const count = text.tokens.shape[0] / image.tokens.shape[0];
  return { tokens: repeatEach(image.tokens, count), mask: repeatEach(image.mask, count) };
}

/**
 * Token embedding in front (see {@link initTokenEmbedding}), `prepare` and `join`, and the
 * linear `match_head` behind. Only `join` runs once a pair.
 */
export function transformerFusion(parts: TransformerFusionParts): Fusion {
  const { where, settings, width, prepare = {}, join } = parts;

  const embed = (params: Params, side: Side, features: Features, ctx: Context): Tokens => {
    const embedded = embedTokens(params, where, side, features, ctx, settings);
    return prepare[side]?.(params, embedded, ctx) ?? embedded;
  };

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
        return scoreInBlocks(left, right, settings.chunk, (images, texts, pass) => {
          const [m, n] = [images.tokens.shape[0], texts.tokens.shape[0]];
          const each = { tokens: repeatAll(texts.tokens, m), mask: repeatAll(texts.mask, m) };
          const own = { ...ctx, key: foldIn(ctx.key, pass) };
          const scores = match(params, join(params, images, each, own));
          return reshape<Rank.R2>(scores, [m, n]);
        });
      }),
  };
}
