import { reshape, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  mergeParams,
  requireComplete,
  withOwnKey,
  type Context,
  type FeatureSpec,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { checkOptions, count, dropRate, withConfig, type Checks } from '@crossweave/core/authoring';
import { dropout, initLinear, linear } from '@crossweave/core/nn';
import { checkAlignedSummaries, scoreInChunks, type Rows, type Side } from '../features';

/** Options that all fusions of two summaries have. */
export interface PooledFusionOptions {
  /** Width D of the joint representation. Default 256. */
  dim?: number;
  /** Dropout in training, in [0, 1). Default 0. */
  dropout?: number;
  /** Pairs that `score` computes at a time, which bounds its memory. Default 4096. */
  chunk?: number;
}

/** The defaults of {@link PooledFusionOptions}, to be spread into those of a fusion's own options. */
export const pooledFusionDefaults = {
  dim: 256,
  dropout: 0,
  chunk: 4096,
} as const satisfies Required<PooledFusionOptions>;

/** Checks of {@link PooledFusionOptions}, to be spread into those of a fusion's own options. */
export const pooledFusionChecks: Checks<PooledFusionOptions> = {
  dim: count(),
  dropout: dropRate(),
  chunk: count(),
};

/** Dropout of both vectors. The mask is drawn once per row, so all pairs of the row share it. */
export function dropSides(
  image: Tensor2D,
  text: Tensor2D,
  rate: number,
  ctx: Context,
): readonly [image: Tensor2D, text: Tensor2D] {
  return [dropout(image, rate, ctx, 'image'), dropout(text, rate, ctx, 'text')];
}

/** The parts from which {@link pooledFusion} builds a fusion. */
export interface PooledFusionParts<Image, Text> {
  /** Name of the factory, for error messages: `gatedSum`. */
  readonly where: string;
  /** `Fusion.name`, for logs: `gated-sum(256)`. */
  readonly name: string;
  /** Default `'late'`. */
  readonly family?: Fusion['family'];
  /** Every option of the fusion with its value: `config` is made of it. */
  readonly settings: Required<PooledFusionOptions>;
  /** Width of the joint representation. Default `settings.dim`. */
  readonly width?: (specs: Readonly<Record<Side, FeatureSpec>>) => number;
  /** The parameters that `prepare` and `join` use, for features of these widths; `match_head` is added. */
  readonly init: (key: Key, specs: Readonly<Record<Side, FeatureSpec>>) => Params;
  /**
   * The computation that runs once per row: from image [B_i, D_i] and text [B_t, D_t] to tensors
   * [B, …], or records of tensors. B_i and B_t may differ.
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
   * The scores [B_i, B_t] of all pairs of prepared rows, if they can be computed without calling
   * `join` for each pair. They must equal the match logits of `join`. Default: `join` in chunks.
   */
  readonly score?: (params: Params, image: Image, text: Text, ctx: Context) => Tensor2D;
}

/**
 * A fusion that reads each side's `pooled` vector and no tokens. `prepare` runs once per row and
 * `join` once per pair; `match` is a linear layer, `match_head`, on the joint representation.
 *
 * ```ts
 * // The product of both vectors at one width.
 * export function product(options: PooledFusionOptions = {}): Fusion<PooledFeatures> {
 *   const where = 'product';
 *   const settings = readOptions(where, options, pooledFusionDefaults, pooledFusionChecks);
 *   const { dim } = settings;
 *   return pooledFusion<Tensor2D, Tensor2D>({
 *     where,
 *     name: `product(${dim})`,
 *     settings,
 *     init: (key, { image, text }) => ({
 *       ...initLinear(key, 'image_projection', { in: image.dim, out: dim }),
 *       ...initLinear(key, 'text_projection', { in: text.dim, out: dim }),
 *     }),
 *     prepare: (params, image, text) => ({
 *       image: linear(params, 'image_projection', image),
 *       text: linear(params, 'text_projection', text),
 *     }),
 *     join: (params, image, text) => mul(image, text),
 *   });
 * }
 * ```
 *
 * Each pair is scored by `join` only, so the fusion cannot know which pairs are true.
 *
 * @throws ConfigError for a wrong value in `settings`.
 */
export function pooledFusion<Image extends Rows<Image>, Text extends Rows<Text>>(
  parts: PooledFusionParts<Image, Text>,
): Fusion<PooledFeatures> {
  const { where, settings, prepare, join, width = () => settings.dim } = parts;
  const { dim, dropout: rate, chunk } = settings;
  checkOptions<PooledFusionOptions>(where, { dim, dropout: rate, chunk }, pooledFusionChecks);

  const match = (params: Params, joint: Tensor2D): Tensor1D =>
    reshape(linear(params, 'match_head', joint), [joint.shape[0]]);

  return withConfig(where, settings, {
    name: parts.name,
    family: parts.family ?? 'late',
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
          const own = withOwnKey(ctx, pass);
          return match(params, join(params, images, texts, own));
        });
      });
    },
  });
}
