import { parameter } from '@crossweave/core';
import { checkOptions, withConfig } from '@crossweave/core/authoring';
import type { Tensor } from '@tensorflow/tfjs-core';
import { decayCheck, decaysCheck } from '../checks';
import { mapDirections, total, type GradientTransform } from '../transform';

export interface WeightDecayOptions {
  /** ≥ 0; 0 changes nothing. */
  readonly weightDecay: number;
  /** Which parameters decay. Default: those of two dimensions or more, so no bias, norm or temperature. */
  readonly decays?: (path: string, value: Tensor) => boolean;
}

/** The parameters that decay where nothing else is said. */
export const matricesDecay = withConfig(
  'matricesDecay',
  {},
  (_path: string, value: Tensor): boolean => value.rank > 1,
);

/**
 * Adds weightDecay · parameter to each direction. After what normalises the gradients it is the
 * decoupled decay of AdamW (Loshchilov and Hutter 2019), which the learning rate multiplies; before
 * it, the L2 penalty of PyTorch's Adam.
 *
 * @throws ConfigError for a wrong option.
 */
export function decoupledWeightDecay(options: WeightDecayOptions): GradientTransform {
  const checks = { weightDecay: decayCheck, decays: decaysCheck };
  checkOptions('decoupledWeightDecay', options, checks, ['weightDecay']);
  const { weightDecay, decays = matricesDecay } = options;
  return {
    name: 'decay',
    apply: (directions, _state, { params }) => ({
      directions: mapDirections(directions, (each, path) =>
        weightDecay > 0 && decays(path, parameter(params, path))
          ? { ...each, decay: total(each.decay, weightDecay) }
          : each,
      ),
    }),
  };
}
