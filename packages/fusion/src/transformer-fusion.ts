import { reshape, tidy, type Rank, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  mapFeatures,
  mergeParams,
  requireTokens,
  withOwnKey,
  type Context,
  type Features,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  boolean,
  count,
  dropRate,
  readOptions,
  requireDivisor,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { initLinear, linear, repeatRows } from '@crossweave/core/nn';
import { checkTextsPerImage, repeatAll, scoreInBlocks, type Side, type Tokens } from './features';
import { embedTokens, initTokenEmbedding } from './token-embedding';

/** Options that all fusions of token sequences have. */
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
  /**
   * Whether to add learned positions on both sides; the image encoder's token count must be fixed.
   * Default true.
   */
  positions?: boolean;
  /** Rows of the text's position table if its encoder's token count varies. Default 128. */
  maxTextTokens?: number;
  /** Pairs that `score` computes at a time, which bounds its memory. Default 256. */
  chunk?: number;
}

/** Options of the fusions whose layers can normalise before or after each sublayer. */
export interface TransformerFusionOptions extends TokenFusionOptions {
  /**
   * Whether layer norm comes before each sublayer and once at the end, instead of after each
   * sublayer. Default false.
   */
  normFirst?: boolean;
}

/**
 * The defaults of {@link TokenFusionOptions}. `hidden` is missing, since its default depends on
 * `dim`.
 */
export const tokenFusionDefaults = {
  dim: 256,
  layers: 2,
  heads: 4,
  dropout: 0,
  positions: true,
  maxTextTokens: 128,
  chunk: 256,
} as const satisfies TokenFusionOptions;

/** Checks of {@link TokenFusionOptions}, to be spread into those of a fusion's own options. */
export const tokenFusionChecks: Checks<TokenFusionOptions> = {
  dim: count(),
  layers: count(),
  heads: count(),
  hidden: count(),
  dropout: dropRate(),
  positions: boolean(),
  maxTextTokens: count(),
  chunk: count(),
};

/** The defaults of {@link TransformerFusionOptions}, without `hidden`. */
export const transformerFusionDefaults = {
  ...tokenFusionDefaults,
  normFirst: false,
} as const satisfies TransformerFusionOptions;

/** Checks of {@link TransformerFusionOptions}. */
export const transformerFusionChecks: Checks<TransformerFusionOptions> = {
  ...tokenFusionChecks,
  normFirst: boolean(),
};

/**
 * Checks the options and fills in the defaults; the default of `hidden` is 4·`dim`.
 *
 * @param defaults {@link tokenFusionDefaults} and the defaults of the fusion's own options. @param
 *   checks {@link tokenFusionChecks} and the checks of the fusion's own options.
 * @throws ConfigError for an unknown option, a wrong value, or heads that do not divide the width.
 */
export function transformerSettings<Options extends TokenFusionOptions>(
  where: string,
  options: Options,
  defaults: Omit<Required<Options>, 'hidden'> & Omit<Required<TokenFusionOptions>, 'hidden'>,
  checks: Checks<Options>,
): Required<Options> & Required<TokenFusionOptions> {
  type Settings = Required<Options> & Required<TokenFusionOptions>;
  const settings = readOptions<Options>(
    where,
    options,
    // `hidden` is added, so the object is complete; the compiler cannot derive that from Omit.
    ({ dim = defaults.dim }) => ({ ...defaults, hidden: 4 * dim }) as Settings,
    checks,
  ) as Settings;
  requireDivisor(where, ['heads', settings.heads], ['dim', settings.dim]);
  return settings;
}

type SideLayers = (params: Params, side: Tokens, ctx: Context) => Tokens;

/** The parts from which {@link transformerFusion} builds a fusion. */
export interface TransformerFusionParts {
  /** Name of the factory, for error messages: `coAttention`. */
  readonly where: string;
  /** `Fusion.name`, for logs: `co-attention(256x2)`. */
  readonly name: string;
  readonly family: Fusion['family'];
  /** The result of {@link transformerSettings}, with every option of the fusion: `config` is made of it. */
  readonly settings: Required<TokenFusionOptions>;
  /** Width of the joint representation. */
  readonly width: number;
  /**
   * The parameters that `prepare` and `join` use; the parameters of the embedding and the match
   * head are added.
   */
  readonly init: (key: Key) => Params;
  /**
   * Layers that depend on one side only, and so run once per row. Their input is the embedded
   * tokens [B, N, D] of the side; their result is any sequence of width D. Default: none.
   */
  readonly prepare?: Partial<Readonly<Record<Side, SideLayers>>>;
  /**
   * The joint representations [P, width] of P pairs, from both sides' prepared tokens. There are P
   * texts and m images; each image is paired with P / m consecutive texts. Attention from texts to
   * images accepts such numbers (`crossAttentionBlock` of `@crossweave/core/nn`). For any other
   * computation, {@link imageOfEachText} repeats the images.
   */
  readonly join: (params: Params, image: Tokens, text: Tokens, ctx: Context) => Tensor2D;
}

/**
 * Repeats each of m images P / m times for P texts, so that row b of the result belongs to text b.
 */
export function imageOfEachText(image: Tokens, text: Tokens): Tokens {
  const count = text.tokens.shape[0] / image.tokens.shape[0];
  return { tokens: repeatRows(image.tokens, count), mask: repeatRows(image.mask, count) };
}

/**
 * Builds a fusion of two token sequences from your own layers.
 *
 * First each side is embedded: a linear layer to width D, a learned type, learned positions (with
 * `settings.positions`), a layer norm and dropout, with the paths `text_projection`,
 * `visual_projection` and so on. Then `prepare` runs once per row and `join` once per pair. `match`
 * is a linear layer, `match_head`, on the joint representation.
 *
 * ```ts
 * // The mean of all tokens of both sides, through one linear layer.
 * export function meanOfBoth(options: TokenFusionOptions = {}): Fusion {
 *   const where = 'meanOfBoth';
 *   const settings = transformerSettings(where, options, tokenFusionDefaults, tokenFusionChecks);
 *   const { dim } = settings;
 *   return transformerFusion({
 *     where,
 *     name: `mean-of-both(${dim})`,
 *     family: 'early',
 *     settings,
 *     width: dim,
 *     init: (key) => initLinear(key, 'layer', { in: dim, out: dim }),
 *     join: (params, images, text) => {
 *       const image = imageOfEachText(images, text);
 *       const tokens = concat([image.tokens, text.tokens], 1);
 *       const mask = concat([image.mask, text.mask], 1);
 *       return linear(params, 'layer', maskedMean(tokens, mask));
 *     },
 *   });
 * }
 * ```
 *
 * Each pair is scored by `join` only, so the fusion cannot know which pairs are true.
 */
export function transformerFusion(parts: TransformerFusionParts): Fusion {
  const { where, settings, width, prepare = {}, join } = parts;

  const embed = (params: Params, side: Side, features: Features, ctx: Context): Tokens => {
    const embedded = embedTokens(params, where, side, features, ctx, settings);
    return prepare[side]?.(params, embedded, ctx) ?? embedded;
  };

  const match = (params: Params, joint: Tensor2D): Tensor1D =>
    reshape(linear(params, 'match_head', joint), [joint.shape[0]]);

  return withConfig(where, settings, {
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
    sharesImages: true,
    fuse: (params, image, text, ctx) => {
      const count = checkTextsPerImage(`${where}.fuse`, image, text);
      return tidy(() => {
        // Every pair drops values of its own.
        const isShared = count === 1 || !ctx.training || settings.dropout === 0;
        const images = isShared ? image : mapFeatures(image, (x) => repeatRows(x, count));
        const left = embed(params, 'image', images, ctx);
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
          const own = withOwnKey(ctx, pass);
          const scores = match(params, join(params, images, each, own));
          return reshape<Rank.R2>(scores, [m, n]);
        });
      }),
  });
}
