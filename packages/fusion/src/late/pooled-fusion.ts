import { reshape, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  foldIn,
  mergeParams,
  requireComplete,
  requireInteger,
  requireRange,
  type Context,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { dropout, initLinear, linear } from '@crossweave/core/nn';
import { checkAlignedSummaries, scoreInChunks, type Rows, type Side } from '../features';

/** What the fusions of two summaries share. */
export interface PooledFusionOptions {
  /** Width D of the joint representation. Default 256. */
  dim?: number;
  /** Dropout in training, in [0, 1). Default 0. */
  dropout?: number;
  /** Pairs a pass of `score`, which bounds its memory. Default 4096. */
  chunk?: number;
}

/** To be spread into the defaults of a fusion's own options. */
export const pooledDefaults = {
  dim: 256,
  dropout: 0,
  chunk: 4096,
} as const satisfies Required<PooledFusionOptions>;

/** Both vectors with `dropout` of their own: the draws are of a row, whatever it is paired with. */
export function dropSides(
  image: Tensor2D,
  text: Tensor2D,
  rate: number,
  ctx: Context,
): readonly [image: Tensor2D, text: Tensor2D] {
  return [dropout(image, rate, ctx, 'image'), dropout(text, rate, ctx, 'text')];
}

/** The part of such a fusion that is its own. */
export interface PooledFusionParts<Image, Text> {
  readonly where: string;
  readonly name: string;
  readonly settings: Required<PooledFusionOptions>;
  /** Width of the joint representation. Default `settings.dim`. */
  readonly width?: (specs: Readonly<Record<Side, FeatureSpec>>) => number;
  readonly init: (key: Key, specs: Readonly<Record<Side, FeatureSpec>>) => Params;
  /**
   * What `join` needs of each image and of each text: the work that is done once a row,
   * whatever it is paired with. There may be more images than texts, or fewer: image
   * [B_i, D_i], text [B_t, D_t].
   */
  readonly prepare: (
    params: Params,
    image: Tensor2D,
    text: Tensor2D,
    ctx: Context,
  ) => { readonly image: Image; readonly text: Text };
  /** The joint representation [B, width] of B aligned pairs of prepared rows. */
  readonly join: (params: Params, image: Image, text: Text, ctx: Context) => Tensor2D;
  /**
   * The scores [B_i, B_t] of prepared rows, where the form gives them without a `join` per
   * pair; equal to the match of `join`. Default: `join` in chunks.
   */
  readonly score?: (params: Params, image: Image, text: Text, ctx: Context) => Tensor2D;
}

/**
 * A late fusion that reads only each side's `pooled` vector: `prepare` once a row, `join`
 * once a pair, and the linear `match_head` on the joint representation behind.
 *
 * @throws ConfigError for a shared option out of range.
 */
export function pooledFusion<Image extends Rows<Image>, Text extends Rows<Text>>(
  parts: PooledFusionParts<Image, Text>,
): Fusion<PooledFeatures> {
  const { where, settings, prepare, join, width = () => settings.dim } = parts;
  requireInteger(where, 'dim', settings.dim);
  requireInteger(where, 'chunk', settings.chunk);
  requireRange(where, 'dropout', settings.dropout, 0, 0.999);

  const match = (params: Params, joint: Tensor2D): Tensor1D =>
    reshape(linear(params, 'match_head', joint), [joint.shape[0]]);

  return {
    name: parts.name,
    family: 'late',
    scoring: 'joint',
    reads: 'pooled',
    init: (key, image, text) =>
      mergeParams(
        parts.init(key, { image, text }),
        initLinear(key, 'match_head', { in: width({ image, text }), out: 1 }),
      ),
    fuse: (params, image, text, ctx) => {
      checkAlignedSummaries(`${where}.fuse`, image, text);
      return tidy(() => {
        const rows = prepare(params, image.pooled, text.pooled, ctx);
        const joint = join(params, rows.image, rows.text, ctx);
        return { joint, match: match(params, joint) };
      });
    },
    score: (params, image, text, ctx) => {
      requireComplete({ name: where }, image, text);
      return tidy(() => {
        const rows = prepare(params, image.pooled, text.pooled, ctx);
        if (parts.score !== undefined) return parts.score(params, rows.image, rows.text, ctx);
        return scoreInChunks(rows.image, rows.text, settings.chunk, (images, texts, pass) => {
          const own = { ...ctx, key: foldIn(ctx.key, pass) };
          return match(params, join(params, images, texts, own));
        });
      });
    },
  };
}
