import { ones, zeros, type Rank } from '@tensorflow/tfjs-core';
import { anyOf, checkOptions, count, exactly, fields, type Checks } from '../authoring';
import { inference } from '../contracts/context';
import type { Encoder } from '../contracts/encoder';
import type { FeatureSpec, Features, PooledFeatures } from '../contracts/features';
import type { Fusion } from '../contracts/fusion';
import { key } from '../keys';
import { countParameters, disposeParams } from '../params';
import { countFlops } from './count-flops';

/** The sizes with which the cost of a fusion is measured. */
export interface FusionCostOptions {
  readonly image: FeatureSpec;
  readonly text: FeatureSpec;
  /** N of the image features if their spec says `'varies'`. Default 49. */
  readonly imageTokens?: number;
  /** N of the text features if their spec says `'varies'`. Default 32. */
  readonly textTokens?: number;
  /** Number of images, and of texts, for which the cost of scoring is given. Default 1000. */
  readonly grid?: number;
}

const spec = fields({ dim: count(), tokens: anyOf(count(0), exactly('varies')) }, [
  'dim',
  'tokens',
]);

const optionChecks: Checks<FusionCostOptions> = {
  image: spec,
  text: spec,
  imageTokens: count(),
  textTokens: count(),
  grid: count(),
};

export interface FusionCost {
  readonly parameters: number;
  /** Floating-point operations of `fuse` for one pair, in inference. */
  readonly flops: number;
  /**
   * Floating-point operations of `score` per pair, when `grid` images are scored with `grid` texts.
   * A separable fusion embeds each side once and computes a product per pair; a joint fusion runs
   * once per pair. The cost has the form a + b·images + c·texts + d·images·texts, and is measured
   * on up to 2 × 2 pairs.
   */
  readonly scoringFlops: number;
}

/**
 * The cost of a fusion for features of the given sizes. It works for any fusion: the fusion is run,
 * and its kernels are counted ({@link countFlops}).
 *
 * @throws ConfigError for a wrong option, and any error of the fusion's `init`.
 */
export function fusionCost(fusion: Fusion, options: FusionCostOptions): FusionCost {
  checkOptions('fusionCost', options, optionChecks, ['image', 'text']);
  const { imageTokens = 49, textTokens = 32, grid = 1000 } = options;
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

/**
 * The cost of an encoder: its parameters, and the floating-point operations per row of `input`. The
 * input is not disposed.
 */
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

/** Features of zeros with the sizes of a spec, in which every token is real. */
function blankFeatures(spec: FeatureSpec, rows: number, varying: number): Features {
  const count = spec.tokens === 'varies' ? varying : spec.tokens;
  const pooled = zeros<Rank.R2>([rows, spec.dim]);
  // A spec without tokens gives only summaries. A fusion that reads tokens has refused the spec in
  // its `init`.
  if (count === 0) return { pooled } as PooledFeatures as Features;
  return {
    tokens: zeros<Rank.R3>([rows, count, spec.dim]),
    mask: ones<Rank.R2>([rows, count]),
    pooled,
  };
}
