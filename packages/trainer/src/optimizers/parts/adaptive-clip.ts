import { div, maximum, minimum, mul, sqrt, square, sum, type Tensor } from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { number, readOptions } from '@crossweave/core/authoring';
import { epsilonCheck } from '../checks';
import { mapDirections, resolved, type GradientTransform } from '../transform';

export interface AdaptiveClipOptions {
  /** λ, the largest ratio of a unit's gradient norm to its weight norm, > 0. Default 0.01. */
  readonly ratio?: number;
  /** Weight norms count as at least this; > 0. Default 1e-3. */
  readonly epsilon?: number;
}

/**
 * Adaptive gradient clipping (Brock et al. 2021, arXiv 2102.06171): the gradient of a unit, a row of a
 * matrix or a filter of a convolution, is scaled down to λ · max(‖w‖, ε) where its norm is above. No
 * unit's gradient depends on that of another, so one branch of a model cannot shrink the other's.
 * Parameters of one dimension or none are one unit.
 *
 * @throws ConfigError for a wrong option.
 */
export function adaptiveClip(options: AdaptiveClipOptions = {}): GradientTransform {
  const { ratio, epsilon } = readOptions(
    'adaptiveClip',
    options,
    { ratio: 0.01, epsilon: 1e-3 },
    { ratio: number({ above: 0 }), epsilon: epsilonCheck },
  );
  return {
    name: 'adaptive clip',
    apply: (directions, _state, { params }) => ({
      directions: mapDirections(directions, (direction, path) => {
        const old = parameter(params, path);
        const gradient = resolved(direction, old);
        const largest = mul(maximum(unitNorms(old), epsilon), ratio);
        const factor = minimum(div(largest, maximum(unitNorms(gradient), 1e-6)), 1);
        return { value: mul(gradient, factor), scale: 1, decay: 0 };
      }),
    }),
  };
}

/** 2-norms by entry of the first dimension, broadcastable to `x`. */
function unitNorms(x: Tensor): Tensor {
  if (x.rank < 2) return sqrt(sum(square(x)));
  const rest = x.shape.slice(1).map((_, i) => i + 1);
  return sqrt(sum(square(x), rest, true));
}
