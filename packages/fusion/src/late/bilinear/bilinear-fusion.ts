import { add, matMul, reshape } from '@tensorflow/tfjs-core';
import type { Rank, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { mergeParams, parameter, withOwnKey } from '@crossweave/core';
import type { Context, Fusion, Params, PooledFeatures } from '@crossweave/core';
import { boolean, type Checks } from '@crossweave/core/authoring';
import { dropout, initLinear, linear, normalize, signedSqrt } from '@crossweave/core/nn';
import { scoreInBlocks } from '../../features';
import {
  pooledFusion,
  pooledFusionChecks,
  pooledFusionDefaults,
  type PooledFusionOptions,
  type PooledFusionParts,
} from '../pooled-fusion';
import type { Product } from './products';
import type { Activate } from './projections';

/**
 * Options that all bilinear fusions have. `dropout` acts on the projections and on their products.
 */
export interface BilinearFusionOptions extends PooledFusionOptions {
  /** Whether the products get a signed square root and unit norm. Default false. */
  normalize?: boolean;
}

/** The defaults of {@link BilinearFusionOptions}, to be spread into those of a fusion's own options. */
export const bilinearFusionDefaults = {
  ...pooledFusionDefaults,
  normalize: false,
} as const satisfies Required<BilinearFusionOptions>;

/** Checks of {@link BilinearFusionOptions}, to be spread into those of a fusion's own options. */
export const bilinearFusionChecks: Checks<BilinearFusionOptions> = {
  ...pooledFusionChecks,
  normalize: boolean(),
};

/** The parts from which {@link bilinearFusion} builds a fusion. */
export interface BilinearFusionParts<Image, Text> extends Pick<
  PooledFusionParts<Image, Text>,
  'where' | 'name' | 'init' | 'prepare'
> {
  readonly settings: Required<PooledFusionOptions>;
  /**
   * How the prepared rows of the two sides are multiplied: {@link rankProduct}, {@link coreProduct}
   * or your own.
   */
  readonly product: Product<Image, Text>;
  /** G, the number of products of a pair. */
  readonly products: number;
  /**
   * Number of equal parts of the products that get the signed square root and unit norm, each
   * separately. 0: no normalisation.
   */
  readonly normalized: number;
  /** Activation of the joint representation. Default: none. */
  readonly activate?: Activate | undefined;
  /** Path of a bias [G] that is added to the products. Default: none. */
  readonly bias?: string;
  /** A function of the products [B, G], before they are normalised. Default: none. */
  readonly pool?: (params: Params, products: Tensor2D) => Tensor2D;
}

/**
 * A {@link pooledFusion} whose joint representation is a function of products of both sides: joint
 * = f(W · n(z) + b) with the products z [B, G] of prepared rows, the layer `linear_out` (W [D, G],
 * b [D]), the signed square root and unit norm n (see `normalized`) and the activation f. All
 * fusions of MMF (mmf/modules/fusions.py) have this form.
 *
 * Without `normalized`, `activate` and `pool` a score is bilinear in the two rows. All scores are
 * then computed by one matrix product instead of one pass for each pair.
 */
export function bilinearFusion<Image extends Tensor, Text extends Tensor>(
  parts: BilinearFusionParts<Image, Text>,
): Fusion<PooledFeatures> {
  const { settings, product, products, normalized, activate, bias, pool } = parts;
  const bends = normalized > 0 || activate !== undefined || pool !== undefined;

  const head = (params: Params, pairs: Tensor2D, ctx: Context): Tensor2D => {
    const shifted = bias === undefined ? pairs : add<Tensor2D>(pairs, biasOf(params, bias));
    const pooled = pool === undefined ? shifted : pool(params, shifted);
    const scaled = normalized === 0 ? pooled : powerNormalize(pooled, normalized);
    const kept = dropout(scaled, settings.dropout, ctx, 'products.dropout');
    const joint = linear(params, 'linear_out', kept);
    return activate === undefined ? joint : activate(joint);
  };

  return pooledFusion<Image, Text>({
    ...parts,
    init: (key, specs) =>
      mergeParams(
        parts.init(key, specs),
        initLinear(key, 'linear_out', { in: products, out: settings.dim }),
      ),
    join: (params, image, text, ctx) => head(params, product.aligned(image, text), ctx),
    score: (params, image, text, ctx) => {
      const drops = ctx.training && settings.dropout > 0;
      if (!bends && !drops) {
        const { weights, offset } = foldedHead(params, bias);
        return add(product.weighed(image, text, weights), offset);
      }
      return scoreInBlocks(image, text, settings.chunk, (images, texts, pass) => {
        const own = withOwnKey(ctx, pass);
        const joint = head(params, product.crossed(images, texts), own);
        return reshape<Rank.R2>(linear(params, 'match_head', joint), [
          images.shape[0],
          texts.shape[0],
        ]);
      });
    },
  });
}

/**
 * The composition of `linear_out` and `match_head` as weights of the products [1, G] and an offset
 * [1, 1].
 */
function foldedHead(params: Params, bias?: string): { weights: Tensor2D; offset: Tensor2D } {
  const last = parameter<Tensor2D>(params, 'match_head.weight');
  const weights = matMul<Tensor2D>(last, parameter<Tensor2D>(params, 'linear_out.weight'));
  const behind = matMul(last, column(biasOf(params, 'linear_out.bias')));
  const offset = add<Tensor2D>(behind, biasOf(params, 'match_head.bias'));
  if (bias === undefined) return { weights, offset };
  return { weights, offset: add<Tensor2D>(offset, matMul(weights, column(biasOf(params, bias)))) };
}

/** A bias of any shape as a vector. */
function biasOf(params: Params, path: string): Tensor1D {
  return reshape<Rank.R1>(parameter(params, path), [-1]);
}

function column(x: Tensor1D): Tensor2D {
  return reshape<Rank.R2>(x, [-1, 1]);
}

/** The signed square root of x [B, G], with unit norm of each of `parts` equal parts of a row. */
function powerNormalize(x: Tensor2D, parts: number): Tensor2D {
  const [rows, width] = x.shape;
  const roots = signedSqrt(x);
  if (parts === 1) return normalize(roots);
  const apart = reshape<Rank.R3>(roots, [rows, parts, width / parts]);
  return reshape<Rank.R2>(normalize(apart), [rows, width]);
}
