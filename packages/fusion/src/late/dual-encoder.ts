import { concat, matMul, mul, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  mergeParams,
  requireComplete,
  requireTokens,
  type Context,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import {
  anyOf,
  boolean,
  count,
  fields,
  oneOf,
  readOptions,
  requireDivisor,
  withConfig,
  type Checks,
} from '@crossweave/core/authoring';
import { gelu, initLinear, linear, normalize } from '@crossweave/core/nn';
import { checkAlignedSummaries, requireTokensOf, type Side } from '../features';
import { temperatureCheck } from '../option-checks';
import { attentionPooling, initAttentionPooling } from './attention-pooling';
import { initLogitScale, scaledLogits } from './logit-scale';

export interface DualEncoderOptions {
  /**
   * Width E of the shared embedding; with `projection: 'none'` it is the width of the encoders.
   * Default 256.
   */
  dim?: number;
  /**
   * One linear layer without bias (`linear`, CLIP), two with GELU between them (`mlp`), or no layer
   * (`none`), for encoders whose summaries have a shared width (SigLIP). Default `linear`.
   */
  projection?: 'linear' | 'mlp' | 'none';
  /** Hidden width of the MLP. Default `dim`. */
  hidden?: number;
  /**
   * The vector that is projected: the encoder's summary (`encoder`), or the result of learned
   * queries that attend to its tokens, SigLIP's pooling head (`attention`). One choice for both
   * sides, or one for each: `{ image: 'attention', text: 'encoder' }`. Default `encoder`.
   */
  pooling?: SidePooling | Readonly<Record<Side, SidePooling>>;
  /**
   * Number of learned queries of the attention pooling; their results are concatenated. Default 1.
   */
  queries?: number;
  /** Whether the attention pooling adds learned positions to the tokens. Default true. */
  positions?: boolean;
  /** Rows of the text's position table if its encoder's token count varies. Default 128. */
  maxTextTokens?: number;
  /** Heads of the attention pooling; divides its encoder's width. Default 4. */
  heads?: number;
  /**
   * Whether `joint` is the concatenation of both embeddings [B, 2E] or their product [B, E].
   * Default `concat`.
   */
  joint?: 'concat' | 'product';
  /** Initial temperature, by which the cosines are divided, in [0.01, 1]. Default 0.1. */
  temperature?: number;
  /**
   * Whether the factor exp(logit_scale) of the cosines is clamped to [1, 100], as in CLIP. The
   * trained factors of SigLIP are larger. Default true.
   */
  clampScale?: boolean;
}

export type SidePooling = 'encoder' | 'attention';

/** Options of a dual encoder that projects the encoders' summaries, and so reads no tokens. */
export interface PooledDualEncoderOptions extends DualEncoderOptions {
  pooling?: 'encoder' | Readonly<Record<Side, 'encoder'>>;
}

const poolingCheck = oneOf('encoder', 'attention');

const checks: Checks<DualEncoderOptions> = {
  dim: count(),
  projection: oneOf('linear', 'mlp', 'none'),
  hidden: count(),
  pooling: anyOf(
    poolingCheck,
    fields({ image: poolingCheck, text: poolingCheck }, ['image', 'text']),
  ),
  queries: count(),
  positions: boolean(),
  maxTextTokens: count(),
  heads: count(),
  joint: oneOf('concat', 'product'),
  temperature: temperatureCheck,
  clampScale: boolean(),
};

const prefix = { text: 'text', image: 'visual' } as const satisfies Record<Side, string>;

/**
 * Late fusion by two towers and a cosine (CLIP, arXiv 2103.00020): each side's summary is
 * projected to a unit-norm embedding of width E, with Hugging Face CLIPModel's names
 * (`visual_projection`, `text_projection`, `logit_scale`).
 *
 * `score` = exp(logit_scale) · cosine + logit_bias, a logit as for every fusion. Both scalars are
 * learned. Their initial values are ln(1/temperature) and 0, and logit_scale is clamped to [0, ln
 * 100] unless `clampScale` is false. A loss with its own temperature computes plain cosines from `embed`.
 *
 * It reads only summaries, unless `pooling` is `attention` for a side.
 */
export function dualEncoder(options?: PooledDualEncoderOptions): Fusion<PooledFeatures>;
export function dualEncoder(options?: DualEncoderOptions): Fusion;
export function dualEncoder(options: DualEncoderOptions = {}): Fusion<PooledFeatures> {
  const where = 'dualEncoder';
  const settings = readOptions<DualEncoderOptions>(
    where,
    options,
    ({ dim = 256 }) => ({
      dim,
      projection: 'linear',
      hidden: dim,
      pooling: 'encoder',
      queries: 1,
      positions: true,
      maxTextTokens: 128,
      heads: 4,
      joint: 'concat',
      temperature: 0.1,
      clampScale: true,
    }),
    checks,
  );
  const { dim, projection, hidden, joint, temperature, pooling, clampScale } = settings;
  const poolings = typeof pooling === 'string' ? { image: pooling, text: pooling } : pooling;
  const reads = Object.values(poolings).includes('attention') ? 'tokens' : 'pooled';
  const attention = { ...settings, maxTokens: settings.maxTextTokens };

  const initSide = (key: Key, side: Side, spec: FeatureSpec): Params => {
    const name = `${prefix[side]}_projection`;
    const pooled = poolings[side] === 'attention';
    if (pooled) {
      requireDivisor(where, ['heads', settings.heads], [`width of the ${side} encoder`, spec.dim]);
    }
    const width = pooled ? settings.queries * spec.dim : spec.dim;
    if (projection === 'none') requireShared(where, side, width, dim);
    return mergeParams(
      initProjection(key, name, { projection, in: width, hidden, out: dim }),
      pooled ? initAttentionPooling(key, `${prefix[side]}_pooling`, spec, attention) : {},
    );
  };

  const pool = (params: Params, side: Side, features: PooledFeatures, ctx: Context): Tensor2D => {
    if (poolings[side] === 'encoder') return features.pooled;
    requireTokensOf(where, side, features);
    return attentionPooling(params, `${prefix[side]}_pooling`, side, features, attention, ctx);
  };

  const embed = (params: Params, side: Side, features: PooledFeatures, ctx: Context): Tensor2D => {
    requireComplete({ name: where }, features);
    return tidy(() => {
      const name = `${prefix[side]}_projection`;
      const pooled = pool(params, side, features, ctx);
      if (projection === 'none') return normalize(pooled);
      if (projection === 'linear') return normalize(linear(params, name, pooled));
      const between = gelu(linear(params, `${name}.0`, pooled));
      return normalize(linear(params, `${name}.2`, between));
    });
  };

  return withConfig(where, settings, {
    name: `dual-encoder(${dim})`,
    family: 'late',
    scoring: 'separable',
    reads,
    init: (key: Key, image: FeatureSpec, text: FeatureSpec) => {
      requireTokens({ name: where, reads }, image, text);
      return mergeParams(
        initSide(key, 'image', image),
        initSide(key, 'text', text),
        initLogitScale(temperature),
      );
    },
    fuse: (params, image, text, ctx) => {
      checkAlignedSummaries(`${where}.fuse`, image, text);
      return tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        const product = mul<Tensor2D>(left, right);
        return {
          joint: joint === 'product' ? product : concat([left, right], 1),
          match: scaledLogits(params, sum<Tensor1D>(product, 1), clampScale),
        };
      });
    },
    score: (params, image, text, ctx) =>
      tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        return scaledLogits(params, matMul(left, right, false, true), clampScale);
      }),
    embed,
  });
}

interface ProjectionSizes extends Required<Pick<DualEncoderOptions, 'projection' | 'hidden'>> {
  readonly in: number;
  readonly out: number;
}

function initProjection(key: Key, name: string, sizes: ProjectionSizes): Params {
  const { projection, hidden, out } = sizes;
  if (projection === 'none') return {};
  if (projection === 'linear') return initLinear(key, name, { in: sizes.in, out, bias: false });
  return mergeParams(
    initLinear(key, `${name}.0`, { in: sizes.in, out: hidden }),
    initLinear(key, `${name}.2`, { in: hidden, out }),
  );
}

/** @throws ConfigError unless what stands for the embedding has its width. */
function requireShared(where: string, side: Side, width: number, dim: number): void {
  if (width === dim) return;
  throw new ConfigError(`without a projection the ${side} encoder must have the shared width`, {
    where,
    expected: `"dim" ${width}, as wide as its summaries`,
    got: dim,
    advice: 'Give "dim" the width of both encoders, or leave "projection" out.',
  });
}
