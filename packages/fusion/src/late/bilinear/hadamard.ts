import { requireInteger } from '@crossweave/core';
import type { Activation } from '@crossweave/core/nn';
import { pooledDefaults } from '../pooled-fusion';
import type { BilinearFusionOptions } from './bilinear-fusion';
import { activationNamed, type Activate } from './projections';

/** What the fusions share that multiply their projections number by number. */
export interface HadamardOptions extends BilinearFusionOptions {
  /** Width M in which the sides meet. Default 1200. */
  hidden?: number;
  /** Of each side's projection. Default `relu`. */
  activation?: Activation | 'none';
  /** Of the joint representation. Default `relu`. */
  outputActivation?: Activation | 'none';
}

/** MMF's defaults, to be spread into those of a fusion's own options. */
export const hadamardDefaults = {
  ...pooledDefaults,
  hidden: 1200,
  normalize: false,
  activation: 'relu',
  outputActivation: 'relu',
} as const satisfies Required<HadamardOptions>;

/**
 * The activations that the options name.
 *
 * @throws ConfigError for another name, or a width that is none.
 */
export function hadamardActivations(
  where: string,
  settings: Required<HadamardOptions>,
): { input: Activate | undefined; output: Activate | undefined } {
  requireInteger(where, 'hidden', settings.hidden);
  return {
    input: activationNamed(`${where}.activation`, settings.activation),
    output: activationNamed(`${where}.outputActivation`, settings.outputActivation),
  };
}
