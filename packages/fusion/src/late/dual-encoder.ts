import { concat, matMul, mul, sum, tidy } from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import {
  ConfigError,
  mergeParams,
  requireComplete,
  requireInteger,
  requireRange,
  requireTokens,
  withDefaults,
  type Context,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { gelu, initLinear, linear, normalize } from '@crossweave/core/nn';
import { checkAlignedSummaries, requireTokensOf, type Side } from '../features';
import { attentionPooling, checkHeads, initAttentionPooling } from './attention-pooling';
import { initLogitScale, scaledLogits } from './logit-scale';

export interface DualEncoderOptions {
  /** Width E of the shared embedding. Default 256. */
  dim?: number;
  /** Linear without bias (CLIP), or linear, GELU, linear. Default `linear`. */
  projection?: 'linear' | 'mlp';
  /** Width between the MLP's layers. Default `dim`. */
  hidden?: number;
  /**
   * What is projected: the encoder's own summary, or learned queries' attention over
   * its tokens (SigLIP's pooling head); for both sides, or for each its own. Default `encoder`.
   */
  pooling?: SidePooling | Readonly<Record<Side, SidePooling>>;
  /** Learned queries of the attention pooling, their results side by side. Default 1. */
  queries?: number;
  /** Attention pooling sees learned positions of the tokens. Default true. */
  positions?: boolean;
  /** Rows of the text's position table when its encoder's token count varies. Default 128. */
  maxTextTokens?: number;
  /** Heads of the attention pooling; divides its encoder's width. Default 4. */
  heads?: number;
  /** `joint`: both embeddings side by side [B, 2E], or their product [B, E]. Default `concat`. */
  joint?: 'concat' | 'product';
  /** Start of the temperature that divides the cosines. Default 0.1. */
  temperature?: number;
}

export type SidePooling = 'encoder' | 'attention';

/** Options of a dual encoder that projects the encoders' own summaries, so reads no tokens. */
export interface PooledDualEncoderOptions extends DualEncoderOptions {
  pooling?: 'encoder' | Readonly<Record<Side, 'encoder'>>;
}

const prefix = { text: 'text', image: 'visual' } as const satisfies Record<Side, string>;

/**
 * Late fusion by two towers and a cosine (CLIP, arXiv 2103.00020): each side's summary is
 * projected to a unit-norm embedding of width E, with Hugging Face CLIPModel's names
 * (`visual_projection`, `text_projection`, `logit_scale`).
 *
 * `score` = exp(logit_scale) · cosine + logit_bias, a logit like every fusion's; both
 * scalars are learned, from ln(1/temperature) and 0, the scale kept in [0, ln 100]. A
 * loss that brings its own temperature takes the bare cosines from `embed`.
 *
 * It reads summaries alone, unless a side's pooling is by attention.
 */
export function dualEncoder(options?: PooledDualEncoderOptions): Fusion<PooledFeatures>;
export function dualEncoder(options?: DualEncoderOptions): Fusion;
export function dualEncoder(options: DualEncoderOptions = {}): Fusion<PooledFeatures> {
  const where = 'dualEncoder';
  const dim = options.dim ?? 256;
  const settings = withDefaults<DualEncoderOptions>(where, options, {
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
  });
  const { projection, hidden, joint, temperature } = settings;
  const poolings = poolingsOf(where, settings.pooling);
  const reads = Object.values(poolings).includes('attention') ? 'tokens' : 'pooled';
  const attention = { ...settings, maxTokens: settings.maxTextTokens };
  requireInteger(where, 'dim', dim);
  requireInteger(where, 'hidden', hidden);
  for (const name of ['queries', 'maxTextTokens', 'heads'] as const) {
    requireInteger(where, name, settings[name]);
  }
  requireRange(where, 'temperature', temperature, 0.01, 1);

  const initSide = (key: Key, side: Side, spec: FeatureSpec): Params => {
    const name = `${prefix[side]}_projection`;
    const pooled = poolings[side] === 'attention';
    if (pooled) checkHeads(where, spec.dim, settings.heads);
    const width = pooled ? settings.queries * spec.dim : spec.dim;
    return mergeParams(
      projection === 'linear'
        ? initLinear(key, name, { in: width, out: dim, bias: false })
        : mergeParams(
            initLinear(key, `${name}.0`, { in: width, out: hidden }),
            initLinear(key, `${name}.2`, { in: hidden, out: dim }),
          ),
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
      if (projection === 'linear') return normalize(linear(params, name, pooled));
      const between = gelu(linear(params, `${name}.0`, pooled));
      return normalize(linear(params, `${name}.2`, between));
    });
  };

  return {
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
          match: scaledLogits(params, sum<Tensor1D>(product, 1)),
        };
      });
    },
    score: (params, image, text, ctx) =>
      tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        return scaledLogits(params, matMul(left, right, false, true));
      }),
    embed,
  };
}

function poolingsOf(
  where: string,
  pooling: SidePooling | Readonly<Record<Side, SidePooling>>,
): Readonly<Record<Side, SidePooling>> {
  const sides = typeof pooling === 'string' ? { image: pooling, text: pooling } : pooling;
  const known: readonly string[] = ['encoder', 'attention'];
  for (const side of ['image', 'text'] as const) {
    if (known.includes(sides[side])) continue;
    throw new ConfigError(`"pooling" names no way to pool the ${side}`, {
      where,
      expected: `one of ${known.join(', ')}, or { image, text } of these`,
      got: sides[side],
    });
  }
  return sides;
}
