import {
  boolean,
  count,
  fields,
  listOf,
  number,
  oneOf,
  readOptions,
  type Check,
  type Checks,
} from '@crossweave/core/authoring';
import {
  convolutionalChecks,
  convolutionalDefaults,
  type ConvolutionalOptions,
} from '../convolutional-options';
import { convolutionActivations, type ConvolutionActivation } from './activations';

/** One inverted residual: 1×1 to `expanded` channels, a depthwise convolution, 1×1 to `out`. */
export interface InvertedResidual {
  /** Side of the depthwise kernel, odd. */
  readonly kernel: number;
  /**
   * Channels of the depthwise convolution. If the input has as many, there is no first 1×1
   * convolution.
   */
  readonly expanded: number;
  readonly out: number;
  /** Whether channels are weighted by squeeze and excitation (Hu et al. 2017). */
  readonly squeeze: boolean;
  readonly activation: ConvolutionActivation;
  readonly stride: number;
}

export interface MobileNetV3Options extends ConvolutionalOptions {
  /** Channels of the stem, a 3×3 convolution of stride 2. Default 16. */
  stemWidth?: number;
  /**
   * The blocks. Default: those of MobileNetV3-small. The convolution after them has 6 times the
   * channels of the last block.
   */
  blocks?: readonly InvertedResidual[];
}

export type MobileNetV3Settings = Required<MobileNetV3Options>;

/** An odd kernel, so that the padding is the same on both sides. */
const oddSide: Check = {
  expected: 'an odd whole number',
  accepts: (value) => number({ integer: true, min: 1 }).accepts(value) && Number(value) % 2 === 1,
};

const blockChecks: Checks<InvertedResidual> = {
  kernel: oddSide,
  expanded: count(),
  out: count(),
  squeeze: boolean(),
  activation: oneOf(...Object.keys(convolutionActivations)),
  stride: count(),
};

const checks: Checks<MobileNetV3Options> = {
  ...convolutionalChecks,
  stemWidth: count(),
  blocks: listOf(fields(blockChecks, Object.keys(blockChecks)), { min: 1 }),
};

/** @throws ConfigError for an unknown option or a wrong value. */
export function mobileNetV3Settings(
  where: string,
  options: MobileNetV3Options,
  preset: Required<Pick<MobileNetV3Options, 'stemWidth' | 'blocks' | 'imageSize'>>,
): MobileNetV3Settings {
  return readOptions(where, options, { ...convolutionalDefaults, ...preset }, checks);
}
