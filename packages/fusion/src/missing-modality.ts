import {
  mul,
  reshape,
  sub,
  tensor2d,
  tidy,
  type Rank,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import {
  ConfigError,
  foldIn,
  hostValue,
  mergeParams,
  normal,
  parameter,
  uniformArray,
  type Context,
  type Features,
  type Fusion,
  type Key,
  type Params,
  type PooledFeatures,
} from '@crossweave/core';
import { readOptions, share, withConfig, type Checks } from '@crossweave/core/authoring';
import { select } from '@crossweave/core/nn';
import type { Side } from './features';

export interface MissingModalityOptions {
  /** The share of images that are treated as missing in training, in [0, 1]. Default 0. */
  imageDropout?: number;
  /**
   * The share of texts that are treated as missing in training. The sum of both shares is at most
   * 1. Default 0.
   */
  textDropout?: number;
}

export const missingModalityChecks: Checks<MissingModalityOptions> = {
  imageDropout: share(),
  textDropout: share(),
};

const nullPath = { text: 'text_null', image: 'visual_null' } as const satisfies Record<
  Side,
  string
>;

/**
 * Makes a fusion accept pairs whose image or text is missing (`present` of the features). Each side
 * has a learned vector, `visual_null` or `text_null` [D], which replaces a missing row: the vector
 * becomes the only token of the row and its summary. The values of the missing row are not read.
 *
 * Modality dropout (as ModDrop, Neverova et al., arXiv 1501.00102) treats some present rows as
 * missing in training, so that the fusion learns to work with one side. Each pass draws one side
 * from the context's key and drops rows of that side only, so no pair loses both sides. `fuse`
 * never drops a row whose partner is missing.
 *
 * @throws ConfigError for an unknown option, a wrong value, or shares with a sum above 1.
 */
export function withMissingModality<In extends PooledFeatures>(
  fusion: Fusion<In>,
  options: MissingModalityOptions = {},
): Fusion<In> {
  const where = 'withMissingModality';
  const { imageDropout, textDropout } = readOptions<MissingModalityOptions>(
    where,
    options,
    { imageDropout: 0, textDropout: 0 },
    missingModalityChecks,
  );
  const rate = imageDropout + textDropout;
  if (rate > 1) {
    throw new ConfigError('the sum of imageDropout and textDropout is too large', {
      where,
      expected: 'imageDropout + textDropout of at most 1',
      got: rate,
    });
  }

  /**
   * [B]: 1 at the rows of `side` that this pass keeps, 0 at the rows that it drops. Undefined if
   * the pass drops rows of the other side.
   */
  const keptRows = (side: Side, rows: number, ctx: Context): Tensor1D | undefined => {
    if (!ctx.training || rate === 0) return undefined;
    const key = foldIn(ctx.key, where);
    const turn = hostValue(foldIn(key, 'side')).choose((own): Side =>
      uniformArray(own, 1)[0]! * rate < imageDropout ? 'image' : 'text',
    );
    if (side !== turn) return undefined;
    return hostValue(foldIn(key, side)).tensor<Rank.R1>(
      (own) => uniformArray(own, rows).map((draw) => (draw < rate ? 0 : 1)),
      [rows],
    );
  };

  const filled = (params: Params, side: Side, features: In, ctx: Context, partner?: In): In => {
    const kept = keptRows(side, features.pooled.shape[0], ctx);
    const present = presentRows(features.present, kept, partner?.present);
    return present === undefined ? features : fill(params, nullPath[side], features, present);
  };

  return withConfig(
    where,
    { fusion, imageDropout, textDropout },
    {
      ...fusion,
      name: `${fusion.name} + missing`,
      takesMissing: true,
      // A dropped image is missing in each of its pairs by itself.
      sharesImages: false,
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
    },
  );
}

/** N(0, 1), since the features of encoders have about unit variance. */
function initNull(key: Key, path: string, dim: number): Params {
  return { [path]: normal(foldIn(key, path), [dim]) };
}

/**
 * [B]: 1 at the rows that are neither missing nor dropped. A row whose partner is missing is not
 * dropped. Undefined if all rows are present.
 */
function presentRows(
  given: Tensor1D | undefined,
  kept: Tensor1D | undefined,
  partner: Tensor1D | undefined,
): Tensor1D | undefined {
  if (kept === undefined) return given;
  const left: Tensor1D =
    partner === undefined ? kept : sub<Tensor1D>(1, mul(sub(1, kept), partner));
  return given === undefined ? left : mul<Tensor1D>(left, given);
}

function firstOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? 1 : 0));
}

/** The features with the null vector in every missing row, and without `present`. */
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
  // A missing row has one real token, the null vector; its other tokens are masked.
  const first = mask && tensor2d([firstOf(mask.shape[1])]);
  return {
    ...(tokens && { tokens: chosen(tokens, reshape<Rank.R3>(nothing, [1, 1, -1])) }),
    ...(mask && first && { mask: chosen(mask, first) }),
    pooled: chosen(pooled, reshape<Rank.R2>(nothing, [1, -1])),
    // The result has the same tensors as `features`, so it has the same type.
  } as PooledFeatures as In;
}
