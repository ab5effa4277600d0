import { ones, zeros, type Rank } from '@tensorflow/tfjs-core';
import { inference } from '../contracts/context';
import type { Encoder } from '../contracts/encoder';
import type { FeatureSpec, Features, PooledFeatures } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { key } from '../keys';
import { requireInteger } from '../options';
import { countParameters, disposeParams } from '../params';
import { countFlops } from './count-flops';

/** What a fusion is measured over. */
export interface FusionCostOptions {
  readonly image: FeatureSpec;
  readonly text: FeatureSpec;
  /** N of the images where their spec says `'varies'`. Default 49. */
  readonly imageTokens?: number;
  /** N of the texts where their spec says `'varies'`. Default 32. */
  readonly textTokens?: number;
  /** Images and texts of the grid that scoring is told for. Default 1000. */
  readonly grid?: number;
}

export interface FusionCost {
  readonly parameters: number;
  /** Operations of `fuse` for one pair, in inference. */
  readonly flops: number;
  /**
   * Operations of `score` a pair, in a grid of images against texts: a separable fusion embeds
   * each side once and takes a product a pair, a joint one runs a pass a pair. Measured on grids
   * of up to 2 × 2: it is a + b·images + c·texts + d·images·texts.
   */
  readonly scoringFlops: number;
}

/**
 * What a fusion costs over encoders of these features: any fusion, since it is run and its kernels
 * are counted ({@link countFlops}).
 *
 * @throws what its `init` throws; ConfigError for a count that is no whole number ≥ 1.
 */
export function fusionCost(fusion: Fusion, options: FusionCostOptions): FusionCost {
  const { imageTokens = 49, textTokens = 32, grid = 1000 } = options;
  for (const [name, value] of Object.entries({ imageTokens, textTokens, grid })) {
    requireInteger('fusionCost', name, value);
  }
  const params = fusion.init(key(0), options.image, options.text);
  const run = (pass: 'fuse' | 'score', images: number, texts: number): number =>
    countFlops(() => {
      const image = blankFeatures(options.image, images, imageTokens);
      fusion[pass](params, image, blankFeatures(options.text, texts, textTokens), inference);
    }).total;
  const scoring = (): number => {
    const [one, image, text] = [run('score', 1, 1), run('score', 2, 1), run('score', 1, 2)];
    const pair = run('score', 2, 2) - image - text + one;
    const sides = image + text - 2 * one - 2 * pair;
    const rest = one - sides - pair;
    return (rest + sides * grid + pair * grid ** 2) / grid ** 2;
  };
  try {
    return {
      parameters: countParameters(params),
      flops: run('fuse', 1, 1),
      scoringFlops: scoring(),
    };
  } finally {
    disposeParams(params);
  }
}

/** What an encoder costs for the rows of an input, which stays the caller's: parameters, operations a row. */
export function encoderCost<Input>(
  encoder: Encoder<Input, PooledFeatures>,
  input: Input,
): { readonly parameters: number; readonly flops: number } {
  const params = encoder.init(key(0));
  let rows = 1;
  const { total } = countFlops(() => {
    rows = encoder.apply(params, input, inference).pooled.shape[0];
  });
  const parameters = countParameters(params);
  disposeParams(params);
  return { parameters, flops: total / rows };
}

/** Zeros of a spec's shape, every token real. */
function blankFeatures(spec: FeatureSpec, rows: number, varying: number): Features {
  const count = spec.tokens === 'varies' ? varying : spec.tokens;
  const pooled = zeros<Rank.R2>([rows, spec.dim]);
  // Summaries alone where the spec says so; a fusion of tokens has refused them in its `init`.
  if (count === 0) return { pooled } as PooledFeatures as Features;
  return {
    tokens: zeros<Rank.R3>([rows, count, spec.dim]),
    mask: ones<Rank.R2>([rows, count]),
    pooled,
  };
}
