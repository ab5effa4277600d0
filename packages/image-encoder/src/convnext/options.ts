import { ConfigError } from '@crossweave/core';
import {
  boolean,
  count,
  dropRate,
  number,
  oneOf,
  readOptions,
  type Checks,
} from '@crossweave/core/authoring';
import { activations, type Activation } from '@crossweave/core/nn';
import { stagesCheck } from '../convolutional-options';
import { anySizeCheck, type ImageSize } from '../image-size';

/** The defaults are those of ConvNeXt-T. */
export interface ConvNextOptions {
  /** Size of the pictures; `'any'` accepts pictures of every size. Default 224. */
  imageSize?: ImageSize | 'any';
  /** Number of blocks of each stage. Default [3, 3, 9, 3]. */
  layers?: readonly number[];
  /** Width of each stage. Default [96, 192, 384, 768]. */
  widths?: readonly number[];
  /** Side of the square patches of the stem. Default 4. */
  patchSize?: number;
  /** Activation between the two linear layers of a block. Default `'gelu'`. */
  activation?: Activation;
  /**
   * Whether blocks have ConvNeXt V2's global response normalisation, in the place of the factors of
   * the residual. Default false.
   */
  responseNorm?: boolean;
  /** Initial factor of the residuals, in (0, 1], without `responseNorm`. Default 1e-6. */
  layerScale?: number;
  /** Epsilon of the layer norm over the pooled vector, in (0, 1]. Default 1e-12, as in Hugging Face. */
  epsilon?: number;
  /**
   * Stochastic depth: in training the residual of the last block is dropped with this probability in
   * [0, 1). The probability falls linearly over the blocks to 0 for the first. Default 0.
   */
  dropPath?: number;
  /** Standard deviation of the initial weights, in (0, 1]. Default 0.02. */
  initializerRange?: number;
}

export type ConvNextSettings = Required<ConvNextOptions>;

const checks: Checks<ConvNextOptions> = {
  imageSize: anySizeCheck,
  layers: stagesCheck,
  widths: stagesCheck,
  patchSize: count(),
  activation: oneOf(...Object.keys(activations)),
  responseNorm: boolean(),
  layerScale: number({ above: 0, max: 1 }),
  epsilon: number({ above: 0, max: 1 }),
  dropPath: dropRate(),
  initializerRange: number({ above: 0, max: 1 }),
};

/** @throws ConfigError for an unknown option, a wrong value, or lists of unequal lengths. */
export function convNextSettings(where: string, options: ConvNextOptions): ConvNextSettings {
  const settings = readOptions<ConvNextOptions>(
    where,
    options,
    () => ({
      imageSize: 224,
      layers: [3, 3, 9, 3],
      widths: [96, 192, 384, 768],
      patchSize: 4,
      activation: 'gelu',
      responseNorm: false,
      layerScale: 1e-6,
      epsilon: 1e-12,
      dropPath: 0,
      initializerRange: 0.02,
    }),
    checks,
  );
  if (settings.layers.length !== settings.widths.length) {
    throw new ConfigError('"layers" and "widths" disagree on the number of stages', {
      where,
      expected: `${settings.widths.length} numbers`,
      got: settings.layers,
      advice: 'Give one number per stage in both lists.',
    });
  }
  return settings;
}
