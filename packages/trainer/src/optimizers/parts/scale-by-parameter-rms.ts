import { maximum, mean, sqrt, square, type Scalar } from '@tensorflow/tfjs-core';
import { parameter } from '@crossweave/core';
import { checkOptions } from '@crossweave/core/authoring';
import { epsilonCheck } from '../checks';
import { mapDirections, product, type GradientTransform } from '../transform';

export interface ScaleByParameterRmsOptions {
  /** The least root mean square of a parameter, so that one that is all zeros moves; > 0. */
  readonly epsilon: number;
}

/**
 * Each direction times the root mean square of its parameter: the relative step of Adafactor.
 *
 * @throws ConfigError for a wrong option.
 */
export function scaleByParameterRms(options: ScaleByParameterRmsOptions): GradientTransform {
  checkOptions('scaleByParameterRms', options, { epsilon: epsilonCheck }, ['epsilon']);
  const { epsilon } = options;
  return {
    name: 'parameter rms',
    apply: (directions, _state, { params }) => ({
      directions: mapDirections(directions, (each, path) => {
        const size = sqrt(mean<Scalar>(square(parameter(params, path))));
        return { ...each, scale: product(each.scale, maximum<Scalar>(size, epsilon)) };
      }),
    }),
  };
}
