import { ones, tidy, zeros, type Rank } from '@tensorflow/tfjs-core';
import {
  inference,
  noDraws,
  type Features,
  type FeatureSpec,
  type Fusion,
  type PooledFeatures,
} from '@crossweave/core';

/**
 * D, the width of a fusion's `joint` over encoders of these features: what the head of a task is
 * made for. One pair of zeros is fused.
 *
 * @param textTokens N of the texts where their spec says `'varies'`. Default 8.
 * @throws what the fusion's `init` throws.
 */
export function jointWidth(
  fusion: Fusion,
  image: FeatureSpec,
  text: FeatureSpec,
  textTokens = 8,
): number {
  const blank = ({ dim, tokens }: FeatureSpec): Features => {
    const count = tokens === 'varies' ? textTokens : tokens;
    const pooled = zeros<Rank.R2>([1, dim]);
    if (count === 0) return { pooled } as PooledFeatures as Features;
    return { pooled, tokens: zeros<Rank.R3>([1, count, dim]), mask: ones<Rank.R2>([1, count]) };
  };
  let width = 0;
  tidy(() => {
    const params = fusion.init(noDraws, image, text);
    width = fusion.fuse(params, blank(image), blank(text), inference).joint.shape[1];
  });
  return width;
}
