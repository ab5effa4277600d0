import {
  add,
  concat,
  exp,
  matMul,
  mul,
  ones,
  reshape,
  scalar,
  sum,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  normal,
  parameter,
  requireInteger,
  requireRange,
  withDefaults,
  type Context,
  type Features,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
} from '@crossweave/core';
import {
  clampParameter,
  gelu,
  initLinear,
  initMultiHeadAttention,
  linear,
  multiHeadAttention,
  normalize,
} from '@crossweave/core/nn';
import { checkAligned, type Side } from '../features';

export interface DualEncoderOptions {
  /** Width E of the shared embedding. Default 256. */
  dim?: number;
  /** Linear without bias (CLIP), or linear, GELU, linear. Default `linear`. */
  projection?: 'linear' | 'mlp';
  /** Width between the MLP's layers. Default `dim`. */
  hidden?: number;
  /**
   * What is projected: the encoder's own summary, or a learned query's attention over
   * its tokens (as SigLIP's pooling head, without its MLP). Default `encoder`.
   */
  pooling?: 'encoder' | 'attention';
  /** Heads of the attention pooling; divides both encoders' widths. Default 4. */
  heads?: number;
  /** `joint`: both embeddings side by side [B, 2E], or their product [B, E]. Default `concat`. */
  joint?: 'concat' | 'product';
  /** Start of the temperature that divides the cosines. Default 0.1. */
  temperature?: number;
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
 */
export function dualEncoder(options: DualEncoderOptions = {}): Fusion {
  const where = 'dualEncoder';
  const dim = options.dim ?? 256;
  const { projection, hidden, pooling, heads, joint, temperature } = withDefaults(where, options, {
    dim,
    projection: 'linear',
    hidden: dim,
    pooling: 'encoder',
    heads: 4,
    joint: 'concat',
    temperature: 0.1,
  });
  requireInteger(where, 'dim', dim);
  requireInteger(where, 'hidden', hidden);
  requireInteger(where, 'heads', heads);
  requireRange(where, 'temperature', temperature, 0.01, 1);

  const initSide = (key: Key, side: Side, width: number): Params => {
    const name = `${prefix[side]}_projection`;
    const probe = `${prefix[side]}_pooling.probe`;
    return mergeParams(
      projection === 'linear'
        ? initLinear(key, name, { in: width, out: dim, bias: false })
        : mergeParams(
            initLinear(key, `${name}.0`, { in: width, out: hidden }),
            initLinear(key, `${name}.2`, { in: hidden, out: dim }),
          ),
      pooling === 'encoder'
        ? {}
        : mergeParams(
            { [probe]: normal(foldIn(key, probe), [1, 1, width]) },
            initMultiHeadAttention(key, `${prefix[side]}_pooling.attention`, { dim: width }),
          ),
    );
  };

  const pool = (params: Params, side: Side, features: Features, ctx: Context): Tensor2D => {
    if (pooling === 'encoder') return features.pooled;
    const [size, , width] = features.tokens.shape;
    const probe = parameter<Tensor3D>(params, `${prefix[side]}_pooling.probe`);
    const pooled = multiHeadAttention(params, `${prefix[side]}_pooling.attention`, {
      query: mul(probe, ones([size, 1, 1])),
      context: features.tokens,
      mask: features.mask,
      heads,
      ctx,
    });
    return reshape(pooled, [size, width]);
  };

  const embed = (params: Params, side: Side, features: Features, ctx: Context): Tensor2D =>
    tidy(() => {
      const name = `${prefix[side]}_projection`;
      const pooled = pool(params, side, features, ctx);
      if (projection === 'linear') return normalize(linear(params, name, pooled));
      const between = gelu(linear(params, `${name}.0`, pooled));
      return normalize(linear(params, `${name}.2`, between));
    });

  const logits = <T extends Tensor>(params: Params, cosines: T): T => {
    const scale = clampParameter(parameter<Scalar>(params, 'logit_scale'), 0, Math.log(100));
    return add(mul(cosines, exp(scale)), parameter<Scalar>(params, 'logit_bias'));
  };

  return {
    name: `dual-encoder(${dim})`,
    family: 'late',
    scoring: 'separable',
    init: (key: Key, image: FeatureSpec, text: FeatureSpec) =>
      mergeParams(initSide(key, 'image', image.dim), initSide(key, 'text', text.dim), {
        logit_scale: scalar(-Math.log(temperature)),
        logit_bias: scalar(0),
      }),
    fuse: (params, image, text, ctx) => {
      checkAligned(`${where}.fuse`, image, text);
      return tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        const product = mul<Tensor2D>(left, right);
        return {
          joint: joint === 'product' ? product : concat([left, right], 1),
          match: logits(params, sum<Tensor1D>(product, 1)),
        };
      });
    },
    score: (params, image, text, ctx) =>
      tidy(() => {
        const left = embed(params, 'image', image, ctx);
        const right = embed(params, 'text', text, ctx);
        return logits(params, matMul(left, right, false, true));
      }),
    embed,
  };
}
