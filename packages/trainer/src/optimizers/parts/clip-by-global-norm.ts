import { checkOptions } from '@crossweave/core/authoring';
import { clipScale } from '../clip';
import { clipNormCheck } from '../checks';
import { mapDirections, sharedProduct, type GradientTransform } from '../transform';

export interface ClipByGlobalNormOptions {
  /** Largest global norm of the gradients, > 0; Infinity: no clipping. */
  readonly maxNorm: number;
}

/**
 * Gradients of a global norm above `maxNorm` are scaled down to it, all by one factor:
 * min(1, maxNorm / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`. Stands first in a chain, since the
 * norm is that of the gradients as they came.
 *
 * @throws ConfigError for a wrong option.
 */
export function clipByGlobalNorm(options: ClipByGlobalNormOptions): GradientTransform {
  checkOptions('clipByGlobalNorm', options, { maxNorm: clipNormCheck }, ['maxNorm']);
  const { maxNorm } = options;
  return {
    name: 'clip',
    apply(directions, _state, { gradientNorm }) {
      if (maxNorm === Infinity) return { directions };
      const clipped = sharedProduct(clipScale(gradientNorm, maxNorm));
      return {
        directions: mapDirections(directions, (each) => ({ ...each, scale: clipped(each.scale) })),
      };
    },
  };
}
