import { count, type Checks } from '@crossweave/core/authoring';
import type { Activation } from '@crossweave/core/nn';
import { activationOrNoneCheck } from '../../option-checks';
import {
  bilinearFusionChecks,
  bilinearFusionDefaults,
  type BilinearFusionOptions,
} from './bilinear-fusion';
import { activationNamed, type Activate } from './projections';

/** Options of the fusions that multiply their projections elementwise. */
export interface HadamardOptions extends BilinearFusionOptions {
  /** Width M of the products. Default 1200. */
  hidden?: number;
  /** Activation of each side's projection. Default `relu`. */
  activation?: Activation | 'none';
  /** Activation of the joint representation. Default `relu`. */
  outputActivation?: Activation | 'none';
}

/** MMF's defaults, to be spread into those of a fusion's own options. */
export const hadamardDefaults = {
  ...bilinearFusionDefaults,
  hidden: 1200,
  activation: 'relu',
  outputActivation: 'relu',
} as const satisfies Required<HadamardOptions>;

export const hadamardChecks: Checks<HadamardOptions> = {
  ...bilinearFusionChecks,
  hidden: count(),
  activation: activationOrNoneCheck,
  outputActivation: activationOrNoneCheck,
};

/** The activation functions that the options name. */
export function hadamardActivations({ activation, outputActivation }: Required<HadamardOptions>): {
  input: Activate | undefined;
  output: Activate | undefined;
} {
  return { input: activationNamed(activation), output: activationNamed(outputActivation) };
}
