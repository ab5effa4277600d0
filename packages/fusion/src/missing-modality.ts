import {
  mul,
  reshape,
  sub,
  tensor1d,
  tensor2d,
  tidy,
  type Rank,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  mergeParams,
  normal,
  parameter,
  requireRange,
  uniformArray,
  withDefaults,
  type Context,
  type Features,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { select } from '@crossweave/core/nn';
import type { Side } from './features';

export interface MissingModalityOptions {
  /** In training, the share of images treated as missing, in [0, 1]. Default 0. */
  imageDropout?: number;
  /** The same of texts; both together at most 1. Default 0. */
  textDropout?: number;
}

const nullPath = { text: 'text_null', image: 'visual_null' } as const satisfies Record<
  Side,
  string
>;

/**
 * A fusion that works where a side of a pair is missing (`present` of the features): a learned
 * vector a side, `visual_null` and `text_null` [D], stands for what is not there, as the one
 * token of its sequence and as its summary. Nothing else of a missing row is read.
 *
 * Modality dropout (as ModDrop, Neverova et al., arXiv 1501.00102) treats given rows as missing in
 * training, so that one side alone is worth something. It acts on one side a pass, drawn from the key: no pair
 * loses both, in `score` and `embed` neither. `fuse` also spares the pairs that lack the other
 * side already.
 *
 * @throws ConfigError for a share out of range.
 */
export function withMissingModality<In extends PooledFeatures>(
  fusion: Fusion<In>,
  options: MissingModalityOptions = {},
): Fusion<In> {
  const where = 'withMissingModality';
  const settings = withDefaults<MissingModalityOptions>(where, options, {
    imageDropout: 0,
    textDropout: 0,
  });
  const { imageDropout, textDropout } = settings;
  requireRange(where, 'imageDropout', imageDropout, 0, 1);
  requireRange(where, 'textDropout', textDropout, 0, 1);
  const rate = imageDropout + textDropout;
  if (rate > 1) {
    throw new ConfigError('more than all rows would be dropped', {
      where,
      expected: 'imageDropout + textDropout of at most 1',
      got: rate,
    });
  }

  /** The rows of a side that this pass leaves: [B] 0 or 1; undefined when it is not this side's turn. */
  const spared = (side: Side, rows: number, ctx: Context): Tensor1D | undefined => {
    if (!ctx.training || rate === 0) return undefined;
    const key = foldIn(ctx.key, where);
    const turn: Side =
      uniformArray(foldIn(key, 'side'), 1)[0]! * rate < imageDropout ? 'image' : 'text';
    if (side !== turn) return undefined;
    return tensor1d(uniformArray(foldIn(key, side), rows).map((draw) => (draw < rate ? 0 : 1)));
  };

  const filled = (params: Params, side: Side, features: In, ctx: Context, partner?: In): In => {
    const dropped = spared(side, features.pooled.shape[0], ctx);
    const present = leftRows(features.present, dropped, partner?.present);
    return present === undefined ? features : fill(params, nullPath[side], features, present);
  };

  return {
    ...fusion,
    name: `${fusion.name} + missing`,
    takesMissing: true,
    init: (key, image, text) =>
      mergeParams(
        fusion.init(key, image, text),
        initNull(key, nullPath.image, image.dim),
        initNull(key, nullPath.text, text.dim),
      ),
    fuse: (params, image, text, ctx) =>
      tidy(() => {
        const left = filled(params, 'image', image, ctx, text);
        const right = filled(params, 'text', text, ctx, image);
        const { joint, match } = fusion.fuse(params, left, right, ctx);
        return { joint, match };
      }),
    score: (params, image, text, ctx) =>
      tidy(() => {
        const left = filled(params, 'image', image, ctx);
        return fusion.score(params, left, filled(params, 'text', text, ctx), ctx);
      }),
    ...(fusion.embed && {
      embed: (params: Params, side: Side, features: In, ctx: Context) =>
        tidy(() => fusion.embed!(params, side, filled(params, side, features, ctx), ctx)),
    }),
  };
}

/** As spread as the features it stands for: towers give values of about unit variance. */
function initNull(key: Key, path: string, dim: number): Params {
  return { [path]: normal(foldIn(key, path), [dim]) };
}

/** Rows that were given and not dropped; a row whose partner is missing is not dropped. */
function leftRows(
  given: Tensor1D | undefined,
  spared: Tensor1D | undefined,
  partner: Tensor1D | undefined,
): Tensor1D | undefined {
  if (spared === undefined) return given;
  const left: Tensor1D =
    partner === undefined ? spared : sub<Tensor1D>(1, mul(sub(1, spared), partner));
  return given === undefined ? left : mul<Tensor1D>(left, given);
}

function firstOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? 1 : 0));
}

/** The features with the null vector in every row that is not present, and without `present`. */
function fill<In extends PooledFeatures>(
  params: Params,
  path: string,
  features: In,
  present: Tensor1D,
): In {
  const { tokens, mask, pooled }: PooledFeatures & Partial<Features> = features;
  const nothing = parameter<Tensor1D>(params, path);
  const chosen = <T extends Tensor>(real: T, otherwise: Tensor): T =>
    select(reshape(present, [-1, ...real.shape.slice(1).map(() => 1)]), real, otherwise as T);
  // One real token a missing row, the null vector; the others are masked.
  const first = mask && tensor2d([firstOf(mask.shape[1])]);
  return {
    ...(tokens && { tokens: chosen(tokens, reshape<Rank.R3>(nothing, [1, 1, -1])) }),
    ...(mask && first && { mask: chosen(mask, first) }),
    pooled: chosen(pooled, reshape<Rank.R2>(nothing, [1, -1])),
    // As complete as what came in, so of its type.
  } as PooledFeatures as In;
}
